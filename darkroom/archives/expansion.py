"""The bound on how far a delivered file may expand when it is unpacked: far more would fill the memory or the disk."""

from dataclasses import dataclass
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.params.data import Dataset

SMALL = 1 << 20
"""Bytes; a file that unpacks to no more than this is not judged by its expansion."""


@dataclass(frozen=True)
class Expansion:
    """The multiple of its own size that a file may unpack to, and the key that says so."""

    times: int
    where: str

    def check(self, file: Path, unpacked: int) -> None:
        """Refuse a file that unpacks to ``unpacked`` bytes or more, if these are too many.

        Raises:
            UserError: they are.
        """
        size = file.stat().st_size
        if unpacked > max(SMALL, self.times * size):
            raise UserError(
                f"{file}: unpacks to {unpacked:,} bytes or more, {unpacked / size:,.0f} times its size; "
                f"{self.where} allows {self.times} times: raise it if that is right"
            )


def find_allowed(key: str, dataset: Dataset) -> Expansion:
    """Return what the dataset ``key`` allows."""
    return Expansion(dataset.max_expansion, f"datasets.{key}.max_expansion")
