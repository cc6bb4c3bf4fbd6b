"""A file that names what no network here is built of is refused in one line, and nothing of it is run."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy
import pytest

from darkroom.apps.model_folder import ModelFolder
from darkroom.core.backend import keras
from darkroom.networks.network_file import load_network
from tests.support.brightness import sigmoid_network
from tests.support.hostile_networks import (
    add_member_twice,
    call_function,
    change_config,
    change_weights,
    make_lambda,
    name_class,
    rewrite,
)
from tests.support.hostile_weights import HOSTILE_WEIGHTS, claim_much
from tests.support.refusals import one_line
from tests.support.trained_folders import residual_network, write_model

Layer = Callable[[Path], dict[str, Any]]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a good model."""
    folder = write_model(tmp_path_factory.mktemp("good") / "cnn", residual_network())
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path, good: dict[str, bytes]) -> Path:
    """The good model's folder, to be changed."""
    folder = tmp_path / "cnn"
    folder.mkdir()
    for name, content in good.items():
        (folder / name).write_bytes(content)
    return folder


def ways(folder: Path) -> list[Callable[[], object]]:
    """Each way in which a network is opened: by what a user runs on it, and by the stages."""
    return [lambda: ModelFolder.open(str(folder)).network(), lambda: load_network(folder)]


def refused(folder: Path, *words: str) -> None:
    """Require that each is refused in the same line, which a terminal shows as it is."""
    lines = {one_line(opening, f"{folder}/model.keras: ", *words) for opening in ways(folder)}
    assert len(lines) == 1 and lines.pop().isprintable()


def test_a_good_file_is_opened(folder: Path) -> None:
    for opening in ways(folder):
        assert isinstance(opening(), keras.Model)


def fetch(canary: Path) -> dict[str, Any]:
    """Have Keras copy a file, as it would a download."""
    return call_function("keras.utils", "get_file", canary.name, Path(__file__).as_uri(), cache_dir=str(canary.parent))


HOSTILE: list[tuple[Layer, str]] = [
    (lambda canary: call_function("os", "system", f"touch '{canary}'"), "function system of os"),
    (lambda canary: call_function("subprocess", "call", ["touch", str(canary)]), "function call of subprocess"),
    (fetch, "function get_file of keras.utils"),
    (lambda _: call_function("keras.config", "enable_unsafe_deserialization"), "enable_unsafe_deserialization of "),
    (lambda canary: call_function("keras.models", "load_model", str(canary)), "function load_model of keras.models"),
    (make_lambda, "Lambda of keras.layers"),
    (lambda canary: {**make_lambda(canary), "module": None}, "Lambda of no module"),
    (lambda canary: {**make_lambda(canary), "module": "keras.src.layers.core.lambda_layer"}, "Lambda of keras.src"),
    (lambda canary: name_class("keras.layers", "Activation", activation=make_lambda(canary)), "Lambda of keras.layers"),
    (lambda canary: name_class("keras.layers", "TFSMLayer", filepath=str(canary)), "TFSMLayer of keras.layers"),
    (lambda _: name_class("keras.layers", "StringLookup", vocabulary="/etc/passwd"), "StringLookup of keras.layers"),
    (lambda _: name_class("mine.package", "Dense", units=2), "Dense of mine.package"),
    (lambda _: {**name_class("keras.layers", "Dense"), "class_name": ["Dense"]}, "['Dense'] of keras.layers"),
    (lambda _: {**name_class("keras", "Sequential"), "compile_config": {"optimizer": "adam"}}, "that is compiled"),
    (lambda _: {**name_class("keras", "x"), "class_name": "__keras_tensor__"}, "__keras_tensor__ of a module"),
    (lambda _: name_class("keras\x1b[31m\n", "Dense\u202e"), r"Dense\u202e of keras\x1b[31m\n"),
]


@pytest.mark.parametrize(("layer", "words"), HOSTILE, ids=[words for _, words in HOSTILE])
def test_what_no_network_is_built_of(folder: Path, tmp_path: Path, layer: Layer, words: str) -> None:
    canary = tmp_path / "canary"
    hostile = layer(canary)
    change_config(folder / "model.keras", lambda config: config["config"]["layers"].append(hostile))
    refused(folder, "config.json names ", words, "the file is not opened; give a model that Darkroom trained")
    assert not canary.exists() and not (tmp_path / "datasets").exists()
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.saving.deserialize_keras_object(make_lambda(canary))  # which is still refused


