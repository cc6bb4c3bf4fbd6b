"""The course of the learning rate in params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from darkroom.params.base import Section
from darkroom.params.fields import OPTIMISATION


class Schedule(Section, json_schema_extra=OPTIMISATION):
    """The course of the learning rate from update to update, over the epochs that are asked for."""

    name: Literal["cosine", "one-cycle"]
    """cosine: the rate rises in a straight line from next to nothing to learning_rate, and falls as a cosine does.
    one-cycle: it rises as a cosine from a 25th of learning_rate, and falls so, too."""
    warm_up: Annotated[float, Field(ge=0)]
    """Epochs, whole or not, in which the rate rises; 0: it begins with learning_rate."""
    final: Annotated[float, Field(ge=0, lt=1)]
    """Share of learning_rate that is left when the last epoch ends."""
