"""Exported models predict, in their own runtimes, what the Keras model predicts."""

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from darkroom.apps import export
from darkroom.core import runtime
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.networks.ensemble import combine
from darkroom.params.model import Runtime
from tests.support.brightness import sigmoid_network
from tests.support.trained_folders import (
    CLASSES,
    SIZE,
    residual_network,
    scratch_network,
    transfer_network,
    write_model,
)

# TensorFlow takes its threads once, before it computes anything: so now, before any test of any file runs.
runtime.start(Runtime(seed=13, threads=1, backend="tensorflow"))

NETWORKS: dict[str, Callable[..., keras.Model]] = {
    "scratch": scratch_network,
    "transfer": transfer_network,
    "residual": residual_network,
}
ENDINGS = {"onnx": ".onnx", "tflite": ".tflite", "savedmodel": "", "openvino": ".xml"}
CLOSE = {"openvino": 1e-5}
"""How near the probabilities are, where they are nearer than 1e-4."""
needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "tf2onnx", "onnxruntime")),
    reason="onnx, tf2onnx and onnxruntime are not installed",
)
needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is not installed")
EVERY_FORMAT = [
    pytest.param("onnx", marks=needs_onnx),
    "tflite",
    "savedmodel",
    pytest.param("openvino", marks=needs_openvino),
]


def images(count: int, channels: int = 3) -> numpy.ndarray:
    """Images of noise on different grounds, so that their classes differ."""
    generator = numpy.random.default_rng(11)
    ground = generator.uniform(0, 255, (count, 1, 1, channels))
    return (ground + generator.normal(0, 40, (count, SIZE, SIZE, channels))).clip(0, 255).astype("float32")


def run_exported(path: Path, batch: numpy.ndarray) -> numpy.ndarray:
    """What the exported model gives, computed without Keras."""
    if path.suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options)
        assert [(entry.name, entry.type) for entry in session.get_inputs()] == [("image", "tensor(float)")]
        return session.run(None, {"image": batch})[0]
    if path.suffix == ".xml":
        import openvino

        (found,) = openvino.Core().read_model(path).inputs
        assert found.get_names() == {"image"} and str(found.element_type) == "<Type: 'float32'>"
        exact = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        return openvino.compile_model(path, "CPU", exact)(batch)[0]
    import tensorflow

    if path.is_dir():
        loaded = tensorflow.saved_model.load(path)
        return loaded.serve(batch).numpy()
    with pytest.warns(UserWarning, match="deprecated"):
        interpreter = tensorflow.lite.Interpreter(model_path=str(path))
    (given,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert given["dtype"] == numpy.float32 and list(given["shape_signature"]) == [-1, *batch.shape[1:]]
    interpreter.resize_tensor_input(given["index"], batch.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given["index"], batch)
    interpreter.invoke()
    return interpreter.get_tensor(result["index"])


@pytest.mark.parametrize("form", EVERY_FORMAT)
@pytest.mark.parametrize("kind", [*NETWORKS, "ensemble"])
def test_the_exported_model_predicts_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, form: str
) -> None:
    made = NETWORKS[kind]() if kind in NETWORKS else combine({name: make() for name, make in NETWORKS.items()}, True)
    folder = write_model(tmp_path / "models/cnn", made, note="synthetic images", resize="pad")
    out = tmp_path / f"sent/cnn{ENDINGS[form]}"
    export.main([str(folder), "--format", form, "--out", str(out)])
    line = capsys.readouterr().out
    assert line.count("\n") == 1 and line.startswith(f"{out}: 0.") and " MB" in line
    shutil.move(folder, tmp_path / "gone")
    keras_model = keras.saving.load_model(tmp_path / "gone/model.keras")
    for count in (1, 5):
        expected = numpy.asarray(keras_model.predict_on_batch(images(count)))
        assert run_exported(out, images(count)) == pytest.approx(expected, abs=CLOSE.get(form, 1e-4))
    assert numpy.ptp(expected, axis=0).max() > 0.2, "images of one prediction would prove nothing"
    assert json.loads((tmp_path / "sent/cnn.json").read_text(encoding="utf-8")) == {
        "classes": CLASSES,
        "size": SIZE,
        "profiles": "ignore",
        "whole": None,
        "fraction": None,
        "resize": "pad",
        "filter": "bicubic",
        "mode": "RGB",
        "note": "synthetic images",
    }
    weights = ["cnn.bin"] if form == "openvino" else []
    assert sorted(path.name for path in out.parent.iterdir()) == sorted([out.name, *weights, "cnn.json"])


@pytest.mark.parametrize("form", EVERY_FORMAT)
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_model_in_bfloat16_is_exported_in_float32(tmp_path: Path, kind: str, form: str) -> None:
    exact = NETWORKS[kind]()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = NETWORKS[kind]()
    finally:
        keras.config.set_dtype_policy("float32")
    assert model.layers[-2].compute_dtype == "bfloat16"
    folder = write_model(tmp_path / "models/cnn", model)
    out = tmp_path / f"cnn{ENDINGS[form]}"
    export.main([str(folder), "--format", form, "--out", str(out)])
    batch = images(5)
    found, expected = run_exported(out, batch), numpy.asarray(exact.predict_on_batch(batch))
    rounded = numpy.asarray(model.predict_on_batch(batch))
    assert found == pytest.approx(rounded, abs=0.05)
    assert numpy.abs(found - expected).max() < 1e-3 < numpy.abs(rounded - expected).max()


