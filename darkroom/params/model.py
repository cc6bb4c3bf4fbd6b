"""Models, their training and their evaluation in params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import ARCHITECTURE, DATA, REGULARISATION, TECHNICAL, Count, CountOrZero, Shown
from darkroom.params.training import Training

Rate = Annotated[float, Field(ge=0, lt=1)]
Dropout = Annotated[Rate, Field(json_schema_extra=REGULARISATION)]
Penalty = Annotated[float, Field(ge=0, json_schema_extra=REGULARISATION)]
Changes = Annotated[dict[str, Any], Field(min_length=1, description="Keys of the model, with their new values.")]
Activation = Literal["relu", "elu", "selu", "gelu", "silu", "tanh", "leaky_relu"]


MOST_REPLICATES = 1000
"""Each of them is a training run."""


class Runtime(Section):
    """Settings that change the bits of a result without changing its design."""

    seed: Annotated[int, Field(ge=0, le=4_000_000_000)]
    """Of weights, shuffles and dropout; replicate n adds n - 1."""
    threads: Annotated[int, Field(ge=1, le=1024)]
    """Threads of one training run: another count gives other bits."""


class BatchNormalization(Section, json_schema_extra=REGULARISATION):
    """Batch normalization: between a convolution and its activation, or of the features before the dense layers."""

    momentum: Rate
    """Of the moving statistics: 0.99 needs some 460 steps before they are right, 0.9 some 44."""


class Blocks(Section, json_schema_extra=ARCHITECTURE):
    """A chain of convolution, activation, pooling and dropout."""

    filters: Annotated[list[Count], Field(min_length=1)]
    """Filters of each convolution, first to last."""
    kernel: Count
    """Side of the convolution's window, in pixels."""
    strides: Count | list[Count]
    """Pixels from one place of the window to the next, of every convolution, or of each; 2 halves height and width."""
    padding: Literal["valid", "same"]
    """valid: the window stays within the image, which shrinks; same: zeros around it keep its size."""
    activation: Activation
    """The function that makes each output non-linear."""
    batch_normalization: BatchNormalization | None
    """Between each convolution and its activation."""
    pooling: Count | list[Count]
    """Side of the pooling window behind every convolution, or behind each; 1 means no pooling."""
    pooling_kind: Literal["max", "average"]
    """What becomes of a window's values: their largest, or their mean."""
    dropout: Dropout
    """Share of the values that training sets to zero, drawn anew at each step; 0: none."""
    dropout_first: Annotated[bool, Field(json_schema_extra=REGULARISATION)]
    """Dropout stands before the pooling, not behind it."""
    l2: Penalty
    """Factor of the sum of the convolutions' squared weights that is added to the loss; 0: none."""

    @model_validator(mode="after")
    def check_lengths(self) -> "Blocks":
        """Require a stride and a pooling for each convolution."""
        for name in ("strides", "pooling"):
            given = getattr(self, name)
            if isinstance(given, list) and len(given) != len(self.filters):
                raise ValueError(f"filters are {self.filters} and {name} {given}: give one number, or one for each")
        return self


class Head(Section, json_schema_extra=ARCHITECTURE):
    """From feature maps to probabilities: pooling, then dense layers."""

    pooling: Literal["flatten", "global-average"]
    """From feature maps to a vector: all their values, or the mean of each map."""
    batch_normalization: BatchNormalization | None
    """Of the vector that enters the first dense layer."""
    input_dropout: Dropout
    """Of that vector."""
    units: list[Count]
    """Of each dense layer, first to last."""
    activation: Activation
    """Of these layers."""
    dropout: Annotated[list[Rate], Field(json_schema_extra=REGULARISATION)]
    """After each of the layers."""
    l2: Penalty
    """Factor of the sum of the dense layers' squared weights that is added to the loss; 0: none."""
    output: Literal["softmax", "sigmoid"]
    """softmax: one probability per class, fitted by categorical cross-entropy; sigmoid: that of the second of two
    classes, fitted by binary cross-entropy."""
    output_dropout: Dropout
    """Dropout of the probabilities themselves, which one of the courses has: it harms training."""

    @model_validator(mode="after")
    def check_rates(self) -> "Head":
        """Require a dropout rate for each layer."""
        if len(self.dropout) != len(self.units):
            raise ValueError(f"units are {self.units} and dropout {self.dropout}: give one rate for each layer")
        return self


class Network(Section, json_schema_extra=ARCHITECTURE):
    """A convolutional network from pixels to class probabilities, its weights drawn at random."""

    normalization: Annotated[Literal["none", "layer", "constants"], Field(json_schema_extra=DATA)]
    """Standardise each channel by the mean and variance of the training images: by a Normalization layer, whose
    statistics count as parameters, or by a Rescaling layer's constants, which don't."""
    blocks: Blocks
    head: Head


class Trained(Section):
    """The keys of every model: its view, and how often it is trained."""

    view: Annotated[Name, Field(json_schema_extra=DATA)]
    """An entry of views: the images that it learns, and their size."""
    replicates: Annotated[int, Field(ge=1, le=MOST_REPLICATES, json_schema_extra=TECHNICAL)]
    """Training runs with different seeds; the comparison gives their mean and deviation, a sweep compares the first."""


class Model(Trained):
    """A network, the view it is trained on, and how."""

    network: Network
    training: Training


class Evaluation(Section):
    """Contents of an evaluation."""

    worst: Shown
    """Worst-predicted images shown."""
    gallery: Shown
    """Test images, drawn by ``seed``, shown with the predicted class and its certainty."""
    ambiguous: Shown
    """Images shown whose two best classes are closest, with both."""
    seed: CountOrZero
    """Another seed draws other images for the gallery."""
    calibration_bins: Annotated[int, Field(ge=2)]
    """Equally wide intervals of certainty; in each, the share of correct answers is set against it."""
    confused_pairs: Count
    """Most-confused pairs of classes listed."""


class Sweep(Section):
    """Variants of a model; each is trained under the name ``<sweep>-<variant>``."""

    title: str
    """Shown on figures and tables."""
    of: Name
    """The model that they vary; it is shown among them."""
    variants: Annotated[dict[Name, Changes], Field(min_length=1)]
    """Changes of the model, by variant: any of its keys, at any depth; a list is changed as a whole."""


class Study(Section):
    """Models that are compared on the same test images."""

    models: Annotated[list[Name], Field(min_length=1)]
    """Entries of models and finetunes, in the order in which they are shown."""
    sweeps: list[Name]
    """Sweeps whose variants are trained and compared as well."""
    without: list[list[str]]
    """Classes that means over classes are also given without."""
    confidence: Annotated[float, Field(gt=0, lt=1)]
    """Of the intervals around accuracies."""
    correction: Literal["holm", "bonferroni", "fdr_bh"]
    """Of the paired tests' p-values, for their number."""
    doubts: Name | None
    """The model of the study that judges the test images: labels that are probably wrong, images far from their class,
    by its probabilities and its features; null: none does."""
