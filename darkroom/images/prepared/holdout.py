"""The holdout of a training run: how the images that it does not train on, but validates on, are drawn."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from darkroom.images.prepared.folds import Fold
from darkroom.images.prepared.validation import Rows, Split, split_learning_rows
from darkroom.images.prepared.views import View
from darkroom.params.replicates import Replicate


class Holdout(NamedTuple):
    """Decides which images of a view train and which validate."""

    split: Split | None
    seed: int
    """Of what is drawn."""
    fold: Fold | None = None

    @classmethod
    def plan(cls, split: Split | None, replicate: Replicate, seed: int) -> "Holdout":
        """Return the holdout of a replicate; ``seed`` is that of the first one, by which folds are drawn once."""
        if replicate.folds is None:
            return cls(split, seed + replicate.number - 1)
        return cls(split, seed, Fold(replicate.number, replicate.folds))

    @classmethod
    def read(cls, summary: Mapping[str, Any]) -> "Holdout":
        """Return the holdout that a training run's summary describes."""
        fold = Fold(summary["fold"], summary["folds"]) if "folds" in summary else None
        return cls(summary["validation_split"], summary["split_seed"], fold)

    def describe(self) -> dict[str, Any]:
        """Return what a summary says of it; of a fold, only where there is one."""
        fold = {"fold": self.fold.number, "folds": self.fold.folds} if self.fold else {}
        return {"validation_split": self.split, "split_seed": self.seed, **fold}

    def list_rows(self, view: View) -> Rows:
        """Return the rows that train and the rows that validate, as ``split_learning_rows`` counts them.

        Raises:
            UserError: the view's images do not divide so.
        """
        return split_learning_rows(view, self.split, self.seed, self.fold)
