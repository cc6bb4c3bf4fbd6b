"""English left on a page in French."""

import re
from collections.abc import Iterable

NO_FRENCH = (
    *("the", "this", "that", "these", "those", "there", "which", "what", "who", "how", "where", "when", "why", "its"),
    *(
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "has",
        "have",
        "had",
        "does",
        "did",
        "can",
        "cannot",
        "would",
        "should",
    ),
    *(
        "of",
        "to",
        "with",
        "without",
        "by",
        "from",
        "in",
        "at",
        "for",
        "and",
        "but not",
        "than",
        "not",
        "no",
        "(?-i:none)",
    ),
    *("it", "they", "their", "each", "every", "all", "some", "other", "others", "most", "one", "two", "yes", "so"),
    *("images used", "image is", "training", "trained", "accuracy", "loss", "layers", "weights", "class", "epoch"),
    *("correct", "wrong", "found", "missed", "kept", "highest", "lowest", "best", "worst", "average", "seeds"),
)
"""Words that no sentence in French has."""
ENGLISH = re.compile(rf"(?<![\w'’.\\/-])(?:{'|'.join(NO_FRENCH)})(?![\w'’\\/-]|\.\w)", re.IGNORECASE)
QUOTED = (r"^```.*?^```", r"`[^`]*`", r"\]\([^)]*\)", "«[^»]*»")
"""Code, addresses, and words between guillemets."""
VALUES = (r"^\| hyperparamètre \| valeur \|\n.*?(?=\n\n)", r"(?<=\| )[^|\n]*→[^|\n]*(?= \|)", r"\b\w+: \{[^|\n]*\}")
"""Values of parameters as params.yaml has them: the table of all, what differs between two models, and a variant."""
NOT_SAID = re.compile("|".join((*QUOTED, *VALUES)), re.MULTILINE | re.DOTALL)


def find_english(page: str, names: Iterable[str] = ()) -> list[str]:
    """Return the lines of a page in Markdown that have an English word outside of quotations and ``names``."""
    text = NOT_SAID.sub("", page)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [line for line in text.splitlines() if ENGLISH.search(line)]
