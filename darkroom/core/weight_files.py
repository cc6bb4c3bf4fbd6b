"""HDF5 files of weights from anywhere: each must hold in itself all that it names.

A name in such a file may stand for an object of another file, and values for bytes of another: whoever reads it reads
what its author likes of the reader's disk.
"""

import h5py

from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls

NUMBERS = "biuf"
"""numpy's letters of the types that weights have."""
MOST = 100_000
"""Names that a file may hold; that of NASNetLarge, which has the most layers, holds some 4,000."""
LINKS = {h5py.ExternalLink: "a link to another file", h5py.SoftLink: "a soft link"}
CORRUPTION = (AttributeError, KeyError, OSError, RuntimeError, TypeError, ValueError)
"""Exceptions that h5py may raise on bytes that are no whole file."""


def check_self_contained(file: h5py.File, where: str) -> None:
    """Check that an open file needs no other, and holds nothing but numbers; none of them is read.

    Raises:
        UserError: it does; ``where`` names the file.
        Exception: one of ``CORRUPTION``.
    """
    names: list[str] = []

    def judge_link(name: str, link: object) -> str | None:
        names.append(name)
        if len(names) > MOST:
            return f"more than {MOST:,} names"
        return f"{LINKS[type(link)]}, {name}" if type(link) in LINKS else None

    def judge_object(name: str, found: h5py.HLObject) -> str | None:
        return f"{problem}, {name}" if isinstance(found, h5py.Dataset) and (problem := _judge(found)) else None

    if problem := file.visititems_links(judge_link) or file.visititems(judge_object):
        raise UserError(
            f"{where}: holds {escape_controls(problem)[:160]}, which no file of weights needs; "
            "get the file from where it was trained or published"
        )


def _judge(found: h5py.Dataset) -> str | None:
    if found.is_virtual:  # first: to ask for more would open the other files
        return "values of other files"
    if found.external:
        return "values that lie in another file"
    return None if found.dtype.kind in NUMBERS else "something else than numbers"


def count_values(file: h5py.File) -> int:
    """Return how many numbers a file that was checked says it holds."""
    sizes: list[int] = []

    def note(_: str, found: h5py.HLObject) -> None:
        if isinstance(found, h5py.Dataset) and found.size is not None:
            sizes.append(found.size)

    file.visititems(note)
    return sum(sizes)
