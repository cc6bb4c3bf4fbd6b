"""Gradients, which Keras itself does not give."""

from collections.abc import Callable
from typing import Any

import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError


def compute_gradient(
    forward: Callable[[Any], tuple[Any, Any]], inputs: numpy.ndarray
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return a tensor on the way from ``inputs`` to a score, and the score's gradient with respect to it; float32.

    ``forward`` gives, of inputs as the backend's tensor, that tensor and the score.

    Raises:
        UserError: the backend is JAX, which gives gradients of inputs alone.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        raise UserError(f"heat maps need runtime.backend: tensorflow or torch; it is {backend}")
    if backend == "torch":
        import torch

        between, score = forward(torch.as_tensor(inputs).to(torch.get_default_device()).requires_grad_())
        (found,) = torch.autograd.grad(score.sum(), between)
        return tuple(keras.ops.convert_to_numpy(keras.ops.cast(one, "float32")) for one in (between, found))
    import tensorflow

    with tensorflow.GradientTape() as tape:
        given = tensorflow.convert_to_tensor(inputs)
        tape.watch(given)
        between, score = forward(given)
    found = tape.gradient(score, between, unconnected_gradients=tensorflow.UnconnectedGradients.ZERO)
    return tensorflow.cast(between, "float32").numpy(), tensorflow.cast(found, "float32").numpy()
