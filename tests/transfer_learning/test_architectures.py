"""Every backbone that params.yaml may name can be built, and is given images as its authors gave them."""

import inspect
from pathlib import Path
from typing import get_args

import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.params.backbone import PACKAGED, SCALABLE, Architecture
from darkroom.transfer_learning import architectures, efficientnet_lite

NAMES = get_args(Architecture)
IMAGES = numpy.random.default_rng(1).integers(0, 256, (2, 5, 4, 3), dtype="uint8")
SMALL = (64, 64, 3)


def prepared(architecture: str) -> keras.Model:
    """A model that does nothing but prepare images of any size."""
    image = outputs = keras.Input((None, None, 3), dtype="uint8")
    for step in architectures.make_preprocessing(architecture):
        outputs = step(outputs)
    return keras.Model(image, outputs)


def expected(architecture: str) -> numpy.ndarray:
    """What the architecture's own preparation makes of the images."""
    images = IMAGES.astype("float32")
    if architecture in PACKAGED:
        return (images - 127) / 128
    return inspect.getmodule(getattr(keras.applications, architecture)).preprocess_input(images)


def test_names_are_those_of_keras_and_the_one_built_here() -> None:
    assert set(NAMES) == {name for name in dir(keras.applications) if name[0].isupper()} | set(PACKAGED)
    assert len({name.lower() for name in NAMES}) == len(NAMES)


def test_scalable_are_those_that_take_an_alpha() -> None:
    functions = {name: getattr(keras.applications, name) for name in NAMES if name not in PACKAGED}
    assert {name for name, made in functions.items() if "alpha" in inspect.signature(made).parameters} == set(SCALABLE)


@pytest.mark.parametrize("architecture", NAMES)
def test_preprocessing_is_the_authors(architecture: str) -> None:
    outputs = numpy.asarray(prepared(architecture)(IMAGES))
    wanted = expected(architecture)
    assert outputs.shape == wanted.shape
    assert numpy.abs(outputs - wanted).max() <= 1e-5 * numpy.abs(wanted).max()


@pytest.mark.parametrize("architecture", ["EfficientNetB0", "MobileNetV2", "DenseNet121", "ResNet50", *PACKAGED])
def test_preprocessing_outlives_a_keras_file(architecture: str, tmp_path: Path) -> None:
    model = prepared(architecture)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    numpy.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))


def test_preprocessing_keeps_its_precision_under_another_policy() -> None:
    exact = numpy.asarray(prepared("DenseNet121")(IMAGES))
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        numpy.testing.assert_array_equal(prepared("DenseNet121")(IMAGES), exact)
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("architecture", "alpha", "features"),
    [
        ("EfficientNetB0", None, 1280),
        ("MobileNetV2", 0.35, 1280),
        ("MobileNetV3Small", 0.75, 432),
        *((name, None, 1280) for name in PACKAGED),
    ],
)
def test_networks_have_no_top_and_the_same_names_each_time(
    architecture: str, alpha: float | None, features: int
) -> None:
    networks = [architectures.build(architecture, alpha, SMALL) for _ in range(2)]
    names = [[operation.name for operation in network.operations] for network in networks]
    assert names[0] == names[1]
    assert len(set(names[0])) == len(names[0])
    assert networks[0].name == architecture.lower()
    assert networks[0].output_shape == (None, 2, 2, features)


@pytest.mark.parametrize("architecture", ["EfficientNetB0", "EfficientNetV2B0"])
def test_renaming_leaves_the_graph_as_it_is(architecture: str) -> None:
    """Keras chooses the preprocessing inside EfficientNetV2 by the name of the network."""
    network = architectures.build(architecture, None, SMALL)
    original = getattr(keras.applications, architecture)(include_top=False, weights=None, input_shape=SMALL)
    for mine, theirs in zip(network.layers, original.layers, strict=True):
        assert type(mine) is type(theirs)
        assert getattr(mine, "input_mean", None) == getattr(theirs, "input_mean", None)
    original.set_weights(network.get_weights())
    images = numpy.random.default_rng(0).uniform(0, 255, (1, *SMALL)).astype("float32")
    numpy.testing.assert_array_equal(network(images), original(images))


@pytest.mark.parametrize(
    ("architecture", "alpha", "shape", "words"),
    [
        ("InceptionV3", None, (20, 20, 3), "images of 20x20 are too small for InceptionV3, which needs at least 75x75"),
        ("Xception", None, (70, 70, 3), "images of 70x70 are too small for Xception, which needs at least 71x71"),
        (
            "NASNetMobile",
            None,
            (31, 31, 3),
            "too small for NASNetMobile, which needs at least 32x32; use a larger view",
        ),
        ("MobileNetV3Small", 1.0, (8, 8, 3), "too small for MobileNetV3Small, which needs at least 32x32"),
        (
            "EfficientNetB0",
            None,
            (64, 64, 1),
            "1 channel: EfficientNetB0 takes 3, red, green and blue; use a view with",
        ),
        (PACKAGED[0], None, (64, 64, 1), "1 channel: EfficientNetLite0 takes 3"),
        ("MobileNet", 0.001, (64, 64, 3), "MobileNet cannot be built for images of 64x64 and alpha 0.001"),
    ],
)
def test_what_cannot_be_built_is_one_line(
    architecture: str, alpha: float | None, shape: tuple[int, int, int], words: str
) -> None:
    with pytest.raises(UserError) as caught:
        architectures.build(architecture, alpha, shape)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lite_is_rescaled_as_its_module_says() -> None:
    for name in PACKAGED:
        assert architectures.find_affine(name) == (False, efficientnet_lite.PREPROCESSING)
