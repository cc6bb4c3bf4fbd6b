"""How the archives of a data set are read: in which encoding names are, and how far an archive may expand."""

from dataclasses import dataclass

from darkroom.archives.encodings import Encoding
from darkroom.archives.expansion import Expansion, find_allowed
from darkroom.params.data import Dataset


@dataclass(frozen=True)
class Reading:
    """What is needed to read an archive of unknown origin."""

    encoding: Encoding
    allowed: Expansion


def find_reading(key: str, dataset: Dataset) -> Reading:
    """Return what the dataset ``key`` says."""
    return Reading(Encoding(dataset.names, f"datasets.{key}.names"), find_allowed(key, dataset))
