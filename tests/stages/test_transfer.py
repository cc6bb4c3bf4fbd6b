"""Frozen layers are found, computed once, and change no result: training and evaluating are as without the cache."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from benchmarks.project import edit, leave_one_study
from darkroom.core import scratch
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.provenance import NOTES
from darkroom.networks.network_file import load_network
from darkroom.transfer_learning import backbone, features
from darkroom.transfer_learning.prefix import Cut, FlatNetwork
from stages import finetune, pretrained, transfer
from tests.conftest import ROOT
from tests.support.small_study import OUTPUT, STOP

pytestmark = pytest.mark.slow

layers = keras.layers
SIZE = 32
HEAD = {"batch_normalization": {"momentum": 0.8}, "units": [16, 8], "activation": "relu", "dropout": [0.3, 0.2]}
HEAD |= {"pooling": "global-average", **OUTPUT}
FIT: dict[str, Any] = {"optimizer": "adam", "momentum": 0, "learning_rate": 0.003, "epochs": 3, "batch_size": 16}
FIT |= {"accumulation_steps": 2, "precision": "float32", "cache_frozen": True}
FIT |= {"weight_decay": 0, "clip_norm": None, "schedule": None, "label_smoothing": 0, "mix": None}
FIT |= {"augmentation": None, "class_weights": None, "callbacks": [{**STOP, "patience": 9}]}


SMALLEST = {"architecture": "MobileNet", "alpha": 0.25, "weights": "none", "sha256": None}
GENUINE = {"architecture": "EfficientNetLite0", "alpha": None, "weights": "package", "sha256": None}
"""A backbone with ImageNet's weights, whose blocks are added to what they read."""


def parameters(
    cache: bool = True, base: dict[str, Any] = SMALLEST, unfreeze: int | str = 12, from_layer: str = "conv_pw_10"
) -> dict[str, Any]:
    """Edits of params.yaml: a small study of one model on a backbone and its fine-tune."""
    fit = {**FIT, "cache_frozen": cache}
    if base is GENUINE:  # Adam makes whole steps of what rounding leaves of a gradient near 0
        fit |= {"optimizer": "sgd", "learning_rate": 0.01}
    network = {"backbone": "base", "head": HEAD}
    model = {"view": "intel-180", "replicates": 1, "network": network, "training": {**fit, "validation_split": 0.25}}
    fine_tune = {"base": "frozen", "unfreeze": unfreeze, "training": fit}
    further = {**fine_tune, "base": "tuned", "unfreeze": from_layer}
    return {
        "backbones": {"base": base},
        "models": {"frozen": model},
        "finetunes": {"tuned": fine_tune, "further": further},
        "studies.intel.models": ["frozen", "tuned", "further"],
    }


