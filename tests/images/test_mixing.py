"""Images are mixed by their own seeds, labels by what is left of each image."""

from typing import Any

import numpy
import pytest
from pydantic import ValidationError

from darkroom.evaluation.curves import is_cross_entropy
from darkroom.images.prepared.augmentation import make_changes
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.mixing import Mixing
from darkroom.params.augmentation import Augmentation
from darkroom.params.mixing import Mix
from darkroom.params.transfer import TransferTraining
from darkroom.transfer_learning.frozen import explain_uncached
from tests.images.test_augmentation import EVERY
from tests.support.learning import TRAINING

LABELS = numpy.arange(60) % 3
TRAIN = numpy.arange(10, 50)
BOTH = {"mixup": 1.0, "cutmix": 1.0, "probability": 0.8}
UP, CUT = {**BOTH, "cutmix": 0.0}, {**BOTH, "mixup": 0.0}


def read(rows: numpy.ndarray) -> numpy.ndarray:
    """Images whose first channel is their row and whose second its square's last digits, all over: uint8."""
    values = numpy.stack([rows, rows * rows % 251], axis=-1).astype(numpy.uint8)
    return numpy.tile(values[:, None, None, :], (1, 12, 10, 1))


def batches(mix: dict[str, Any], size: int = 8, parts: int = 1, seed: int = 3, **options: Any) -> Batches:
    mixing = Mixing(Mix(**mix), TRAIN, LABELS, 3)
    return Batches(read, LABELS, TRAIN, size, parts, seed, mixing=mixing, **options)


def collect(given: Batches) -> dict[int, tuple[numpy.ndarray, numpy.ndarray]]:
    """The image and the shares of each row."""
    pairs = [(rows, *given[place]) for place, rows in enumerate(given.pieces)]
    return {int(row): (image, share) for rows, *both in pairs for row, image, share in zip(rows, *both, strict=True)}


def test_images_laid_over_each_other_share_their_labels() -> None:
    found, alone = collect(batches(UP)), 0
    assert set(found) == set(TRAIN)
    for row, (image, shares) in found.items():
        values = image[0, 0]
        assert (image == values).all()
        fitting = [other for other in TRAIN if fits(row, other, values, shares)]
        assert fitting, row
        alone += numpy.allclose(values, read(numpy.array([row]))[0, 0, 0])
        assert (image.dtype, shares.dtype, shares.sum()) == (numpy.float32, numpy.float32, pytest.approx(1))
    assert 2 < alone < 18


def fits(row: int, other: int, values: numpy.ndarray, shares: numpy.ndarray) -> bool:
    """Whether an image and its shares are those of these two rows, mixed."""
    if row == other:
        return bool(numpy.allclose(values, read(numpy.array([row]))[0, 0, 0]))
    share = (values[0] - other) / (row - other)
    mixed = share * read(numpy.array([row]))[0, 0, 0] + (1 - share) * read(numpy.array([other]))[0, 0, 0]
    known = share * numpy.eye(3)[LABELS[row]] + (1 - share) * numpy.eye(3)[LABELS[other]]
    return bool(-1e-6 <= share <= 1 + 1e-6 and numpy.allclose(values, mixed, atol=0.01) and
                numpy.allclose(shares, known, atol=1e-3))  # fmt: skip


def test_a_rectangle_of_another_image_has_its_share_of_the_label() -> None:
    mixed = 0
    for row, (image, shares) in collect(batches(CUT)).items():
        others = image[..., 0] != row
        values = set(image[..., 0][others])
        assert len(values) <= 1
        expected = numpy.eye(3)[LABELS[row]] * (1 - others.mean())
        if values:
            expected = expected + numpy.eye(3)[LABELS[int(values.pop())]] * others.mean()
            box = others[others.any(axis=1)][:, others.any(axis=0)]
            assert box.all()
            mixed += 1
        numpy.testing.assert_allclose(shares, expected, atol=1e-6)
    assert mixed > 20


def test_an_image_of_an_epoch_is_mixed_alike_in_whatever_batch() -> None:
    changed = make_changes(Augmentation(**{**EVERY, "hue": 0, "saturation": 0, "rand_augment": None}))
    first = collect(batches(BOTH, changed=changed))
    for other in (batches(BOTH, changed=changed), batches(BOTH, size=20, parts=5, changed=changed)):
        for row, both in collect(other).items():
            for one, two in zip(both, first[row], strict=True):
                numpy.testing.assert_array_equal(one, two)
    at_once, through = batches(BOTH), batches(BOTH)
    through.on_epoch_end()
    at_once.begin(1)
    numpy.testing.assert_array_equal(through[0][0], at_once[0][0])
    assert any((collect(batches(BOTH, seed=4))[row][0] != image).any() for row, (image, _) in first.items())


def test_weights_of_classes_mix_as_labels_do() -> None:
    weights = numpy.array([1, 2, 4], dtype=numpy.float32)
    given = batches(UP, weights=weights)
    shares = given[0][1]
    numpy.testing.assert_allclose(given.weigh(shares), shares @ weights)
    numpy.testing.assert_array_equal(given.weigh(numpy.array([2, 0])), [4, 1])


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"mixup": 0.0, "cutmix": 0.0}, "mixup and cutmix are both 0: give one of them, or write mix: null"),
        ({"mixup": -1.0}, "greater than or equal to 0"),
        ({"probability": 0.0}, "greater than 0"),
    ],
)
def test_what_mixes_nothing_is_refused(changes: dict[str, float], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Mix(**{**BOTH, **changes})


def test_mixed_images_are_not_computed_once_and_their_losses_are_no_cross_entropies() -> None:
    training = {**TRAINING, "cache_frozen": True, "callbacks": []}
    assert explain_uncached(TransferTraining(**training)) == ""
    mixed = TransferTraining(**{**training, "mix": BOTH})
    assert explain_uncached(mixed) == "mix gives them other images in each"
    assert not is_cross_entropy({"training.mix.mixup": 0.2})
    assert not is_cross_entropy({"training.label_smoothing": 0.1})
    assert is_cross_entropy({"training.mix": None, "training.label_smoothing": 0.0})
