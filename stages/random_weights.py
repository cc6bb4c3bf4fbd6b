"""Random weights, for a backbone without pretraining."""

from stages import architectures
from stages.backend import keras
from stages.parameters.backbone import Backbone


def drawn(backbone: Backbone, shape: tuple[int, int, int]) -> keras.Model:
    """Return the network for images of ``shape``, its weights drawn as the architecture's initializers say."""
    return architectures.build(backbone.architecture, backbone.alpha, shape)
