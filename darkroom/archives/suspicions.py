"""What is odd about a delivery and yet not refused: said when it is unpacked, and kept in a table beside the images."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from unicodedata import normalize

import pandas

LEFT_OUT = "left out"
"""The kind of a file that is not among the images."""


class Suspicion(NamedTuple):
    """Something that a user should look at."""

    kind: str
    """``classes alike``, ``class level``, ``empty class``, ``loose image`` or ``names``."""
    subject: str
    """The classes, the images or the archive that it is about."""
    what: str
    """What is odd, what was probably meant, and what to do."""


def tabulate(suspicions: Sequence[Suspicion]) -> pandas.DataFrame:
    """Return a row for each suspicion but files left out, which have a table of their own: kind, subject, what."""
    return pandas.DataFrame([one for one in suspicions if one.kind != LEFT_OUT], columns=Suspicion._fields)


def fold_class(label: str) -> str:
    """Return what is the same of classes that differ in capitals, in Unicode's form or in outer spaces alone."""
    return normalize("NFKC", normalize("NFKC", label).casefold()).strip()


def find_alike(labels: Iterable[str]) -> Iterator[Suspicion]:
    """Yield the classes that are probably one, given the class of each image."""
    groups: dict[str, list[str]] = {}
    counts = Counter(labels)
    for label in sorted(counts):
        groups.setdefault(fold_class(label), []).append(label)
    for alike in groups.values():
        if len(alike) > 1:
            most = max(alike, key=lambda label: counts[label])
            yield Suspicion(
                "classes alike",
                " and ".join(f"{label!r} ({counts[label]:,})" for label in alike),
                "differ in capitals, Unicode form or outer spaces alone, and are different classes here; probably one "
                f"is meant, {most!r}: if so, give the folders one name in the source",
            )


def find_deeper(key: str, inside: Mapping[str, Iterable[str]]) -> Iterator[Suspicion]:
    """Yield the classes whose own folders are probably the classes.

    ``inside`` gives the folders in each class that has all its images in some; those that several classes have, or that
    are numbered, say nothing.
    """
    folders = {label: sorted(set(names)) for label, names in inside.items()}
    owners = Counter(name for names in folders.values() for name in names)
    telling = {
        label: names
        for label, names in folders.items()
        if all(owners[name] == 1 for name in names) and not all(any(map(str.isdigit, name)) for name in names)
    }
    if len(telling) > 1 or any(len(names) > 1 for names in telling.values()):
        held = [name for names in telling.values() for name in names]
        shown = ", ".join(held[:5]) + (", …" if len(held) > 5 else "")
        yield Suspicion(
            "class level",
            ", ".join(telling),
            f"the images lie in folders within, {shown}: if these are the classes, write datasets.{key}.class_level: "
            "2, or last; if not, 1",
        )
