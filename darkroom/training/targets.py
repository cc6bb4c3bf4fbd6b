"""What a network's outputs are compared with: labels, or shares of classes where these are mixed or smoothed."""

from dataclasses import dataclass

import numpy

from darkroom.core.backend import keras
from darkroom.params.training import Fit


@dataclass(frozen=True)
class Targets:
    """How labels are given to a compiled network."""

    outputs: int
    """Of the network: one for each class, or one alone, the probability of the second of two."""
    shares: bool
    """Labels are given as shares of the classes."""
    smoothing: float
    """Share of a training label that is spread evenly over all classes."""

    @classmethod
    def of(cls, model: keras.Model, fit: Fit) -> "Targets":
        """Return the targets of a network that is fitted as ``fit`` says."""
        shares = fit.label_smoothing > 0 or fit.mix is not None
        return cls(model.output_shape[-1], shares, fit.label_smoothing)

    @property
    def loss(self) -> str:
        """Return the name of Keras' loss for such targets."""
        if self.outputs == 1:
            return "binary_crossentropy"
        return "categorical_crossentropy" if self.shares else "sparse_categorical_crossentropy"

    @property
    def metrics(self) -> list[keras.metrics.Metric | str]:
        """Return Keras' accuracy for such targets; of shares the class with the largest is the right one."""
        if self.outputs > 1 or not self.shares:
            return ["accuracy"]
        return [keras.metrics.MeanMetricWrapper(compare_halves, name="accuracy")]

    def make(self, labels: numpy.ndarray) -> numpy.ndarray:
        """Return the targets of labels (int64, (images,)): these, (images, 1), or float32, (images, outputs).

        Shares of classes (float32, (images, classes)) may stand for labels.
        """
        if not self.shares:
            return labels[:, None] if self.outputs == 1 else labels
        known = labels if labels.ndim == 2 else numpy.eye(max(self.outputs, 2), dtype=numpy.float32)[labels]
        return known[:, -self.outputs :]

    def smooth(self, labels: numpy.ndarray) -> numpy.ndarray:
        """Return the targets of labels that train, smoothed by Keras' formula."""
        if not self.smoothing:
            return self.make(labels)
        return self.make(labels) * numpy.float32(1 - self.smoothing) + numpy.float32(
            self.smoothing / max(self.outputs, 2)
        )


def compare_halves(true: keras.KerasTensor, predicted: keras.KerasTensor) -> keras.KerasTensor:
    """Return 1 where a probability and a share are on the same side of one half, else 0."""
    return keras.ops.cast((true > 0.5) == (predicted > 0.5), "float32")[..., 0]