def make(folder: Path, base: dict[str, Any]) -> Path:
    """Fill a folder with a view of bright and dark noise, a backbone, a model on it and its fine-tune."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DARKROOM_SCRATCH", str(folder / "scratch"))
        shutil.copyfile(ROOT / "params.yaml", "params.yaml")
        leave_one_study(folder)
        edit(folder, parameters(base=base))
        Path("view").mkdir()
        random = numpy.random.default_rng(0)
        labels = numpy.arange(72) % 3
        images = random.integers(0, 100, (72, SIZE, SIZE, 3)) + 70 * labels[:, None, None, None]
        numpy.save("view/train.npy", images.astype(numpy.uint8))
        numpy.save("view/train-labels.npy", labels)
        Path("view/view.json").write_text(json.dumps({"classes": ["a", "b", "c"], "size": SIZE, "mode": "RGB"}))
        pretrained.main(["base", "--out", "backbone"])
        transferred()
        fine_tuned()
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a folder, with the smallest backbone."""
    return make(tmp_path_factory.mktemp("made"), SMALLEST)


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what was made, to try things in."""
    folder = tmp_path / "project"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DARKROOM_SCRATCH", str(folder / "scratch"))
    return folder


def transferred(out: str = "frozen") -> Path:
    arguments = ["frozen", "--model", "frozen", "--replicate", "1", "--view", "view", "--backbone", "backbone"]
    transfer.main([*arguments, "--images-are", "drawn", "--out", out])
    return Path(out)


def fine_tuned(name: str = "tuned", base: str = "frozen", out: str = "tuned") -> Path:
    arguments = [name, "--model", name, "--replicate", "1", "--view", "view", "--base", base, "--out", out]
    finetune.main([*arguments, "--images-are", "drawn"])
    return Path(out)


def kept() -> list[Path]:
    return sorted(path for _, _, path in scratch.list_entries())


def summary_of(out: Path) -> dict[str, Any]:
    return json.loads((out / "summary.json").read_text())


def assert_alike(ours: Path, theirs: Path) -> None:
    """The same weights and history to 1e-4, and the same probabilities from pixels."""
    one, other = load_network(ours), load_network(theirs)
    for mine, yours in zip(one.get_weights(), other.get_weights(), strict=True):
        numpy.testing.assert_allclose(mine, yours, atol=1e-4)
    histories = [pandas.read_csv(out / "history.csv") for out in (ours, theirs)]
    numpy.testing.assert_allclose(*histories, atol=1e-4)
    images = numpy.load("view/train.npy")[:8]
    numpy.testing.assert_allclose(one.predict_on_batch(images), other.predict_on_batch(images), atol=1e-4)


def test_training_on_kept_features_equals_training_from_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(make(tmp_path, GENUINE))
    monkeypatch.setenv("DARKROOM_SCRATCH", str(tmp_path / "scratch"))
    assert len(kept()) == 2
    shutil.rmtree(scratch.find_folder())
    edit(tmp_path, parameters(cache=False, base=GENUINE))
    assert_alike(Path("frozen"), transferred("plain"))
    assert_alike(Path("tuned"), fine_tuned(base="plain", out="plain-tuned"))
    assert kept() == []
    pairs = zip(load_network(Path("tuned")).get_weights(), load_network(Path("frozen")).get_weights(), strict=True)
    assert max(numpy.abs(tuned - base).max() for tuned, base in pairs) > 1e-3
    assert all("ImageNet" in summary_of(Path(out))["weights"] for out in ("frozen", "tuned"))
    assert all(summary_of(Path(out))["note_on_images"] == NOTES["drawn"] for out in ("plain", "plain-tuned"))


def test_evaluation_from_pixels_equals_evaluation_from_the_kept_features(folder: Path) -> None:
    whole, pixels = load_network(Path("frozen")), numpy.load("view/train.npy")[:8]
    from_pixels = whole.predict_on_batch(pixels)
    flat = FlatNetwork(whole)
    cut = flat.find_cut()
    assert isinstance(cut, Cut)
    compared = 0
    for place in kept():
        given = features.Features(cut, place, 72).reader()(numpy.arange(8))
        if given[0].shape[1:] == cut.tensors[0].shape[1:]:
            numpy.testing.assert_allclose(flat.behind(cut).predict_on_batch(given), from_pixels, atol=1e-5)
            compared += 1
    assert compared == 1


def require_same_bytes(one: Path, other: Path) -> None:
    for file in ("model.keras", "history.csv", "layers.csv", "summary.json", "view.json"):
        assert (one / file).read_bytes() == (other / file).read_bytes(), (one, other, file)


def test_two_trainings_give_the_same_bytes_whether_or_not_features_are_kept(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """And the fine-tune finds what its base computed."""
    shutil.rmtree(scratch.find_folder())
    require_same_bytes(Path("frozen"), transferred("frozen-computed"))
    assert "for tuned: what 7" in capfd.readouterr().err
    before = {path: path.stat().st_ino for path in kept()}
    require_same_bytes(Path("tuned"), fine_tuned(out="tuned-found"))
    assert "is kept in" in capfd.readouterr().err
    assert {path: path.stat().st_ino for path in kept()} == before
    require_same_bytes(Path("frozen"), transferred("frozen-found"))
    shutil.rmtree(scratch.find_folder())
    require_same_bytes(Path("tuned"), fine_tuned(out="tuned-computed"))


def test_changed_pixels_and_damaged_features_are_never_trusted(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for path in kept():
        file = path / "0.npy"
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
    capfd.readouterr()
    transferred()
    assert "computed once" in capfd.readouterr().err
    images = numpy.load("view/train.npy")
    images[0, 0, 0, 0] ^= 1
    numpy.save("view/train.npy", images)
    count = len(kept())
    transferred()
    assert "computed once" in capfd.readouterr().err
    assert len(kept()) > count


def test_features_stay_within_the_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_SCRATCH_GIB", "0.0000001")
    shutil.rmtree(scratch.find_folder())
    other = scratch.find_folder().parent / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("a user's own file")
    transferred()
    assert kept() == []
    assert (other / "chapter.txt").exists()
    monkeypatch.setenv("DARKROOM_SCRATCH_GIB", "much")
    with pytest.raises(UserError, match=r"DARKROOM_SCRATCH_GIB: 'much': give a number of GiB"):
        transferred()


def test_a_full_disk_is_told_before_anything_is_computed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(scratch.find_folder())
    shutil.rmtree("frozen")
    monkeypatch.setattr(scratch, "measure_free_space", lambda: 1000)
    with pytest.raises(
        UserError, match=r"^models\.frozen: .*needs \d.* MB .*DARKROOM_SCRATCH, or .*cache_frozen: false"
    ):
        transferred()
    assert kept() == []
    assert not Path("frozen").exists()


def test_a_fine_tune_leaves_its_base_and_may_start_from_a_fine_tune(folder: Path) -> None:
    base, tuned = Path("frozen"), Path("tuned")
    bytes_before = {file: file.read_bytes() for out in (base, tuned) for file in out.iterdir()}
    further = fine_tuned("further", "tuned", "further")
    assert {file: file.read_bytes() for out in (base, tuned) for file in out.iterdir()} == bytes_before
    summaries = [summary_of(out) for out in (base, tuned, further)]
    counts = [summary["trainable_parameters"] for summary in summaries]
    assert counts[0] < counts[1] < counts[2]
    assert {summary["parameters"] for summary in summaries} == {summaries[0]["parameters"]}
    assert {summary["train_images"] for summary in summaries} == {54}
    assert [summary.get("base") for summary in summaries] == [None, "frozen", "tuned"]
    inherited = ("view", "network.backbone", "training.validation_split")
    used = [[summary["hyperparameters"][name] for name in inherited] for summary in summaries]
    assert used[0] == used[1] == used[2]
    assert {summary["weights"] for summary in summaries} == {"random, seed 13"}


def test_batch_normalization_of_the_backbone_stays_as_it_was(folder: Path) -> None:
    base, tuned = load_network(Path("frozen")), load_network(Path("tuned"))
    trained = [layer for layer in backbone.find_backbone(tuned).layers if layer.trainable_weights]
    assert any(isinstance(layer, layers.BatchNormalization) for layer in trained)
    for before, after in zip(backbone.find_backbone(base).layers, backbone.find_backbone(tuned).layers, strict=True):
        if isinstance(before, layers.BatchNormalization):
            numpy.testing.assert_array_equal(before.moving_mean, after.moving_mean)
            numpy.testing.assert_array_equal(before.moving_variance, after.moving_variance)


def test_layers_that_are_not_there_are_named_and_stop_the_fine_tune_alone(folder: Path) -> None:
    for unfreeze in ("no_such_layer", 1000):
        edit(folder, parameters(unfreeze=unfreeze))
        with pytest.raises(UserError, match=rf"^finetunes\.tuned: unfreeze: '?{unfreeze}'?: mobilenet\S* has "):
            fine_tuned(out="wrong")
        assert not Path("wrong").exists()
    assert (transferred("again") / "model.keras").read_bytes() == Path("frozen/model.keras").read_bytes()


def test_a_base_without_backbone_or_file_is_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"^finetunes\.tuned: nowhere/model\.keras: no such file"):
        fine_tuned(base="nowhere")


def test_a_base_of_other_images_is_refused(folder: Path) -> None:
    numpy.save("view/train-labels.npy", numpy.arange(71) % 3)
    with pytest.raises(UserError, match=r"^finetunes\.tuned: frozen: trained on 72 images, but the view has 71"):
        fine_tuned(out="wrong")
    numpy.save("view/train.npy", numpy.zeros((71, SIZE + 1, SIZE + 1, 3), numpy.uint8))
    with pytest.raises(
        UserError, match=r"^finetunes\.tuned: frozen: the model takes images of \(32, 32, 3\), but view "
    ):
        fine_tuned(out="wrong")
    Path("frozen/summary.json").unlink()
    with pytest.raises(UserError, match=r"frozen/summary\.json: missing or of another version; train frozen again"):
        fine_tuned(out="wrong")


def test_what_another_process_holds_is_neither_made_twice_nor_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = kept()
    monkeypatch.setenv("DARKROOM_SCRATCH_GIB", "0")
    with scratch.lock(first) as ours, scratch.lock(first, wait=False) as theirs:
        assert (ours, theirs) == (True, False)
        scratch.trim()
        assert kept() == [first]
    scratch.trim()
    assert kept() == []
    assert not second.exists()


def test_room_is_made_for_what_is_needed_now(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that kept features fill, they go."""
    sizes = sum(size for _, size, _ in scratch.list_entries())
    monkeypatch.setattr(
        scratch, "measure_free_space", lambda: 10_000_000 - sum(size for _, size, _ in scratch.list_entries())
    )
    scratch.trim(10_000_000 - sizes)
    assert len(kept()) == 2
    scratch.trim(10_000_000 - sizes + 1)
    assert len(kept()) == 1


def test_bfloat16_is_what_a_fine_tune_may_ask_for(folder: Path) -> None:
    edits = parameters()
    edits["finetunes"]["tuned"]["training"] = {**FIT, "precision": "mixed_bfloat16", "epochs": 1}
    edit(folder, edits)
    tuned = load_network(fine_tuned(out="half"))
    assert {layer.dtype_policy.name for layer in backbone.find_backbone(tuned).layers} == {"mixed_bfloat16"}
    assert tuned.layers[-1].dtype_policy.name == "float32"
    keras.config.set_dtype_policy("float32")
    assert {layer.dtype_policy.name for layer in backbone.find_backbone(load_network(Path("frozen"))).layers} == {
        "float32"
    }
