"""DVCLive's callback: the metrics of each epoch where DVC, and its extension for VS Code, show them at once.

They go to ``dvclive/metrics/<study>/<training>`` and ``dvclive/plots/<study>/<training>``, which git ignores and no
stage depends on; dvclive/dvc.yaml names the two folders. DVCLive itself would put both into one folder with a dvc.yaml
of its own, which DVC passes over where git ignores it, and would save an experiment at the end.
"""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from darkroom.core.backend import keras

METRICS, PLOTS = Path("dvclive/metrics"), Path("dvclive/plots")


class DVCLive(keras.callbacks.Callback):
    """As ``dvclive.keras.DVCLiveCallback``, which imports TensorFlow, whatever the backend."""

    def __init__(self, training: Path, rows: Sequence[Mapping[str, Any]]) -> None:
        """Begin the series of a training run, ``<study>/<training>``, with the ``rows`` that its history has already.

        They are written anew: a process that was killed may have come further, or have left half a file.
        """
        super().__init__()
        self.live = _open(training)
        for row in rows:
            self.on_epoch_end(row["epoch"] - 1, {name: value for name, value in row.items() if name != "epoch"})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write the metrics of an epoch, counted from 0."""
        from dvclive.utils import standardize_metric_name

        self.live.step = epoch
        for name, value in sorted((logs or {}).items()):  # as Keras gives them; a history has another order
            self.live.log_metric(standardize_metric_name(name, "dvclive.keras"), value)
        self.live.next_step()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Say that the training has ended."""
        with suppress(FileNotFoundError):  # the mark for VS Code that all trainings share: another has removed it
            self.live.end()


def clear(training: Path) -> None:
    """Remove the series that an earlier run of a training wrote, so that nobody takes it for this one's."""
    for folder in (METRICS, PLOTS):
        shutil.rmtree(folder / training, ignore_errors=True)


def _open(training: Path) -> Any:
    """Return a ``dvclive.Live`` that writes two folders, and neither a dvc.yaml, an experiment nor a report.

    DVC reads all files of a folder of metrics, so that plots must lie in another.
    """
    from dvclive import Live

    class Series(Live):
        @property
        def plots_dir(self) -> str:
            return str(PLOTS / training)

    return Series(str(METRICS / training), report=None, save_dvc_exp=False, dvcyaml=None)
