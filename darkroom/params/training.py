"""Training in params.yaml: the fitting of a network."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from darkroom.params.augmentation import Augmentation
from darkroom.params.base import Section
from darkroom.params.callbacks import Callback, ModelCheckpoint
from darkroom.params.fields import DATA, OPTIMISATION, REGULARISATION, TECHNICAL, Count
from darkroom.params.mixing import Mix
from darkroom.params.schedule import Schedule

Weight = Annotated[float, Field(gt=0, description="Of the class of this name; 1: as without weights.")]


class Fit(Section, json_schema_extra=OPTIMISATION):
    """Fitting of a network that was made before."""

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"]
    """The rule by which gradients change the weights: Keras' own, by name."""
    momentum: Annotated[float, Field(ge=0, lt=1)]
    """Of sgd and rmsprop; 0 for adam and adamw, which have their own."""
    weight_decay: Annotated[float, Field(ge=0, lt=1, json_schema_extra=REGULARISATION)]
    """Share of each weight, times the learning rate, that an update takes away; not of biases, nor of the scales and
    shifts of normalizations; 0: none."""
    clip_norm: Annotated[float, Field(gt=0)] | None
    """The gradient of all weights together is shortened to this length where it is longer; null: never."""
    learning_rate: Annotated[float, Field(gt=0)]
    """Length of a step; a schedule or a callback may change it."""
    schedule: Schedule | None
    """The course of the learning rate; null: it stays, but for callbacks."""
    epochs: Count
    """At most; a callback may end training before."""
    batch_size: Count
    """Images whose mean gradient makes one step."""
    accumulation_steps: Annotated[Count, Field(json_schema_extra=TECHNICAL)]
    """Parts, as equal as can be, of a batch that go through the network one by one before one update of the weights:
    memory falls with it. Batch normalization sees one part at a time, so with it this changes what is learned; its
    moving statistics cover as many images as with the whole batch."""
    augmentation: Augmentation | None
    """Random changes of each training image, drawn anew in each epoch."""
    mix: Mix | None
    """Training images mixed with others; null: each stays alone."""
    class_weights: Annotated[Literal["balanced"] | dict[str, Weight] | None, Field(json_schema_extra=DATA)]
    """Weight of an image of each class: balanced, so that every class counts the same in all, or by class;
    one that is mixed has the shares of both."""
    callbacks: list[Callback]
    """Each at most once, called in this order; without EarlyStopping the last epoch's weights are kept."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1, json_schema_extra=REGULARISATION)]
    """Share of each training label that is spread evenly over all classes. Of what is minimised alone: val_loss stays
    that of the labels themselves, while loss is that of the smoothed ones. 0: none."""
    precision: Annotated[Literal["float32", "mixed_bfloat16"], Field(json_schema_extra=TECHNICAL)]
    """Number format in which the layers compute; weights and the last layer stay float32."""

    @field_validator("class_weights", mode="before")
    @classmethod
    def check_class_names(cls, weights: Any) -> Any:
        """Refuse a class that YAML reads as a number."""
        if isinstance(weights, dict) and not all(isinstance(name, str) for name in weights):
            raise ValueError(
                "allowed: null, balanced, or a weight for each class, a number's name in quotes: {'7': 2.0}"
            )
        return weights

    @model_validator(mode="after")
    def check_parts(self) -> "Fit":
        """Require parts of equal size, and of the optimizer only what it has."""
        if self.batch_size % self.accumulation_steps:
            raise ValueError(
                f"batch_size {self.batch_size} is not a multiple of accumulation_steps {self.accumulation_steps}"
            )
        if self.optimizer in ("adam", "adamw") and self.momentum:
            raise ValueError(
                f"momentum {self.momentum}: {self.optimizer} has its own; write momentum: 0, or optimizer: sgd"
            )
        if self.optimizer == "adam" and self.weight_decay:
            raise ValueError(f"weight_decay {self.weight_decay}: adam with it is adamw; write optimizer: adamw")
        if self.optimizer == "adamw" and not self.weight_decay:
            raise ValueError("weight_decay 0: adamw without it is adam; write optimizer: adam, or give weight_decay")
        return self

    @model_validator(mode="after")
    def check_schedule(self) -> "Fit":
        """Require that the rate has time to fall, and that no callback sets it as well."""
        if not self.schedule:
            return self
        if self.schedule.warm_up >= self.epochs:
            raise ValueError(
                f"schedule.warm_up {self.schedule.warm_up}: epochs is {self.epochs}; let the rate rise in fewer epochs"
            )
        for callback in self.callbacks:
            if callback.name in ("LearningRateScheduler", "ReduceLROnPlateau"):
                raise ValueError(
                    f"callbacks: schedule sets the rate of each update and undoes {callback.name}; "
                    "take that out, or write schedule: null"
                )
        return self

    @model_validator(mode="after")
    def check_callbacks(self) -> "Fit":
        """Require that no callback is named twice, and none undoes what another does."""
        names = [callback.name for callback in self.callbacks]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"callbacks name {twice[0]} twice; name it once")
        if {"LearningRateScheduler", "ReduceLROnPlateau"} <= set(names):
            raise ValueError(
                "callbacks: LearningRateScheduler sets the rate of each epoch and undoes ReduceLROnPlateau; name one"
            )
        if "SwapEMAWeights" in names:
            self._check_averages(names.index("SwapEMAWeights"))
        return self

    def _check_averages(self, place: int) -> None:
        if self.accumulation_steps > 1:
            raise ValueError(
                "callbacks: SwapEMAWeights averages after each part of a batch, not after each update; "
                "write accumulation_steps: 1"
            )
        swap = self.callbacks[place]
        for number, callback in enumerate(self.callbacks):
            keeps = isinstance(callback, ModelCheckpoint) or getattr(callback, "restore_best_weights", False)
            if keeps and (number < place or not getattr(swap, "swap_on_epoch", False)):
                raise ValueError(
                    f"callbacks: {callback.name} would keep other weights than those that were validated; "
                    "name SwapEMAWeights before it, with swap_on_epoch: true"
                )


Fraction = Annotated[float, Field(gt=0, lt=1)]


class ValidationSplit(Section, json_schema_extra=DATA):
    """Images of train that validate instead."""

    fraction: Fraction
    """Of the training images."""
    stratify: bool
    """Take this fraction of each class, or as near to it as groups allow."""


class Training(Fit):
    """Making and fitting of a network."""

    validation_split: Annotated[Fraction | ValidationSplit | None, Field(json_schema_extra=DATA)]
    """Fraction of the training images, drawn by seed, that validate, whatever their classes; or keys that say how they
    are drawn. Groups are kept together. null: the dataset's own validation images, or where it has none, no
    validation."""
