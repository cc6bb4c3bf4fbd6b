"""Fine-tunes of models without a backbone, and on images of another size."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from benchmarks.project import edit
from darkroom.core.backend import keras
from darkroom.core.provenance import NOTES
from darkroom.networks.network_file import load_network
from stages import finetune, train
from tests.support.learning import ARGUMENTS, NETWORK, model, write_view
from tests.support.refusals import one_line
from tests.support.small_study import FIT

pytestmark = pytest.mark.slow

TUNED = {"base": "cnn", "view": "intel-256", "unfreeze": "all", "training": {**FIT, "epochs": 2}}
AVERAGING = {**NETWORK, "head": {**NETWORK["head"], "pooling": "global-average"}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """A view at two sizes, and a network trained on the smaller one."""
    folder = tmp_path_factory.mktemp("made")
    write_view(folder / "view")
    for file in write_view(folder / "large").glob("t*.npy"):
        if "labels" not in file.name:
            numpy.save(file, numpy.load(file).repeat(2, axis=1).repeat(2, axis=2)[:, :20, :20])
    return folder


@pytest.fixture
def folder(made: Path, project: Callable[..., Path]) -> Path:
    """A working folder with these, whose params.yaml has fine-tunes of the network."""
    folder = project({**model({}, **AVERAGING), "finetunes.tuned": TUNED})
    edit(folder, {"models.cnn.view": "intel-150"})
    for name in ("view", "large"):
        (folder / name).symlink_to(made / name)
    if not (made / "cnn").exists():
        train.main([*ARGUMENTS, "--out", str(made / "cnn")])
    (folder / "cnn").symlink_to(made / "cnn")
    return folder


def tuned(out: str = "tuned", view: str = "large") -> Path:
    arguments = ["tuned", "--model", "tuned", "--replicate", "1", "--view", view, "--base", "cnn", "--out", out]
    finetune.main([*arguments, "--images-are", "drawn"])
    return Path(out)


def change(folder: Path, **changes: Any) -> None:
    edit(folder, {f"finetunes.tuned.{name}": value for name, value in changes.items()})


def test_the_whole_network_is_trained_on_at_another_size_to_the_same_bytes(folder: Path) -> None:
    first, again = tuned(), tuned("again")
    assert (first / "model.keras").read_bytes() == (again / "model.keras").read_bytes()
    base, network = load_network(Path("cnn")), load_network(first)
    assert (base.input_shape, network.input_shape) == ((None, 12, 12, 3), (None, 20, 20, 3))
    assert isinstance(network, keras.Sequential)
    changed = [not numpy.array_equal(*pair) for pair in zip(base.get_weights(), network.get_weights(), strict=True)]
    assert sum(changed) == len(changed) - 3  # all but the statistics of the normalization of pixels
    history, summary = pandas.read_csv(first / "history.csv"), json.loads((first / "summary.json").read_text())
    assert history["val_accuracy"].iloc[-1] > 0.8
    before = json.loads(Path("cnn/summary.json").read_text())
    for name in ("train_images", "validation_images", "split_seed", "weights"):
        assert summary[name] == before[name]
    used = summary["hyperparameters"]
    assert (used["view"], used["unfreeze"], used["network.head.pooling"]) == ("intel-256", "all", "global-average")
    assert "backbone" not in summary
    assert summary["note_on_images"] == NOTES["drawn"]


def test_the_last_layers_alone_are_trained_and_what_is_before_them_is_kept(folder: Path) -> None:
    change(folder, unfreeze=4, view=None)
    base, network = load_network(Path("cnn")), load_network(tuned(view="view"))
    assert [layer.name for layer in network.layers if layer.trainable_weights] == ["dense_1", "probabilities"]
    for before, after in zip(base.layers, network.layers, strict=True):
        same = all(map(numpy.array_equal, before.get_weights(), after.get_weights()))
        assert same == (not after.trainable_weights)
    assert json.loads(Path("tuned/summary.json").read_text())["hyperparameters"]["view"] == "intel-150"


def test_what_does_not_fit_is_one_line(folder: Path) -> None:
    change(folder, unfreeze="nothing")
    one_line(tuned, "finetunes.tuned: unfreeze: 'nothing': network has no such layer; give the number of last layers")
    change(folder, unfreeze="all", view=None)
    one_line(tuned, "finetunes.tuned: cnn: the model takes images of (12, 12, 3), but large has (20, 20, 3)")
