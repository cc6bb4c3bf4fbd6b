"""Types that keys of several sections share: the values that they take, and the nature of a hyperparameter.

A class gives its nature to all its keys, and a key may have another; darkroom/params/page.py writes them down.
"""

from typing import Annotated

from pydantic import Field
from pydantic.config import JsonDict

Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
MOST_SHOWN = 500
Shown = Annotated[int, Field(ge=1, le=MOST_SHOWN)]
"""Images in one figure; some thousand would be more than matplotlib draws."""
FILE_NAME = r"^[^/\\]*[^./\\][^/\\]*$"

ARCHITECTURE: JsonDict = {"nature": "architecture"}
OPTIMISATION: JsonDict = {"nature": "optimisation"}
REGULARISATION: JsonDict = {"nature": "regularisation"}
DATA: JsonDict = {"nature": "data"}
TECHNICAL: JsonDict = {"nature": "technical"}
