"""Folds of the training images: disjoint, covering all, and each with its share of classes, whole groups and copies."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy
import pytest

from darkroom.core.files import write_json
from darkroom.images.prepared.folds import Fold, draw_folds, join_units
from darkroom.images.prepared.holdout import Holdout
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.validation import split_learning_rows
from darkroom.images.prepared.views import COPIES, DESCRIPTION, GROUPS, View
from darkroom.params.replicates import Replicate
from darkroom.transfer_learning.base import split_base_rows
from tests.support.refusals import one_line

Make = Callable[..., View]
FOLDS = 5
LABELS = numpy.random.default_rng(1).permutation(numpy.repeat(numpy.arange(3), [62, 30, 11]))
"""Three classes of different sizes, 103 images."""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a view of training images, perhaps with groups and copies."""

    def write(labels: numpy.ndarray, groups: object = None, copies: object = None) -> View:
        write_json(tmp_path / DESCRIPTION, {"classes": [f"class-{n}" for n in range(max(labels) + 1)]})
        numpy.save(tmp_path / "train.npy", numpy.zeros((len(labels), 2, 2, 1), numpy.uint8))
        numpy.save(tmp_path / "train-labels.npy", labels)
        for name, numbers in ((GROUPS, groups), (COPIES, copies)):
            if numbers is not None:
                numpy.save(tmp_path / name, numpy.asarray(numbers, numpy.int64))
        return open_view(tmp_path)

    return write


def hold_out(view: View, split: float | Mapping[str, object], folds: int = FOLDS, seed: int = 13) -> numpy.ndarray:
    """The fold of each image, by what each training run trains and holds out."""
    images = len(view.labels("train"))
    found = numpy.zeros(images, dtype=numpy.int64)
    for number in range(1, folds + 1):
        train, validation = split_learning_rows(view, split, seed, Fold(number, folds))
        assert (numpy.sort(numpy.concatenate([train, validation])) == numpy.arange(images)).all()
        assert (numpy.diff(train) > 0).all() and (numpy.diff(validation) > 0).all()
        assert not found[validation].any()
        found[validation] = number
    assert found.all()
    return found


def spread(labels: numpy.ndarray, folds: numpy.ndarray) -> int:
    """How much more images of a class one fold has than another, at most."""
    counts = [numpy.bincount(folds[labels == label], minlength=FOLDS + 1)[1:] for label in numpy.unique(labels)]
    return max(int(numpy.ptp(one)) for one in counts)


@pytest.mark.parametrize("stratify", [False, True])
def test_folds_are_disjoint_cover_all_and_have_one_size(make: Make, stratify: bool) -> None:
    view = make(LABELS)
    found = hold_out(view, {"fraction": 0.2, "stratify": stratify})
    assert spread(numpy.zeros_like(LABELS), found) == 1
    if stratify:
        assert spread(LABELS, found) == 1
    elif spread(LABELS, found) == 1:
        pytest.fail("a draw without regard to classes is not even")
    assert (found == hold_out(view, {"fraction": 0.2, "stratify": stratify})).all()
    assert (found != hold_out(view, {"fraction": 0.2, "stratify": stratify}, seed=14)).any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("stratify", [False, True])
def test_groups_and_copies_stay_together(make: Make, stratify: bool, seed: int) -> None:
    random = numpy.random.default_rng(seed)
    sizes = random.integers(1, 8, 80)
    groups = random.permutation(numpy.repeat(numpy.arange(80), sizes))
    labels = groups % 3
    copies = numpy.arange(len(groups))
    one, other = (int(numpy.flatnonzero(groups == group)[0]) for group in (3, 6))
    copies[one] = copies[other]
    found = hold_out(make(labels, groups, copies), {"fraction": 0.2, "stratify": stratify}, seed=seed)
    assert all(len(set(found[groups == group])) == 1 for group in range(80))
    assert found[one] == found[other], "the groups of two copies are in one fold"
    assert spread(labels if stratify else numpy.zeros_like(labels), found) <= 7


def test_copies_alone_stay_together(make: Make) -> None:
    copies = numpy.arange(len(LABELS))
    copies[[2, 50, 90]] = 2
    found = hold_out(make(LABELS, copies=copies), {"fraction": 0.2, "stratify": True})
    assert len(set(found[[2, 50, 90]])) == 1 and spread(LABELS, found) <= 3


def test_what_two_numbers_join_in_turn_is_one() -> None:
    units = join_units(6, [numpy.array([9, 9, 4, 4, 5, 6]), numpy.array([1, 2, 2, 3, 4, 4])])
    assert units.tolist() == [0, 0, 0, 0, 4, 4]
    assert join_units(3, []).tolist() == [0, 1, 2]


def test_too_few_images_or_groups(make: Make) -> None:
    one_line(lambda: draw_folds(make(LABELS[:3]), LABELS[:3], 5, 1), "3 training images are too few for 5 folds")
    groups = numpy.arange(len(LABELS)) % 4
    line = one_line(lambda: hold_out(make(LABELS, groups), 0.2), "4 groups of training images are too few for 5 folds")
    assert "write fewer folds" in line


def test_a_class_that_a_fold_would_take_whole(make: Make) -> None:
    labels = numpy.array([0] * 30 + [1])
    one_line(lambda: hold_out(make(labels), 0.2), "leaves no image of class-1 to train on")


def test_a_fine_tune_holds_out_the_fold_of_its_base(make: Make) -> None:
    view = make(LABELS)
    holdout = Holdout.plan(0.2, Replicate.parse("3-of-5"), 13)
    train, validation = holdout.list_rows(view)
    summary = {**holdout.describe(), "train_images": len(train), "validation_images": len(validation)}
    assert (summary["fold"], summary["folds"], summary["split_seed"]) == (3, 5, 13)
    rows = split_base_rows(summary, view, Path("base"))
    assert (rows.validation == validation).all() and (rows.train == train).all()


def test_replicates_without_folds_draw_by_seeds_of_their_own() -> None:
    holdout = Holdout.plan(0.2, Replicate.parse("3"), 13)
    assert holdout.describe() == {"validation_split": 0.2, "split_seed": 15}


@pytest.mark.parametrize("text", ["0", "6-of-5", "0-of-5", "a", "1-of-", "-1"])
def test_what_names_no_replicate(text: str) -> None:
    with pytest.raises(ValueError, match="allowed: a number from 1, or n-of-k"):
        Replicate.parse(text)
