"""Maps that are computed again for their gradient: the bytes of a training that keeps them, in less memory."""

from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from darkroom.core import kernels
from darkroom.core.backend import keras
from darkroom.networks import network, recomputation
from darkroom.params.base import validate
from darkroom.params.model import Model
from darkroom.params.sweeps import find_model

layers = keras.layers
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="nothing is computed again there")


def make_network(precision: str = "float32", residual: bool = False) -> keras.Model:
    keras.utils.set_random_seed(3)
    keras.config.set_dtype_policy(precision)
    image = keras.Input((24, 20, 3))
    maps = layers.Rescaling(1 / 255)(image)
    for number, filters in enumerate((8, 6), 1):
        before = maps
        maps = layers.Conv2D(filters, 3, padding="same", kernel_regularizer=keras.regularizers.L2(0.01))(maps)
        maps = layers.BatchNormalization(momentum=0.8, name=f"normalization_{number}")(maps)
        maps = layers.Activation("relu")(maps)
        if residual and number == 2:
            maps = layers.Add()([maps, layers.Conv2D(filters, 1)(before)])
        maps = layers.Dropout(0.3, seed=4)(layers.MaxPooling2D(2)(maps))
    scores = layers.Dense(3, dtype="float32", activation="softmax")(layers.GlobalAveragePooling2D()(maps))
    keras.config.set_dtype_policy("float32")
    return keras.Model(image, scores)


def learn(model: keras.Model, recomputes: bool, parts: int | None = None) -> tuple[list[bytes], numpy.ndarray]:
    """Return the bytes of all that a model knows after some steps, and what it predicts then."""
    kernels.fuse_batch_normalization(model)
    if recomputes:
        recomputation.recompute_large_maps(model)
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=parts)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    random = numpy.random.default_rng(1)
    images, labels = random.integers(0, 256, (48, 24, 20, 3), dtype=numpy.uint8), random.integers(0, 3, 48)
    model.fit(images, labels, batch_size=8, epochs=2, verbose=0, shuffle=False)
    values = [numpy.asarray(keras.ops.convert_to_numpy(one)) for one in (*model.variables, *model.optimizer.variables)]
    return [value.tobytes() for value in values], model.predict(images, verbose=0)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda values: monkeypatch.setattr(recomputation, "LARGE", values)


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("values", [24 * 20 * 8, 1])
@pytest.mark.parametrize("parts", [None, 3])
def test_what_is_learned_keeps_its_bytes(
    precision: str, values: int, parts: int | None, large: Callable[[int], None]
) -> None:
    large(values)
    kept, first = learn(make_network(precision), False, parts)
    again, second = learn(make_network(precision), True, parts)
    assert kept == again
    numpy.testing.assert_array_equal(first, second)


def test_each_block_of_large_maps_is_found_up_to_what_draws_numbers(large: Callable[[int], None]) -> None:
    large(24 * 20 * 8)
    model = make_network()
    (block,) = recomputation._find_blocks(model)
    kinds = ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"]
    assert [type(layer).__name__ for layer in block] == kinds
    large(1)
    assert len(recomputation._find_blocks(model)) == 2
    large(24 * 20 * 8 + 1)
    assert not recomputation._find_blocks(model)


def test_a_block_ends_before_a_sum_and_a_convolution_without_normalization_is_none(
    large: Callable[[int], None],
) -> None:
    large(1)
    model = make_network(residual=True)
    blocks = [[type(layer).__name__ for layer in block] for block in recomputation._find_blocks(model)]
    assert blocks == [
        ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"],
        ["Conv2D", "BatchNormalization", "Activation"],
    ]
    kept, first = learn(make_network(residual=True), False)
    again, second = learn(make_network(residual=True), True)
    assert kept == again
    numpy.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("size", "found"), [(256, ["convolution_1"]), (150, [])])
def test_of_the_networks_of_the_studies_those_on_large_images_compute_their_first_block_again(
    size: int, found: list[str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    model = validate(Model, *find_model("cnn-bn-256-gap"))
    built = network.build(model.network, (size, size, 3), 6)
    assert [block[0].name for block in recomputation._find_blocks(built)] == found


def test_a_frozen_normalization_keeps_its_maps(large: Callable[[int], None]) -> None:
    large(1)
    model = make_network()
    model.get_layer("normalization_1").trainable = False
    assert len(recomputation._find_blocks(model)) == 1
