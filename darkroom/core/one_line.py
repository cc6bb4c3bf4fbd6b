"""Text from anywhere, such as the name of a file or a class, as a terminal may show it: one line, no commands to it."""

from pathlib import Path
from unicodedata import category

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, of marks that turn or hide text, of broken bytes, and of line ends."""
JOINERS = "\u200c\u200d"
"""What some scripts need between letters, and pictures between their parts."""
LINES = f"{JOINERS}\n"
"""What is kept of text of several lines."""


def escape_controls(text: str | Path, kept: str = JOINERS) -> str:
    """Return ``text`` with whatever a terminal would obey and not show as escapes, but for the letters ``kept``."""
    return "".join(
        ascii(letter)[1:-1] if category(letter) in HIDDEN and letter not in kept else letter for letter in str(text)
    )
