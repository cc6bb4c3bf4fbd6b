"""What ``unzip`` found odd about a delivery, and which of its files it left out."""

from collections.abc import Iterator
from pathlib import Path

import pandas

from darkroom.core.filenames import LEFT_OUT, SUSPICIONS
from darkroom.reporting.quantities import counted

MOST_ENDINGS = 5
"""Endings of files left out that a sentence names."""
Remark = tuple[str, int, str]
"""Kind, number of images, and what is to be said."""


def find_warnings(folder: Path) -> Iterator[Remark]:
    """Yield what is to be said of the delivery of the images in ``folder``, the files left out first."""
    left_out = _read(folder / LEFT_OUT)
    if not left_out.empty:
        for reason, files in left_out.groupby("reason", sort=False):
            yield "left out", len(files), f"{counted(len(files), 'file')} left out, {reason}: {_count_endings(files)}"
    for row in _read(folder / SUSPICIONS).to_dict("records"):
        yield row["kind"], 0, f"{row['subject']}: {row['what']}"


def _count_endings(files: pandas.DataFrame) -> str:
    counts = files["file"].map(lambda file: Path(file).suffix.lower() or "without ending").value_counts(sort=True)
    named = [f"{count:,} {ending}" for ending, count in counts.head(MOST_ENDINGS).items()]
    more = len(counts) - MOST_ENDINGS
    return ", ".join(named) + (f" and of {more} other endings" if more > 0 else "")


def _read(file: Path) -> pandas.DataFrame:
    return pandas.read_csv(file, dtype=str, keep_default_na=False) if file.exists() else pandas.DataFrame()
