"""What of a data set may mislead those who read a result of it, in sentences; the worst first."""

from collections.abc import Iterable, Mapping

import pandas

from darkroom.census.delivery import Remark
from darkroom.core.splits import TEST, TRAIN
from darkroom.reporting.quantities import counted

COLUMNS = ["kind", "images", "what"]


def find_warnings(tables: Mapping[str, pandas.DataFrame], delivery: Iterable[Remark] = ()) -> pandas.DataFrame:
    """Return kind, number of images, and what is to be said.

    Args:
        tables: of the census, by name.
        delivery: what is to be said of the delivery.
    """
    duplicates, suspicions, corrupt = (tables[name] for name in ("duplicates", "suspicions", "corrupt"))
    leaks = duplicates[duplicates["kind"].str.contains("leak")]
    labels = duplicates[duplicates["kind"].str.contains("two labels")]
    copies = duplicates[duplicates["kind"] == "copy"]
    rows = [
        ("leak", len(leaks), _describe_leaks(leaks, tables["classes"])),
        ("two labels", len(labels), f"{_count_groups(labels)} under more than one label"),
        ("copy", len(copies), f"{_count_groups(copies)} in one split under one label, which count more than once"),
        ("corrupt", len(corrupt), f"{counted(len(corrupt), 'image')} cannot be read completely"),
    ]
    kinds = suspicions["kind"].value_counts(sort=False)
    rows = [row for row in rows if row[1]] + list(delivery)
    rows += [(str(kind), int(count), f"{kind}: {counted(int(count), 'image')}") for kind, count in kinds.items()]
    return pandas.DataFrame(rows, columns=COLUMNS)


def _describe_leaks(leaks: pandas.DataFrame, classes: pandas.DataFrame) -> str:
    groups = f"{_count_groups(leaks)} in more than one split"
    trained = leaks[leaks["split"] == TRAIN]["group"]
    seen = int(((leaks["split"] == TEST) & leaks["group"].isin(trained)).sum())
    return (
        f"{groups}; of {int(classes[TEST].sum()):,} test images {seen:,} {'is' if seen == 1 else 'are'} in train, too"
    )


def _count_groups(duplicates: pandas.DataFrame) -> str:
    return f"{counted(duplicates['group'].nunique(), 'group')} of the same images"
