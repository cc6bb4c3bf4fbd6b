"""Random weights, for a backbone without pretraining."""

from darkroom.core.backend import keras
from darkroom.params.backbone import Backbone
from darkroom.transfer_learning import architectures


def drawn(backbone: Backbone, shape: tuple[int, int, int]) -> keras.Model:
    """Return the network for images of ``shape``, its weights drawn as the architecture's initializers say."""
    return architectures.build(backbone.architecture, backbone.alpha, shape)
