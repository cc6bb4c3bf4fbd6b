"""The archives, folders or batches that a dataset gives by name."""

from darkroom.core.splits import SPLITS
from darkroom.params.data import Dataset


def list_names(dataset: Dataset) -> dict[str, list[str]]:
    """Return names by the key of the dataset that gives them: those of each split, or, with a column of splits, all."""
    if dataset.table is not None and dataset.table.archives is not None:
        return {"table.archives": dataset.table.archives}
    return {f"splits.{split}": getattr(dataset.splits, split) for split in SPLITS}
