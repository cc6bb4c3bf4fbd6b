"""Types that keys of several sections share: the values that they take, and the nature of a hyperparameter.

A class gives its nature to all its keys, and a key may have another; darkroom/params/page.py writes them down.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
MOST_SHOWN = 500
Shown = Annotated[int, Field(ge=1, le=MOST_SHOWN)]
"""Images in one figure; some thousand would be more than matplotlib draws."""
FILE_NAME = r"^[^/\\]*[^./\\][^/\\]*$"


def check_pattern(pattern: str) -> str:
    """Return a regular expression.

    Raises:
        ValueError: it is none, or has not one group.
    """
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"has {groups} groups in parentheses; write one, around what is wanted, and (?:…) for others")
    return pattern


Pattern = Annotated[str, AfterValidator(check_pattern)]
"""A regular expression with one group."""

ARCHITECTURE: JsonDict = {"nature": "architecture"}
OPTIMISATION: JsonDict = {"nature": "optimisation"}
REGULARISATION: JsonDict = {"nature": "regularisation"}
DATA: JsonDict = {"nature": "data"}
TECHNICAL: JsonDict = {"nature": "technical"}