def test_code_of_the_reader_himself_is_not_called_by_a_registered_name(folder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    @keras.saving.register_keras_serializable("mine")
    class Canary(keras.layers.Dense):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            canary.touch()

    hostile = name_class("keras.layers", "Dense", "mine>Canary", units=2)
    keras.saving.deserialize_keras_object(hostile)
    assert canary.exists()  # it is a dangerous one
    canary.unlink()
    change_config(folder / "model.keras", lambda config: config["config"]["layers"].append(hostile))
    refused(folder, "config.json names Dense registered as mine>Canary")
    assert not canary.exists()


def test_code_in_a_file_of_the_older_format(folder: Path, tmp_path: Path) -> None:
    canary, old = tmp_path / "canary", tmp_path / "old.h5"
    layer = keras.layers.Lambda(eval(f"lambda x: open({str(canary)!r}, 'w').close() or x"), output_shape=(2,))
    keras.Sequential([keras.layers.Input((2,)), layer]).save(old)
    keras.saving.load_model(old, safe_mode=False)(numpy.zeros((1, 2)))
    assert canary.exists()  # it is a dangerous one
    canary.unlink()
    old.replace(folder / "model.keras")
    for opening in ways(folder):
        one_line(opening, f"{folder}/model.keras: no")
    old.write_bytes((folder / "model.keras").read_bytes())
    one_line(lambda: ModelFolder.open(str(old)), "old.h5: not a model: give a model's folder")
    assert not canary.exists()


@pytest.mark.parametrize("name", ["assets/x.txt", "../evil", "/evil", "model.weights.npz", "config.json\x1b[0m"])
def test_files_that_no_network_has(folder: Path, name: str) -> None:
    rewrite(folder / "model.keras", {name: b"x"})
    refused(folder, "it holds '", name.replace("\x1b", r"\\x1b"))


def test_a_file_twice(folder: Path) -> None:
    add_member_twice(folder / "model.keras", "config.json")
    refused(folder, "it holds two files of one name")


def test_files_that_unpack_to_more(folder: Path) -> None:
    rewrite(folder / "model.keras", {"config.json": b"0" * (1 << 20)}, zipfile.ZIP_DEFLATED)
    refused(folder, "config.json in it is compressed or encrypted")


def test_a_description_that_is_too_large(folder: Path) -> None:
    rewrite(folder / "model.keras", {"metadata.json": b"0" * (1 << 17)})
    refused(folder, "metadata.json in it has 131,072 bytes")


@pytest.mark.parametrize("text", ["[]", "{}", '"x"', json.dumps({"class_name": "Dense", "module": "keras.layers"})])
def test_a_configuration_of_no_network(folder: Path, text: str) -> None:
    rewrite(folder / "model.keras", {"config.json": text.encode()})
    refused(folder, "config.json names no network")


@pytest.mark.parametrize("text", ["[" * 100_000, "{", "", "\xff"])
def test_a_configuration_that_is_none(folder: Path, text: str) -> None:
    rewrite(folder / "model.keras", {"config.json": text.encode("latin-1")})
    for opening in ways(folder):
        one_line(opening, f"{folder}/model.keras: no", "whole Keras model (")


def widen(key: str, value: Any, kind: str) -> Callable[[dict[str, Any]], None]:
    def change(config: dict[str, Any]) -> None:
        for layer in config["config"]["layers"]:
            if layer["class_name"] == kind:
                layer["config"][key] = value

    return change


def test_layers_that_need_more_weights_than_the_file_has(folder: Path) -> None:
    change_config(folder / "model.keras", widen("units", 1 << 40, "Dense"))
    refused(folder, "its layers need more than the 3,", " weights that it holds")


def test_layers_that_put_out_too_much(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "cnn", sigmoid_network(8), ["dark", "bright"])
    change_config(folder / "model.keras", widen("batch_shape", [None, 1 << 16, 1 << 16, 3], "InputLayer"))
    refused(folder, "a layer of it puts out 12,884,901,888 numbers for an image")


@pytest.mark.parametrize(("change", "words"), HOSTILE_WEIGHTS, ids=[change.__name__ for change, _ in HOSTILE_WEIGHTS])
def test_weights_that_lie_elsewhere(folder: Path, change: Callable[[h5py.File], None], words: str) -> None:
    change_weights(folder / "model.keras", change)
    refused(folder, "model.weights.h5: holds ", words)


def test_weights_that_claim_to_be_many(folder: Path) -> None:
    change_weights(folder / "model.keras", claim_much)
    refused(folder, "model.weights.h5 says that it holds 1,099,511,6", " numbers, more than the file has bytes")
