"""What the census found of a dataset, as cards tell it."""

from dataclasses import dataclass
from pathlib import Path

import pandas

from darkroom.census.counts import splits_of
from darkroom.census.page import describe_balances, summarize_duplicates, summarize_sizes, summarize_suspicions
from darkroom.core.errors import UserError
from darkroom.core.splits import TEST, TRAIN
from darkroom.evaluation.evaluations import read_text_table

TEXTS = {"kind": str, "split": str, "class": str, "file": str, "problem": str, "what": str, "mode": str, "format": str}
TABLES = ("classes", "sizes", "modes", "corrupt", "duplicates", "suspicions", "warnings")


@dataclass(frozen=True)
class Census:
    """The tables of a census, by the names of their files."""

    tables: dict[str, pandas.DataFrame]

    @property
    def classes(self) -> pandas.DataFrame:
        """One row per class: class, then its images in each split."""
        return self.tables["classes"]

    @property
    def images(self) -> dict[str, int]:
        """The images of each split that has any, corrupt ones left out."""
        return {split: int(self.classes[split].sum()) for split in splits_of(self.classes)}

    @property
    def warnings(self) -> list[str]:
        """What may mislead, in sentences, the worst first."""
        return [str(what) for what in self.tables["warnings"]["what"]]

    @property
    def leaks(self) -> int:
        """Groups of the same images that stand in more than one split."""
        return int(summarize_duplicates(self.tables["duplicates"])["leaks"])

    @property
    def two_labels(self) -> int:
        """Groups of the same images that stand under more than one label."""
        return int(summarize_duplicates(self.tables["duplicates"])["two_labels"])

    @property
    def copies(self) -> int:
        """All groups of the same images."""
        return int(summarize_duplicates(self.tables["duplicates"])["groups"])

    @property
    def seen_in_training(self) -> int:
        """Test images that stand among the training images, too."""
        found = self.tables["duplicates"]
        trained = found[found["split"] == TRAIN]["group"]
        return int(((found["split"] == TEST) & found["group"].isin(trained)).sum())

    @property
    def corrupt(self) -> int:
        """Images that cannot be read completely."""
        return len(self.tables["corrupt"])

    @property
    def suspicions(self) -> dict[str, int]:
        """Suspicious images by kind."""
        kinds: dict[str, int] = summarize_suspicions(self.tables["suspicions"])["kinds"]
        return kinds

    @property
    def sizes(self) -> dict[str, object]:
        """The numbers that the census' page gives of sizes."""
        return summarize_sizes(self.tables["sizes"])

    def describe_balances(self, tolerance: float) -> list[str]:
        """Return a paragraph for each split: whether its classes are balanced, and by which numbers."""
        return describe_balances(self.classes, tolerance)


def read_census(folder: Path) -> Census:
    """Return the census in ``folder``.

    Raises:
        UserError: it has not been taken.
    """
    for name in TABLES:
        if not (folder / f"{name}.csv").is_file():
            raise UserError(f"{folder / name}.csv: no such file; run snakemake, which takes the census")
    return Census({name: read_text_table(folder / f"{name}.csv", TEXTS) for name in TABLES})