@pytest.mark.parametrize("form", EVERY_FORMAT)
def test_of_one_probability_both_classes_are_exported(tmp_path: Path, form: str) -> None:
    folder = write_model(tmp_path / "models/cnn", sigmoid_network(SIZE), ["dark", "bright"])
    out = tmp_path / f"cnn{ENDINGS[form]}"
    export.main([str(folder), "--format", form, "--out", str(out)])
    bright = numpy.asarray(keras.saving.load_model(folder / "model.keras").predict_on_batch(images(5)))
    assert run_exported(out, images(5)) == pytest.approx(numpy.hstack([1 - bright, bright]), abs=1e-4)
    assert numpy.ptp(bright) > 0.01


def test_a_grey_model_goes_to_the_default_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "models/intel/grey", scratch_network(channels=1))
    monkeypatch.chdir(tmp_path)
    for _ in range(2):  # the second replaces the first
        export.main(["grey", "--format", "savedmodel"])
    assert sorted(path.as_posix() for path in Path("exports").iterdir()) == ["exports/grey", "exports/grey.json"]
    assert sorted(path.name for path in Path("models/intel/grey").iterdir()) == [
        "model.keras",
        "summary.json",
        "view.json",
    ]
    expected = keras.saving.load_model("models/intel/grey/model.keras").predict_on_batch(images(2, 1))
    assert run_exported(Path("exports/grey"), images(2, 1)) == pytest.approx(numpy.asarray(expected), abs=1e-4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose folder no test changes."""
    return write_model(tmp_path_factory.mktemp("models") / "cnn", scratch_network())


@pytest.mark.parametrize(
    ("form", "out", "line"),
    [
        ("onnx", "cnn.bin", r"cnn\.bin: the name of this format must end in \.onnx"),
        ("tflite", "taken.tflite", r"taken\.tflite: is a folder"),
        ("savedmodel", "file", "file: is a file"),
        pytest.param("openvino", "mine.xml", r"mine\.bin: is there, and would be lost", marks=needs_openvino),
        ("savedmodel", "photos", "photos: holds other files, which would be lost"),
    ],
)
def test_what_is_there_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path, form: str, out: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("taken.tflite/a.txt", "photos/a.jpg", "file", "mine.bin"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=line):
        export.main([str(model), "--format", form, "--out", out])
    assert sorted(tmp_path.rglob("*")) == before


def test_the_models_folder_stays_as_dvc_knows_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model)
    for out in (model / "view.tflite", Path("view.tflite"), Path("deep/view.tflite")):
        with pytest.raises(UserError, match="is in the model's folder, whose content DVC tracks"):
            export.main([".", "--format", "tflite", "--out", str(out)])
    assert len(list(model.iterdir())) == 3


@pytest.mark.parametrize(("form", "package"), [("onnx", "tf2onnx"), ("openvino", "openvino")])
def test_a_missing_package_is_named(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, package: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(export, "find_spec", lambda name: None if name == package else find(name))
    wanted = rf"^--format {form} needs the package .*{package}; run python -m pip install .*{package}, or choose"
    with pytest.raises(UserError, match=wanted):
        export.main([str(model), "--format", form, "--out", str(tmp_path / f"cnn{ENDINGS[form]}")])
    assert not list(tmp_path.iterdir())


@needs_openvino
def test_a_failure_after_the_weights_are_written_leaves_none(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: keras.Model, place: str, **__: object) -> None:
        Path(place).with_suffix(".bin").write_bytes(b"weights")
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(keras.Model, "export", stop)
    with pytest.raises(UserError, match=r"cannot be written as openvino \(the disk is full\)"):
        export.main([str(model), "--format", "openvino", "--out", str(tmp_path / "cnn.xml")])
    assert not list(tmp_path.iterdir())


@needs_openvino
def test_nobody_is_told_of_an_export(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[object] = []
    monkeypatch.delitem(sys.modules, "openvino_telemetry", raising=False)

    def look(_: keras.Model, place: str, **__: object) -> None:
        found.append(sys.modules["openvino_telemetry"])
        for ending in (".xml", ".bin"):
            Path(place).with_suffix(ending).touch()

    monkeypatch.setattr(keras.Model, "export", look)
    export.main([str(model), "--format", "openvino", "--out", str(tmp_path / "cnn.xml")])
    assert found == [None], "an import of it fails"


def test_what_the_converter_refuses_gives_one_line_and_leaves_nothing(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no kernel\nfor this operation")

    monkeypatch.setattr(keras.Model, "export", refuse)
    for form, ending in ENDINGS.items():
        if form in ("tflite", "savedmodel"):
            with pytest.raises(UserError, match=r"model\.keras: cannot be written as \w+ \(no kernel for this op"):
                export.main([str(model), "--format", form, "--out", str(tmp_path / f"cnn{ending}")])
    assert not list(tmp_path.iterdir())


def test_a_damaged_model_gives_one_line_and_leaves_nothing(tmp_path: Path, model: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "cnn")
    whole = (folder / "model.keras").read_bytes()
    (folder / "model.keras").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cnn/model\.keras: not a whole Keras model \(.*\); copy the model's folder"):
        export.main([str(folder), "--format", "tflite", "--out", str(tmp_path / "cnn.tflite")])
    assert [path.name for path in tmp_path.iterdir()] == ["cnn"]
