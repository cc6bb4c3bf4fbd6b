"""Models, their training and their evaluation in params.yaml."""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from darkroom.params.base import Name, Section
from darkroom.params.fields import DATA, TECHNICAL, Count, CountOrZero, Shown
from darkroom.params.network import Network
from darkroom.params.replicates import MOST_REPLICATES, Folds, check_replicates
from darkroom.params.training import Training

Changes = Annotated[dict[str, Any], Field(min_length=1, description="Keys of the model, with their new values.")]


class Runtime(Section):
    """Settings that change the bits of a result without changing its design."""

    seed: Annotated[int, Field(ge=0, le=4_000_000_000)]
    """Of weights, shuffles and dropout; replicate n adds n - 1."""
    threads: Annotated[int, Field(ge=1, le=1024)]
    """Threads of one training run: another count gives other bits."""
    backend: Literal["tensorflow", "jax", "torch"]
    """The library under Keras that computes: another gives other bits, and models that all of them read. jax and torch
    must be installed; heat maps need TensorFlow or PyTorch."""


class Trained(Section):
    """The keys of every model: its view, and how often it is trained."""

    view: Annotated[Name, Field(json_schema_extra=DATA)]
    """An entry of views: the images that it learns, and their size."""
    replicates: Annotated[Annotated[int, Field(ge=1, le=MOST_REPLICATES)] | Folds, Field(json_schema_extra=TECHNICAL)]
    """Training runs with different seeds, or as many ``folds``, of which each holds out other images; the comparison
    gives their mean and deviation, a sweep compares the first."""

    @field_validator("replicates", mode="before")
    @classmethod
    def check_replicates(cls, replicates: Any) -> Any:
        """Refuse what is neither a number of training runs nor folds."""
        return check_replicates(replicates)


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
    """Entries of models, finetunes and ensembles, in the order in which they are shown."""
    sweeps: list[Name]
    """Sweeps whose variants are trained and compared as well."""
    summary_only: list[Name]
    """Entries of models and finetunes that are built and summarised, layer by layer, but not trained: weights that are
    not to be had do not matter."""
    document: Literal["intel", "cifar10", "waste", "cats-dogs", "mnist"] | None
    """The course document that it follows: its worksheet answers each of its questions, with the reason; null: none."""
    language: Literal["en", "fr"]
    """Of the worksheet: the document's questions, and those that any study answers."""
    without: list[list[str]]
    """Classes that means over classes are also given without."""
    confidence: Annotated[float, Field(gt=0, lt=1)]
    """Of the intervals around accuracies."""
    correction: Literal["holm", "bonferroni", "fdr_bh"]
    """Of the paired tests' p-values, for their number."""
    doubts: Name | None
    """The model of the study that judges the test images: labels that are probably wrong, images far from their class,
    by its probabilities and its features; where it has folds, the labels of the training images, too, each by the
    replicate that held it out; null: none does."""
    shifts: CountOrZero
    """Test the model on the test images moved by 1 to so many pixels, too, up, down, left and right, the pixels of the
    border filling what becomes free; 0: don't."""
