"""The networks of the intel study have the worksheet's shapes and counts, and their files depend on weights alone."""

from pathlib import Path

import keras
import numpy
import pytest

from darkroom.core import kernels
from darkroom.networks import layer_table, network, network_file
from darkroom.params.document import load

COUNTS = {  # ../shared/STUDIES.md, section 1
    "cnn": (565_190, 565_190),
    "cnn-bn": (567_373, 566_278),
    "cnn-bn-256-flatten": (1_615_949, 1_614_854),
    "cnn-bn-256-gap": (469_069, 467_974),
}


def built(root: Path, key: str) -> keras.Model:
    parameters = load(root / "params.yaml")
    size = parameters.views[parameters.models[key].view].size
    return network.build(parameters.models[key].network, (size, size, 3), 6)


@pytest.mark.parametrize("key", COUNTS)
def test_parameter_counts_are_the_worksheets(root: Path, key: str) -> None:
    table = layer_table.tabulate_layers(built(root, key))
    assert (table["parameters"].sum(), table["trainable_parameters"].sum()) == COUNTS[key]
    assert table["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize(("key", "features"), [("cnn", 1024), ("cnn-bn-256-flatten", 9216), ("cnn-bn-256-gap", 256)])
def test_the_pooling_gives_the_worksheets_features(root: Path, key: str, features: int) -> None:
    model = built(root, key)
    pooling = "global_average" if key.endswith("gap") else "flatten"
    assert model.get_layer(pooling).output.shape == (None, features)


def test_a_convolution_of_the_worksheets_other_figures() -> None:
    model = keras.Sequential([keras.layers.Input((28, 28, 3)), keras.layers.Conv2D(32, 3, padding="same")])
    row = layer_table.tabulate_layers(model).iloc[0]
    assert (row["output_shape"], row["parameters"]) == ("28x28x32", 896)


def test_files_are_the_same_bytes_for_the_same_weights_only(root: Path, tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    model = built(root, "cnn")
    twin = built(root, "cnn")
    twin.set_weights(model.get_weights())
    network_file.save(model, tmp_path / "one.keras")
    network_file.save(twin, tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    weights = model.get_weights()
    weights[0] = weights[0] + 1e-3
    twin.set_weights(weights)
    network_file.save(twin, tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() != (tmp_path / "two.keras").read_bytes()


def test_a_saved_network_predicts_the_same(root: Path, tmp_path: Path) -> None:
    model = built(root, "cnn-bn")
    images = numpy.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), dtype=numpy.uint8)
    network.set_normalization(model, [images])
    network_file.save(model, tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    numpy.testing.assert_array_equal(restored.predict(images, verbose=0), model.predict(images, verbose=0))


def test_normalization_equals_numpys_moments(root: Path) -> None:
    model = built(root, "cnn-bn")
    images = numpy.random.default_rng(0).integers(0, 200, (7, 150, 150, 3), dtype=numpy.uint8)
    network.set_normalization(model, [images[:4], images[4:]])
    mean, variance, count = model.get_layer("normalization").get_weights()
    scaled = images.astype("float64") / 255
    numpy.testing.assert_allclose(mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-6)
    numpy.testing.assert_allclose(variance, scaled.var(axis=(0, 1, 2)), rtol=1e-6)
    assert count == 7


@pytest.mark.parametrize("value", [7, 14, 28, 49, 255])
def test_images_of_one_colour_have_no_variance_below_zero(root: Path, value: int) -> None:
    model = built(root, "cnn-bn")
    network.set_normalization(model, [numpy.full((2, 150, 150, 3), value, dtype=numpy.uint8)])
    assert (model.get_layer("normalization").get_weights()[1] >= 0).all()


def test_fused_batch_normalization_computes_what_keras_does() -> None:
    def trained(fused: bool) -> list[numpy.ndarray]:
        keras.utils.set_random_seed(3)
        layers = keras.layers
        model = keras.Sequential(
            [layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization(momentum=0.9), layers.Flatten()]
        )
        model.add(layers.Dense(2, activation="softmax"))
        if fused:
            kernels.fuse_batch_normalization(model)
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
        images = numpy.random.default_rng(0).normal(size=(16, 8, 8, 3)).astype("float32")
        for _ in range(5):
            model.train_on_batch(images, numpy.arange(16) % 2)
        return [*model.get_weights(), model.predict(images, verbose=0)]

    for ours, keras_own in zip(trained(True), trained(False), strict=True):
        numpy.testing.assert_allclose(ours, keras_own, rtol=2e-4, atol=2e-5)
