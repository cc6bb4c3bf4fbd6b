"""Backbones in params.yaml: networks without their last layers, and where their weights come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from darkroom.params.base import Section

Architecture = Literal[
    "EfficientNetLite0", "EfficientNetLite1", "EfficientNetLite2",
    "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge",
    "DenseNet121", "DenseNet169", "DenseNet201",
    "EfficientNetB0", "EfficientNetB1", "EfficientNetB2", "EfficientNetB3",
    "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7",
    "EfficientNetV2B0", "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3",
    "EfficientNetV2L", "EfficientNetV2M", "EfficientNetV2S",
    "InceptionResNetV2", "InceptionV3",
    "MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small",
    "NASNetLarge", "NASNetMobile",
    "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2",
    "VGG16", "VGG19", "Xception",
]  # fmt: skip
"""The EfficientNetLites, built here, and what keras.applications has."""

PACKAGED = ("EfficientNetLite0", "EfficientNetLite1", "EfficientNetLite2")
"""Architectures whose weights installed packages carry."""
SCALABLE = ("MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small")
"""Architectures whose width ``alpha`` scales."""


class Backbone(Section):
    """A network without its last layers, and its weights."""

    architecture: Architecture
    """An EfficientNetLite, or a name of keras.applications."""
    alpha: Annotated[float, Field(gt=0)] | None
    """Share of the published width of a MobileNet, such as 0.35; null for any other architecture."""
    weights: str
    """imagenet (Keras' download), package (an EfficientNetLite's, installed), a Keras .h5 file, or none (random)."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None
    """SHA-256 that the file with the weights must have; null takes the file as it is and records it."""

    @field_validator("weights")
    @classmethod
    def check_weights(cls, weights: str) -> str:
        """Refuse what is no source of weights."""
        if weights not in {"imagenet", "package", "none"} and Path(weights).suffix != ".h5":
            raise ValueError("allowed: imagenet, package, none, or the path of a Keras .h5 file")
        return weights

    @model_validator(mode="after")
    def check_architecture(self) -> "Backbone":
        """Require what the architecture needs, and weights that it has."""
        if (self.architecture in SCALABLE) != (self.alpha is not None):
            needs = "needs alpha, such as 1.0" if self.alpha is None else "has no alpha; write alpha: null"
            raise ValueError(f"architecture {self.architecture} {needs}")
        if self.weights == "package" and self.architecture not in PACKAGED:
            raise ValueError(
                f"weights: package: only {', '.join(PACKAGED)} have one; allowed: imagenet, none, or an .h5 file"
            )
        if self.weights == "imagenet" and self.architecture in PACKAGED:
            raise ValueError(
                f"weights: imagenet: Keras has none of {self.architecture}; allowed: package, none, or an .h5 file"
            )
        if self.weights == "none" and self.sha256 is not None:
            raise ValueError("weights: none: there is no file to check; write sha256: null")
        return self
