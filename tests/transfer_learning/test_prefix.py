"""Where a network is cut: behind its frozen layers, however nested, and before whatever changes from epoch to epoch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.networks.network_file import load_network, save
from darkroom.params.document import load
from darkroom.params.transfer import Transfer
from darkroom.transfer_learning import architectures, backbone
from darkroom.transfer_learning.prefix import Cut, FlatNetwork, hash_network
from tests.support.small_study import OUTPUT

layers = keras.layers
HEAD = {
    "pooling": "global-average",
    "batch_normalization": {"momentum": 0.8},
    "units": [16, 8],
    "activation": "relu",
    "dropout": [0.3, 0.2],
    **OUTPUT,
}


def test_a_backbone_told_not_to_train_does_not_whatever_the_network_is_told() -> None:
    """Keras 3.15 by itself lets the outer call override it."""
    image = keras.Input((6, 6, 3))
    inner = keras.Model(image, layers.BatchNormalization()(layers.Dropout(0.5)(image)))
    outer = keras.Model(image, inner(image, training=False))
    images = numpy.random.default_rng(0).normal(size=(9, 6, 6, 3)).astype("float32")
    network = FlatNetwork(outer).network
    numpy.testing.assert_array_equal(network(images, training=True), network(images, training=False))


def small(*stages: Any) -> keras.Model:
    image = outputs = keras.Input((8, 8, 3))
    for stage in stages:
        outputs = stage(outputs)
    return keras.Model(image, layers.Dense(2, name="end")(layers.Flatten()(outputs)))


def frozen(layer: keras.Layer) -> keras.Layer:
    layer.trainable = False
    return layer


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (lambda: layers.RandomFlip(name="flip"), "flip draws at random"),
        (lambda: layers.Conv2D(2, 1, name="first"), "first trains"),
        (lambda: layers.BatchNormalization(scale=False, center=False, name="follower"), "follower follows the batches"),
    ],
)
def test_what_stands_before_the_frozen_layers_switches_the_cache_off(first: Callable, why: str) -> None:
    found = FlatNetwork(small(first(), frozen(layers.Conv2D(2, 3)))).find_cut()
    assert found == why


def test_pixels_scaled_are_not_worth_keeping() -> None:
    assert FlatNetwork(small(layers.Rescaling(1 / 255), layers.Conv2D(2, 1, name="first"))).find_cut() == "first trains"


def test_a_cut_may_cross_several_tensors_of_a_nested_network() -> None:
    image = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(image)
    gate = layers.Conv2D(4, 1, name="gate")(stem)
    inner = keras.Model(
        image, layers.Add()([layers.Conv2D(4, 3, padding="same", name="deep")(gate), stem]), name="inner"
    )
    model = small(lambda tensor: inner(tensor, training=False))
    for name in ("stem", "gate"):
        inner.get_layer(name).trainable = False
    flat = FlatNetwork(model)
    cut = flat.find_cut()
    assert isinstance(cut, Cut)
    assert set(cut.layers) == {"stem", "gate"}
    images = numpy.random.default_rng(0).normal(size=(5, 8, 8, 3)).astype("float32")
    crossing = flat.before(cut).predict_on_batch(images)
    numpy.testing.assert_allclose(
        flat.behind(cut).predict_on_batch(crossing), model.predict_on_batch(images), atol=1e-6
    )


@pytest.mark.parametrize(
    ("architecture", "alpha", "size"),
    [
        ("VGG16", None, 32),
        ("MobileNetV2", 0.35, 32),
        ("MobileNetV3Small", 1.0, 32),
        pytest.param("EfficientNetV2B0", None, 32, marks=pytest.mark.slow),
        pytest.param("InceptionV3", None, 75, marks=pytest.mark.slow),
        pytest.param("Xception", None, 71, marks=pytest.mark.slow),
        pytest.param("InceptionResNetV2", None, 75, marks=pytest.mark.slow),
    ],
)
def test_networks_on_backbones_of_every_kind_are_cut_and_saved_whole(
    architecture: str, alpha: float | None, size: int, tmp_path: Path
) -> None:
    network = architectures.build(architecture, alpha, (size, size, 3))
    steps = architectures.make_preprocessing(architecture)
    design = Transfer.model_validate({"backbone": "base", "head": HEAD})
    model = backbone.build_on_backbone(design, network, steps, 3)
    names = [layer.name for layer in network.layers if layer.weights]
    backbone.unfreeze(network, names[-2])
    flat = FlatNetwork(model)
    cut = flat.find_cut()
    assert isinstance(cut, Cut)
    assert names[-2] not in cut.frozen
    images = numpy.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=numpy.uint8)
    whole = model(images, training=False)  # called, as to compile these networks for one batch would take most time
    pieces = flat.behind(cut)(flat.before(cut)(images, training=False), training=False)
    numpy.testing.assert_allclose(pieces, whole, atol=1e-5)
    save(model, tmp_path / "model.keras")
    numpy.testing.assert_allclose(load_network(tmp_path)(images, training=False), whole, atol=1e-5)


def test_the_fingerprint_follows_weights_and_connections_not_names() -> None:
    keras.utils.set_random_seed(1)

    def made(name: str) -> keras.Model:
        return small(layers.Conv2D(2, 3, name=name))

    one, other = made("one"), made("other")
    other.set_weights(one.get_weights())
    assert hash_network(one) == hash_network(other)
    other.layers[1].kernel.assign_add(other.layers[1].kernel * 1e-3)
    assert hash_network(one) != hash_network(other)
    image = keras.Input((4, 4, 1))
    halves, quarters = (keras.Model(image, image * factor) for factor in (0.5, 0.25))
    assert hash_network(halves) != hash_network(quarters)


def test_the_worksheets_counts(root: Path) -> None:
    parameters = load(root / "params.yaml")
    network = keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(180, 180, 3))
    model = backbone.build_on_backbone(parameters.models["efficientnetb0"].network, network, [], 6)

    def trainable() -> int:
        return sum(int(numpy.prod(weight.shape)) for weight in model.trainable_weights)

    assert backbone.describe(network)["output_shape"] == [6, 6, 1280]
    assert (model.count_params(), trainable()) == (4_416_297, 364_166)
    backbone.unfreeze(network, parameters.finetunes["efficientnetb0-finetuned"].unfreeze)
    assert trainable() == 1_715_126
    cut = FlatNetwork(model).find_cut()
    assert isinstance(cut, Cut)
    assert set(cut.layers) == {"block6d_se_excite", "block6c_add"}
    backbone.unfreeze(network, "block7a_expand_conv")
    assert trainable() == 1_493_558
    backbone.unfreeze(network, "all")
    assert trainable() > 4_300_000
    assert isinstance(FlatNetwork(model).find_cut(), str)
