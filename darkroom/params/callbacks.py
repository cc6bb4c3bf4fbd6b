"""Callbacks in params.yaml: Keras' own, by their names, and DVCLive's, with the arguments that change what they do."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from darkroom.params.base import Section
from darkroom.params.fields import OPTIMISATION, REGULARISATION, TECHNICAL, Count, CountOrZero

Monitor = Annotated[
    Literal["loss", "accuracy", "val_loss", "val_accuracy"],
    Field(description="The metric that is judged after each epoch; val_ is that of the validation images."),
]
Mode = Annotated[
    Literal["auto", "min", "max"],
    Field(description="The direction that is better: fall (min) or rise (max); auto: accuracy rises, loss falls."),
]
Least = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class EarlyStopping(Section, json_schema_extra=REGULARISATION):
    """Stop when a metric has not improved for some epochs."""

    name: Literal["EarlyStopping"]
    monitor: Monitor
    mode: Mode
    min_delta: Least
    """A change of the metric by less is no improvement."""
    patience: CountOrZero
    """Epochs without improvement before training stops."""
    restore_best_weights: bool
    """Keep the weights of the best epoch; else those of the last."""
    start_from_epoch: CountOrZero
    """Epochs, from the first, that are not judged."""


class ModelCheckpoint(Section, json_schema_extra=TECHNICAL):
    """Write what is fitted after an epoch, or only after one better than all before, outside the tracked outputs.

    Of a network on a backbone that is its flat form, or where what frozen layers give is kept, the layers behind them.
    """

    name: Literal["ModelCheckpoint"]
    monitor: Monitor
    mode: Mode
    save_best_only: bool
    """Write only after an epoch that is better than all before, over what stood there; else a file for each epoch."""


class TensorBoard(Section, json_schema_extra=TECHNICAL):
    """Write logs for TensorBoard, outside the tracked outputs; ``make tensorboard`` shows them."""

    name: Literal["TensorBoard"]
    histogram_freq: CountOrZero
    """Epochs from one histogram of the weights to the next; 0: none."""
    write_graph: bool
    """Write the network's graph, too."""


class ReduceLROnPlateau(Section, json_schema_extra=OPTIMISATION):
    """Lower the learning rate when a metric has not improved for some epochs."""

    name: Literal["ReduceLROnPlateau"]
    monitor: Monitor
    mode: Mode
    factor: Share
    """The new rate is this share of the old."""
    patience: Count
    """Epochs without improvement before the rate is lowered."""
    min_delta: Least
    """A change of the metric by less is no improvement."""
    cooldown: CountOrZero
    """Epochs after a change that are not judged."""
    min_lr: Least
    """The rate is not lowered below this."""


class LearningRateScheduler(Section, json_schema_extra=OPTIMISATION):
    """Lower the learning rate by a factor, every so many epochs.

    Epoch n, counted from 0, learns at learning_rate × factor ** max(0, (n - start_from_epoch) // every).
    """

    name: Literal["LearningRateScheduler"]
    factor: Share
    """Each new rate is this share of the one before."""
    every: Count
    """Epochs from one rate to the next."""
    start_from_epoch: CountOrZero
    """Epochs, from the first, that do not count."""


class BackupAndRestore(Section, json_schema_extra=TECHNICAL):
    """Write all that a training run needs to go on: one that was killed resumes and ends with the same bytes."""

    name: Literal["BackupAndRestore"]
    every: Count
    """Epochs from one backup to the next."""


class TerminateOnNaN(Section, json_schema_extra=TECHNICAL):
    """Stop at a loss that is no number."""

    name: Literal["TerminateOnNaN"]


class CSVLogger(Section, json_schema_extra=TECHNICAL):
    """Write each epoch's metrics to a table as soon as it ends, outside the tracked outputs."""

    name: Literal["CSVLogger"]


class DVCLive(Section, json_schema_extra=TECHNICAL):
    """Write each epoch's metrics, outside the tracked outputs, where DVC and its extension for VS Code show them."""

    name: Literal["DVCLive"]


class SwapEMAWeights(Section, json_schema_extra=OPTIMISATION):
    """Validate, and end, with the moving average of the weights."""

    name: Literal["SwapEMAWeights"]
    momentum: Share
    """Share of the average that stays at each step."""
    swap_on_epoch: bool
    """Callbacks that stand behind this one keep the average of an epoch, too; else the weights it was made of."""


class ProgbarLogger(Section, json_schema_extra=TECHNICAL):
    """Draw a bar of the batches of each epoch, on standard output."""

    name: Literal["ProgbarLogger"]


class RemoteMonitor(Section, json_schema_extra=TECHNICAL):
    """Send each epoch's metrics to a server that listens; where none does, training goes on."""

    name: Literal["RemoteMonitor"]
    root: Annotated[str, Field(pattern="^https?://")]
    """The server's address, such as http://localhost:9000."""
    path: Annotated[str, Field(pattern="^/")]
    """Where it takes them, such as /publish/epoch/end/."""
    send_as_json: bool
    """As JSON; else as the field data of a form."""


Function = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]


class LambdaCallback(Section, json_schema_extra=TECHNICAL):
    """Call functions of the user's own, by dotted names such as my_module.say, with the epoch and its metrics.

    Their code is not tracked, so they must change nothing of what is learned.
    """

    name: Literal["LambdaCallback"]
    on_epoch_begin: Function | None
    """Called with the epoch, from 0, and nothing known of it yet."""
    on_epoch_end: Function | None
    """Called with the epoch, from 0, and its metrics by name."""


KINDS = {
    kind.__name__: kind
    for kind in (
        EarlyStopping, ModelCheckpoint, TensorBoard, ReduceLROnPlateau, LearningRateScheduler, BackupAndRestore,
        TerminateOnNaN, CSVLogger, DVCLive, SwapEMAWeights, ProgbarLogger, RemoteMonitor, LambdaCallback,
    )
}  # fmt: skip
"""The callbacks that there are, by Keras' names of them; DVCLive's is not among Keras' own."""


def _kind(callback: Any) -> str | None:
    name = callback.get("name") if isinstance(callback, dict) else getattr(callback, "name", None)
    return f"[{name}]" if isinstance(name, str) and name in KINDS else None


Callback = Annotated[
    Annotated[EarlyStopping, Tag("[EarlyStopping]")]
    | Annotated[ModelCheckpoint, Tag("[ModelCheckpoint]")]
    | Annotated[TensorBoard, Tag("[TensorBoard]")]
    | Annotated[ReduceLROnPlateau, Tag("[ReduceLROnPlateau]")]
    | Annotated[LearningRateScheduler, Tag("[LearningRateScheduler]")]
    | Annotated[BackupAndRestore, Tag("[BackupAndRestore]")]
    | Annotated[TerminateOnNaN, Tag("[TerminateOnNaN]")]
    | Annotated[CSVLogger, Tag("[CSVLogger]")]
    | Annotated[DVCLive, Tag("[DVCLive]")]
    | Annotated[SwapEMAWeights, Tag("[SwapEMAWeights]")]
    | Annotated[ProgbarLogger, Tag("[ProgbarLogger]")]
    | Annotated[RemoteMonitor, Tag("[RemoteMonitor]")]
    | Annotated[LambdaCallback, Tag("[LambdaCallback]")],
    Discriminator(
        _kind,
        custom_error_type="callback",
        custom_error_message=f"no callback of this name; allowed: {', '.join(KINDS)}",
    ),
]
