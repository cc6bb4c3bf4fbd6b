"""Members of zip archives and the images among them: numbers of members, of which an object is made when it is used."""

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, TypeVar, overload

import numpy

from darkroom.archives.members import Parts, split_path
from darkroom.archives.zip_directory import Directory, Member

Item = TypeVar("Item")
LONG = 256
"""Bytes of a key from which on an object for each takes less memory than as much room for all."""


class Lazy(Sequence[Item]):
    """Items that are made when they are asked for."""

    @abstractmethod
    def make(self, number: int) -> Item:
        """Return an item."""

    @overload
    def __getitem__(self, number: int) -> Item: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Item]: ...
    def __getitem__(self, number: int | slice) -> Item | Sequence[Item]:
        if isinstance(number, slice):
            return [self.make(one) for one in range(len(self))[number]]
        return self.make(range(len(self))[number] if number < 0 else number)

    def __iter__(self) -> Iterator[Item]:
        return map(self.make, range(len(self)))


@dataclass(frozen=True)
class Members(Lazy[tuple[Parts, Member]]):
    """Members of an archive by their numbers, each with the parts of its name that are left of it."""

    directory: Directory
    numbers: numpy.ndarray
    cuts: tuple[Callable[[Parts], Parts], ...] = ()

    @classmethod
    def of(cls, directory: Directory) -> "Members":
        """Return all members of an archive."""
        return cls(directory, numpy.arange(len(directory)))

    def make(self, number: int) -> tuple[Parts, Member]:
        """Return the parts of a member's name, and the member."""
        member = Member(self.directory, int(self.numbers[number]))
        return self._split(member.filename), member

    def pairs(self) -> Iterator[tuple[str, Parts]]:
        """Yield each member's name, and the parts of it that are left."""
        for number in self.numbers:
            name = self.directory.name(number)
            yield name, self._split(name)

    def parts(self) -> Iterator[Parts]:
        """Yield the parts of each member's name."""
        return (parts for _, parts in self.pairs())

    def select(self, keep: Callable[[str, Parts], bool]) -> "Members":
        """Return the members whose name, and what is left of it, fit."""
        kept = numpy.fromiter((keep(*pair) for pair in self.pairs()), dtype=bool, count=len(self))
        return replace(self, numbers=self.numbers[kept])

    def cut(self, change: Callable[[Parts], Parts]) -> "Members":
        """Return the same members with other parts of their names."""
        return replace(self, cuts=(*self.cuts, change))

    def sort(self) -> "Members":
        """Return the members by the parts of their names, and of one name by their places in the archive."""
        offsets = numpy.asarray(self.directory.offsets)[self.numbers]
        placed = replace(self, numbers=self.numbers[numpy.argsort(offsets, kind="stable")])
        order = sort_keys(lambda: ("\0".join(parts).encode() for parts in placed.parts()), len(placed))
        return replace(placed, numbers=placed.numbers[order])

    def list_others(self, chosen: "Members") -> list[str]:
        """Return the names of the members that are not among those chosen, sorted."""
        numbers = numpy.setdiff1d(self.numbers, chosen.numbers)
        return sorted({self.directory.name(number) for number in numbers})

    def _split(self, name: str) -> Parts:
        parts = split_path(name)
        for change in self.cuts:
            parts = change(parts)
        return parts

    def __len__(self) -> int:
        return len(self.numbers)


def sort_keys(keys: Callable[[], Iterable[bytes]], count: int) -> numpy.ndarray:
    """Return the order of so many keys, which are made twice so that none is held as an object: int64, (count,)."""
    width = max(map(len, keys()), default=1)
    kind = f"S{width}" if width <= LONG else object
    return numpy.argsort(numpy.fromiter(keys(), dtype=kind, count=count), kind="stable")


class Images(Lazy[Any]):
    """Images of several contents, one after the other."""

    def __init__(self, counts: Sequence[int], place: Callable[[int, int], Any]) -> None:
        """``counts`` are the numbers of images; ``place`` makes one by the number of its content, and its own there."""
        self._ends, self._place = list(accumulate(counts)), place

    def make(self, number: int) -> Any:
        """Return an image."""
        content = bisect_right(self._ends, number)
        return self._place(content, number - (self._ends[content - 1] if content else 0))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0
