"""A training's name is another for each other thing that its bytes depend on, and the same for the same."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from darkroom.core import runtime, scratch
from darkroom.core.backend import keras
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.shards import open_view
from darkroom.params.model import Runtime
from darkroom.params.training import Training
from darkroom.training import backups, identity
from darkroom.training.backups import Backup, State
from darkroom.training.identity import Origin
from tests.support.learning import AUGMENTATION, TRAINING, write_view
from tests.support.small_study import STOP

SETTINGS = Runtime(seed=13, threads=1, backend="tensorflow")


def network() -> keras.Model:
    keras.utils.clear_session()  # which counts the names of layers
    runtime.start(SETTINGS)
    image = keras.Input((12, 12, 3))
    outputs = keras.layers.Dropout(0.1)(keras.layers.Flatten()(image))
    return keras.Model(image, keras.layers.Dense(2, activation="softmax")(outputs))


class Case:
    """A training whose name is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.model, self.facts = folder, network(), {"seed": 13}
        self.train, self.settings = dict(TRAINING), SETTINGS
        self.rows = [numpy.arange(60), numpy.arange(60, 80)]

    def name(self) -> str:
        view, fit = open_view(self.folder), Training(**self.train)
        train, validation = (Batches(view.read_learning, view.learning_labels(), rows, 16, 1, 13) for rows in self.rows)
        origin = Origin(self.model, view, self.settings, self.facts)
        return identity.identify(self.model, train, validation, fit, origin)


def weights(case: Case) -> None:
    case.model.layers[-1].bias.assign([1, 0])


def draws(case: Case) -> None:
    case.model.layers[2].seed_generator.state.assign([1, 0])


def rate_of_a_layer(case: Case) -> None:
    case.model.layers[2].rate = 0.2


def parameter(case: Case) -> None:
    case.train["learning_rate"] = 0.01


def augmentation(case: Case) -> None:
    case.train["augmentation"] = AUGMENTATION


def callback(case: Case) -> None:
    case.train["callbacks"] = [{**STOP, "patience": 3}]


def rows(case: Case) -> None:
    case.rows = [numpy.arange(61), numpy.arange(61, 80)]


def labels(case: Case) -> None:
    numpy.save(case.folder / "train-labels.npy", 1 - numpy.load(case.folder / "train-labels.npy"))


def a_pixel(case: Case) -> None:
    pixels = numpy.load(case.folder / "train.npy")
    pixels[0, 0, 0, 0] ^= 1
    numpy.save(case.folder / "train.npy", pixels)


def classes(case: Case) -> None:
    (case.folder / "view.json").write_text(json.dumps({"classes": ["light", "dark"]}))


def threads(case: Case) -> None:
    case.settings = Runtime(seed=13, threads=2, backend="tensorflow")


def facts(case: Case) -> None:
    case.facts = {"seed": 14}


CHANGES = [weights, draws, rate_of_a_layer, parameter, augmentation, callback, rows, labels, a_pixel, classes, threads]


@pytest.mark.parametrize("change", [*CHANGES, facts])
def test_each_change_gives_another_name(tmp_path: Path, change: Callable[[Case], None]) -> None:
    name = Case(write_view(tmp_path)).name()
    case = Case(tmp_path)
    assert case.name() == name
    change(case)
    assert case.name() != name


def test_other_code_or_libraries_give_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(write_view(tmp_path))
    name, code = case.name(), identity.hash_code()
    assert {"darkroom.training.identity", "darkroom.images.prepared.batches", "darkroom.core.files"} <= set(code)
    monkeypatch.setattr(identity, "hash_code", lambda: {**code, "darkroom.images.prepared.batches": "0"})
    other = case.name()
    monkeypatch.setattr(identity, "hash_code", lambda: code)
    monkeypatch.setattr(runtime, "list_versions", lambda: {"keras": "4.0"})
    assert len({name, other, case.name()}) == 3


def state() -> State:
    best = {"wait": 2, "best": float("inf"), "best_weights": [numpy.arange(3.0), numpy.zeros((2, 0))]}
    arrays = [numpy.float32([[1, 2]]), numpy.int64(7)]
    return State([{"epoch": 1, "loss": 0.1 + 0.2}], 1.5, arrays, [], [], {"EarlyStopping": best, "ModelCheckpoint": {}})


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    Backup(tmp_path / "one", "task").write(state())
    again, before = Backup(tmp_path / "one", "task").read(), state()
    assert again
    assert (again.rows, again.seconds) == (before.rows, before.seconds)
    for new, old in zip(again.variables, before.variables, strict=True):
        assert (new.dtype, new.shape) == (old.dtype, old.shape)
        numpy.testing.assert_array_equal(new, old)
    known, expected = again.callbacks["EarlyStopping"], before.callbacks["EarlyStopping"]
    assert (known["wait"], known["best"]) == (2, float("inf"))
    for new, old in zip(known["best_weights"], expected["best_weights"], strict=True):
        numpy.testing.assert_array_equal(new, old)


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda content: content[: len(content) // 2],
    lambda content: content.replace(b"0.30000000000000004", b"0.30000000000000005"),
    lambda _: b"",
    lambda _: b"PK\x05",
    lambda _: b"no archive",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_never_read(
    tmp_path: Path, damage: Callable[[bytes], bytes], capsys: pytest.CaptureFixture
) -> None:
    backup = Backup(tmp_path / "one", "task")
    backup.write(state())
    file = tmp_path / "one" / backups.FILE
    file.write_bytes(damage(file.read_bytes()))
    assert backup.read() is None
    assert "the backup is corrupt; it is thrown away" in capsys.readouterr().err
    assert not file.exists()


def test_no_two_processes_share_a_backup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DARKROOM_SCRATCH", str(tmp_path))
    with backups.open_backup("name", "first") as first, backups.open_backup("name", "second") as second:
        assert first and second is None
        first.write(state())
        scratch.trim(scratch.read_bound())
        assert (first.folder / backups.FILE).is_file(), "what a training holds is not removed to make room"
    assert not first.folder.exists()


def test_a_full_disk_means_no_backup_and_no_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(scratch, "measure_free_space", lambda: 10)
    backup = Backup(tmp_path / "one", "task")
    backup.write(state())
    assert backup.read() is None
    assert "no backup: it needs" in capsys.readouterr().err
