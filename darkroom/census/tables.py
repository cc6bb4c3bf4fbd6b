"""All tables of a data set's census."""

from collections.abc import Iterable

import pandas

from darkroom.census import counts
from darkroom.census.delivery import Remark
from darkroom.census.suspicions import find_suspicions
from darkroom.census.warnings import find_warnings
from darkroom.images.decoding.duplicates import group_duplicates
from darkroom.params.census import Suspicious


def tabulate(
    images: pandas.DataFrame, suspicious: Suspicious, distance: int | None, delivery: Iterable[Remark] = ()
) -> dict[str, pandas.DataFrame]:
    """Return the seven tables of the census, by the names of their files.

    Args:
        images: as in ``counts``.
        suspicious: from when on an image is.
        distance: of near duplicates.
        delivery: what is to be said of the delivery.
    """
    tables = {
        "classes": counts.count_by_class(images),
        "sizes": counts.count_by_size(images),
        "modes": counts.count_by_mode(images),
        "corrupt": counts.find_corrupt(images),
        "duplicates": group_duplicates(images, distance),
        "suspicions": find_suspicions(images, suspicious),
    }
    return {**tables, "warnings": find_warnings(tables, delivery)}
