"""Text from anywhere, such as the name of a file or a class, as a terminal may show it: one line, no commands to it."""

from pathlib import Path
from unicodedata import category

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of controls, marks that turn the order of letters round, bytes that are no UTF-8, line ends."""
JOINERS = "\u200c\u200d"
"""Which belong to the spelling of words in some scripts, and of emoji."""
LINES = f"{JOINERS}\n"
"""What is kept of text of several lines."""


def escape_controls(text: str | Path, kept: str = JOINERS) -> str:
    """Return ``text`` with whatever a terminal would obey and not show as escapes, but for the letters ``kept``."""
    return "".join(
        ascii(letter)[1:-1] if category(letter) in HIDDEN and letter not in kept else letter for letter in str(text)
    )
