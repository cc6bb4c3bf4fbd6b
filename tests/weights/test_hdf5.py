"""A file of weights is read for its numbers alone: what lies in other files, or is code, is not touched."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy
import pytest

from darkroom.core.backend import keras
from darkroom.core.files import sha256, write_json
from darkroom.transfer_learning import architectures, pretrained
from darkroom.weights import hdf5
from tests.support.hostile_weights import HOSTILE_WEIGHTS, claim_much
from tests.support.refusals import one_line

LAYOUTS = {"legacy.h5": "model_weights", "present.weights.h5": "layers"}
Change = Callable[[h5py.File], None]


def make_network(*more: keras.Layer) -> keras.Model:
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, name="dense"), *more])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the weights of a network in each layout."""
    folder, network = tmp_path_factory.mktemp("files"), make_network()
    network.set_weights([numpy.arange(6.0).reshape(3, 2), numpy.array([7.0, 8.0])])
    network.save(folder / "legacy.h5")
    network.save_weights(folder / "present.weights.h5")
    return folder


def changed(files: Path, folder: Path, name: str, change: Change) -> Path:
    file = Path(shutil.copy(files / name, folder))
    with h5py.File(file, "a") as opened:
        change(opened)
    return file


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_good_file_is_read(files: Path, name: str) -> None:
    network = make_network()
    hdf5.load(network, files / name)
    assert network.get_weights()[0].tolist() == [[0, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(("change", "words"), HOSTILE_WEIGHTS, ids=[change.__name__ for change, _ in HOSTILE_WEIGHTS])
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_file_that_needs_others(files: Path, tmp_path: Path, name: str, change: Change, words: str) -> None:
    file = changed(files, tmp_path, name, change)
    network = make_network()
    before = network.get_weights()
    one_line(lambda: hdf5.load(network, file), f"{file}: holds {words}, which no file of weights needs; get the file")
    assert all((old == new).all() for old, new in zip(before, network.get_weights(), strict=True))


@pytest.mark.parametrize(("name", "group"), LAYOUTS.items())
def test_more_numbers_than_the_memory_takes(files: Path, tmp_path: Path, name: str, group: str) -> None:
    file = changed(files, tmp_path, name, lambda opened: claim_much(opened[group]))
    one_line(lambda: hdf5.load(make_network(), file), f"{file}: holds 1 weights more than")


def test_code_beside_the_weights_is_not_run(tmp_path: Path) -> None:
    canary, file = tmp_path / "canary", tmp_path / "whole.h5"
    hostile = keras.layers.Lambda(eval(f"lambda x: open({str(canary)!r}, 'w').close() or x"), output_shape=(2,))
    make_network(hostile).save(file)
    keras.saving.load_model(file, safe_mode=False)(numpy.zeros((1, 3)))
    assert canary.exists()  # it is a dangerous one
    canary.unlink()
    network = make_network()
    hdf5.load(network, file)
    network(numpy.zeros((1, 3)))
    assert not canary.exists()


def test_a_backbone_from_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    file = folder / "backbone.weights.h5"
    architectures.build("MobileNet", 0.25, (32, 32, 3)).save_weights(file)
    change, words = HOSTILE_WEIGHTS[0]
    with h5py.File(file, "a") as opened:
        change(opened)
    known = {"architecture": "MobileNet", "alpha": 0.25, "weights_sha256": sha256(file)}
    write_json(folder / "backbone.json", known)
    one_line(lambda: pretrained.load_backbone(folder, (32, 32, 3)), f"{file}: holds {words}, which no file")
