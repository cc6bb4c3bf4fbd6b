"""Files of a delivery that are not among the images: told by reason, and refused where too many may be photographs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import pandas

from darkroom.archives.suspicions import LEFT_OUT, Suspicion
from darkroom.core import progress
from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE

RAW = {
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw"),
    *(".orf", ".pef", ".raf", ".raw", ".rw2", ".srf", ".srw", ".x3f"),
}
"""Endings of raw camera files, which no two programs show alike."""
DRAWINGS = {".ai", ".cdr", ".eps", ".pdf", ".svg", ".xcf"}
CAMERA, DRAWN = "raw camera files", "drawings or documents"
HIDDEN, OTHER = "in hidden folders", "no images by their name"
REMEDIES = {CAMERA: "develop them to TIFF, PNG or JPEG", DRAWN: "save them as PNG or JPEG"}
"""What to do with files that a user may believe to be among the images, by the reason why they are not."""
SHOWN = 3
"""Names that a note shows."""


def describe_left_out(archive: Path, files: Iterable[str]) -> list[Suspicion]:
    """Return files of an archive that are not among the images, each with the reason."""
    return [Suspicion(LEFT_OUT, f"{archive.name}: {file}", _find_reason(PurePosixPath(file))) for file in files]


def _find_reason(file: PurePosixPath) -> str:
    ending = file.suffix.lower()
    if ending in RAW:
        return CAMERA
    if ending in DRAWINGS:
        return DRAWN
    return HIDDEN if any(part.startswith(".") for part in file.parts[:-1]) else OTHER


def check_few(key: str, most: float, odd: Sequence[Suspicion], images: int) -> None:
    """Say what is left out, and refuse it where too many are files that a user may believe to be in.

    Args:
        key: of the data set.
        most: what part of all may be left out.
        odd: what is odd about the delivery, files left out among it.
        images: number of those that are in.

    Raises:
        UserError: it is more.
    """
    left_out = [one for one in odd if one.kind == LEFT_OUT]
    for reason, count in Counter(one.what for one in left_out).items():
        names = [one.subject for one in left_out if one.what == reason]
        more = ", …" if count > SHOWN else ""
        progress.note(f"unzip {key}", f"{count:,} left out, {reason}: {', '.join(names[:SHOWN])}{more}")
    missed = [one for one in left_out if one.what in REMEDIES]
    part = len(missed) / max(1, len(missed) + images)
    if part > most:
        remedies = "; ".join(f"{reason}: {REMEDIES[reason]}" for reason in dict.fromkeys(one.what for one in missed))
        raise UserError(
            f"{FILE}: datasets.{key}.most_left_out: {most}: {len(missed):,} files, {part:.1%} of all, would be left "
            f"out, such as {missed[0].subject} ({remedies}); or allow it: most_left_out: 1"
        )


def tabulate(odd: Sequence[Suspicion]) -> pandas.DataFrame:
    """Return a row for each file that is left out: archive, file, reason."""
    rows = [(*one.subject.split(": ", 1), one.what) for one in odd if one.kind == LEFT_OUT]
    return pandas.DataFrame(rows, columns=["archive", "file", "reason"])
