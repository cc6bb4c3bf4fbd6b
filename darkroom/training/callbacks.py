"""Keras' callbacks as params.yaml asks for them, and what must be known of one to go on after a run was killed.

What ModelCheckpoint, TensorBoard and CSVLogger write goes to ``logs/training/<study>/<training>``, outside the outputs
that are tracked. DVCLive has folders of its own (darkroom/training/live.py). BackupAndRestore is none of these:
darkroom/training/backups.py does what it asks for.
"""

import importlib
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.params.callbacks import BackupAndRestore, Callback, LearningRateScheduler, SwapEMAWeights
from darkroom.params.training import Fit
from darkroom.training import live

LOGS = Path("logs/training")
TABLE = "epochs.csv"
"""The file that CSVLogger writes."""
CHECKPOINT, BEST = "epoch-{epoch:03d}.keras", "best.keras"
"""The files that ModelCheckpoint writes: after each epoch, or after one better than all before."""
WRITERS = ("ModelCheckpoint", "TensorBoard", "CSVLogger")
STATE = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "ModelCheckpoint": ("best",),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
    "SwapEMAWeights": ("_ema_weights_in_model",),
}
"""The attributes of Keras' callbacks that change as training goes on; the others have none."""


class InTurn(keras.callbacks.Callback):
    """Has Keras call the others at the end of a batch, not in a thread, where the next batch might be on already."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Do nothing: that there is such a method is what Keras goes by."""

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Do nothing."""


def find_log_folder(out: Path) -> Path:
    """Return where the callbacks of the training run that writes its model to ``out`` write."""
    return LOGS.joinpath(*out.parts[-2:])


def find_callback(fit: Fit, kind: type[Callback]) -> Any:
    """Return what ``fit`` says of the callback of one kind, or ``None``."""
    return next((callback for callback in fit.callbacks if isinstance(callback, kind)), None)


def check(fit: Fit, validates: bool) -> None:
    """Check that each callback's metric will be there.

    Raises:
        UserError: one watches a metric of the validation images, and there are none.
    """
    for callback in fit.callbacks:
        monitor = getattr(callback, "monitor", "")
        if monitor.startswith("val_") and not validates:
            raise UserError(
                f"training.callbacks: {callback.name} watches {monitor}, but no image validates; "
                "let it watch loss or accuracy, or give validation_split"
            )


def make_callbacks(fit: Fit, logs: Path, rows: Sequence[Mapping[str, Any]]) -> list[keras.callbacks.Callback]:
    """Return Keras' callbacks for ``fit``, in its order, of a run whose history has these ``rows`` already.

    One that starts replaces in ``logs`` what another left there; one that goes on adds to it.
    """
    live.clear(Path(*logs.parts[-2:]))
    if any(callback.name in WRITERS for callback in fit.callbacks):
        if not rows:
            shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True, exist_ok=True)
    kept = [callback for callback in fit.callbacks if not isinstance(callback, BackupAndRestore)]
    return [*(_make_callback(callback, fit, logs, rows) for callback in kept), InTurn()]


def _make_callback(
    callback: Callback, fit: Fit, logs: Path, rows: Sequence[Mapping[str, Any]]
) -> keras.callbacks.Callback:
    options = callback.model_dump(exclude={"name"})
    match callback.name:
        case "ModelCheckpoint":
            options["filepath"] = logs / (BEST if callback.save_best_only else CHECKPOINT)
        case "TensorBoard":
            options["log_dir"] = logs
        case "CSVLogger":
            cut_table(logs / TABLE, len(rows))
            options = {"filename": logs / TABLE, "append": bool(rows)}
        case "DVCLive":
            return live.DVCLive(Path(*logs.parts[-2:]), rows)
        case "TerminateOnNaN":
            options = {"raise_error": True}
        case "LearningRateScheduler":
            options = {"schedule": lambda epoch, _: compute_rate(fit.learning_rate, callback, epoch)}
        case "LambdaCallback":
            options = {name: find_function(dotted) for name, dotted in options.items() if dotted}
        case "SwapEMAWeights":
            options = {"swap_on_epoch": callback.swap_on_epoch}
    return getattr(keras.callbacks, callback.name)(**options)


def find_function(dotted: str) -> Callable[..., Any]:
    """Return the user's function of a dotted name, looked up from the working folder, too.

    Raises:
        UserError: there is none.
    """
    module, _, name = dotted.rpartition(".")
    place = f"training.callbacks: LambdaCallback: {dotted}"
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise UserError(f"{place}: {error}; name a module beside params.yaml") from None
    if not callable(found):
        raise UserError(f"{place}: no function of this name in {module}")
    return found


def compute_rate(start: float, scheduler: LearningRateScheduler, epoch: int) -> float:
    """Return the learning rate of an epoch, counted from 0, of a run that begins with the rate ``start``."""
    return start * scheduler.factor ** max(0, (epoch - scheduler.start_from_epoch) // scheduler.every)


def cut_table(table: Path, epochs: int) -> None:
    """Cut off what CSVLogger wrote of the epochs after the first ``epochs``, which are going to be trained again."""
    if table.is_file():
        write_text(table, "".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[: epochs + 1]))


def choose_averaging(fit: Fit) -> dict[str, Any]:
    """Return how the optimizer must be made for the callbacks of ``fit``: to average weights, or as always."""
    swap = find_callback(fit, SwapEMAWeights)
    return {"use_ema": True, "ema_momentum": swap.momentum} if swap else {}


def put_average(callbacks: Sequence[keras.callbacks.Callback], model: keras.Model) -> None:
    """Give a model that is trained with SwapEMAWeights the average of its weights, if it hasn't it already."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.SwapEMAWeights) and not callback._ema_weights_in_model:
            model.optimizer.finalize_variable_values(model.trainable_variables)


def find_kept_epoch(callbacks: Sequence[keras.callbacks.Callback], epochs: int) -> int:
    """Return the epoch, from 1, whose weights a run of ``epochs`` epochs keeps: the last, if none was chosen."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.EarlyStopping) and callback.best_weights is not None:
            return callback.best_epoch + 1
    return epochs


def collect_state(callbacks: Sequence[keras.callbacks.Callback]) -> dict[str, dict[str, Any]]:
    """Return what the callbacks know of the epochs that have been, by class and attribute."""
    kinds = {type(callback).__name__: callback for callback in callbacks}
    return {kind: {name: getattr(kinds[kind], name) for name in STATE[kind]} for kind in STATE if kind in kinds}


def restore(callbacks: Sequence[keras.callbacks.Callback], known: dict[str, dict[str, Any]]) -> None:
    """Have the callbacks know what :func:`collect_state` returned of others."""
    for callback in callbacks:
        for name, value in known.get(type(callback).__name__, {}).items():
            setattr(callback, name, value)
