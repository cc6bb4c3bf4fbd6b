"""Augmentation changes images as the parameters say, within bounds, and each image by its own seeds alone."""

import colorsys
from typing import Any

import numpy
import pytest
from pydantic import ValidationError

from darkroom.images.prepared.augmentation import make_changes
from darkroom.images.prepared.batches import Batches
from darkroom.params.augmentation import Augmentation

NONE: dict[str, Any] = {"flip": None, "rotation": 0, "translation": 0, "zoom": 0, "shear": 0}
NONE |= {"crop": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0, "rand_augment": None, "erasing": 0}
NONE |= {"fill": "constant"}
EVERY = {"flip": "horizontal_and_vertical", "rotation": 20, "translation": 0.1, "zoom": 0.2, "shear": 10}
EVERY |= {"crop": 2, "brightness": 0.5, "contrast": 0.9, "saturation": 0.5, "hue": 30, "fill": "reflect"}
EVERY |= {"rand_augment": {"operations": 2, "magnitude": 0.5}, "erasing": 0.5}


def images(count: int = 40, size: int = 9, channels: int = 3) -> numpy.ndarray:
    return numpy.random.default_rng(0).integers(0, 256, (count, size, size, channels), dtype=numpy.uint8)


def seeds(count: int = 40) -> numpy.ndarray:
    return numpy.random.default_rng(1).integers(0, 2**31 - 1, (count, 2))


def changed(given: numpy.ndarray, **settings: Any) -> numpy.ndarray:
    return make_changes(Augmentation(**{**NONE, **settings}))(given, seeds(len(given)))


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_depends_on_its_seeds_alone(channels: int) -> None:
    change, given, drawn = make_changes(Augmentation(**EVERY)), images(channels=channels), seeds()
    whole = change(given, drawn)
    assert (whole.dtype, whole.shape) == (numpy.float32, given.shape)
    assert (whole.min(), whole.max()) == (0, 255)
    numpy.testing.assert_array_equal(change(given[::-1], drawn[::-1])[::-1], whole)
    parts = [change(given[rows], drawn[rows]) for rows in (slice(0, 7), slice(7, 8), slice(8, 40))]
    numpy.testing.assert_array_equal(numpy.concatenate(parts), whole)
    numpy.testing.assert_array_equal(make_changes(Augmentation(**EVERY))(given, drawn), whole)
    assert (change(given, drawn + 1) != whole).any(axis=(1, 2, 3)).all()


def test_nothing_changes_without_a_change() -> None:
    numpy.testing.assert_array_equal(changed(images()), images())


@pytest.mark.parametrize(("flip", "axes"), [("horizontal", (2,)), ("vertical", (1,))])
def test_half_of_the_images_are_flipped(flip: str, axes: tuple[int, ...]) -> None:
    found = changed(images(), flip=flip)
    flipped = (found == numpy.flip(images(), axes)).all(axis=(1, 2, 3))
    same = (found == images()).all(axis=(1, 2, 3))
    assert (flipped ^ same).all()
    assert 10 < flipped.sum() < 30


def test_both_flips_are_drawn_each_for_itself() -> None:
    found = changed(images(), flip="horizontal_and_vertical")
    kinds = [(found == numpy.flip(images(), axes)).all(axis=(1, 2, 3)).sum() for axes in ((), (1,), (2,), (1, 2))]
    assert sum(kinds) == 40
    assert min(kinds) > 3


def test_brightness_goes_both_ways_within_its_share() -> None:
    grey = numpy.full((40, 9, 9, 3), 100, numpy.uint8)
    found = changed(grey, brightness=0.2)[:, 0, 0, 0] - 100
    assert -51 <= found.min() < -20 < 20 < found.max() <= 51


def test_contrast_goes_both_ways_within_its_share() -> None:
    grey = numpy.full((40, 8, 8, 1), 100, numpy.uint8)
    grey[:, :, ::2] = 140
    found = changed(grey, contrast=0.5)
    spread = (found[:, 0, 0, 0] - found[:, 0, 1, 0]) / 40
    assert 0.5 <= spread.min() < 0.8 < 1.2 < spread.max() <= 1.5
    numpy.testing.assert_allclose(found.mean(axis=(1, 2, 3)), 120, rtol=1e-5)


def test_translation_is_a_share_of_the_side() -> None:
    dot = numpy.zeros((40, 41, 41, 1), numpy.uint8)
    dot[:, 20, 20] = 255
    found = changed(dot, translation=0.25)[..., 0]
    places = numpy.stack([(found * axis).sum(axis=(1, 2)) / found.sum(axis=(1, 2)) for axis in numpy.indices((41, 41))])
    assert 10 < places.max() - 20 <= 0.25 * 41 + 1e-3
    assert 8 < 20 - places.min() <= 0.25 * 41 + 1e-3


def lean(found: numpy.ndarray) -> numpy.ndarray:
    """By how many degrees an upright line leans in each image."""
    down, across = numpy.indices(found.shape[1:3])
    weights = found[..., 0] / found[..., 0].sum(axis=(1, 2), keepdims=True)
    y, x = ((weights * axis).sum(axis=(1, 2), keepdims=True) for axis in (down, across))
    slope = (weights * (across - x) * (down - y)).sum(axis=(1, 2)) / (weights * (down - y) ** 2).sum(axis=(1, 2))
    return numpy.degrees(numpy.arctan(slope))


@pytest.mark.parametrize("change", ["rotation", "shear"])
def test_rotation_and_shear_are_in_degrees(change: str) -> None:
    line = numpy.zeros((40, 61, 61, 1), numpy.uint8)
    line[:, 20:41, 30] = 255
    degrees = lean(changed(line, **{change: 20}))
    assert numpy.abs(degrees).max() <= 21
    assert degrees.max() > 14
    assert degrees.min() < -14


def test_zoom_goes_in_and_out_within_its_share() -> None:
    square = numpy.zeros((40, 60, 60, 1), numpy.uint8)
    square[:, 20:40, 20:40] = 255
    sides = numpy.sqrt(changed(square, zoom=0.3).sum(axis=(1, 2, 3)) / 255) / 20
    assert 1 / 1.3 - 0.03 <= sides.min() < 0.85
    assert 1.15 < sides.max() <= 1 / 0.7 + 0.03


@pytest.mark.parametrize(("fill", "left"), [("constant", 0), ("nearest", 200), ("reflect", 200), ("wrap", 200)])
def test_what_is_moved_in_is_filled(fill: str, left: int) -> None:
    found = changed(numpy.full((20, 12, 12, 1), 200, numpy.uint8), translation=0.4, fill=fill)
    assert found.min() == pytest.approx(left, abs=0.01)


def test_a_crop_is_a_part_of_the_padded_image() -> None:
    given, found = images(size=8), changed(images(size=8), crop=3)
    padded = numpy.pad(given, ((0, 0), (3, 3), (3, 3), (0, 0)))
    places = set()
    for before, after in zip(padded, found, strict=True):
        parts = [(y, x) for y in range(7) for x in range(7) if (before[y : y + 8, x : x + 8] == after).all()]
        assert len(parts) == 1
        places |= set(parts)
    assert {y for y, _ in places} == {x for _, x in places} == set(range(7))
    numpy.testing.assert_array_equal(changed(given, crop=0.4), found, "3 of 8 pixels")


def test_hue_and_saturation_stay_within_their_bounds_and_grey_stays_grey() -> None:
    red = numpy.zeros((40, 4, 4, 3), numpy.uint8)
    red[..., 0], red[..., 1:] = 200, 100
    turned = [colorsys.rgb_to_hsv(*image[0, 0] / 255) for image in changed(red, hue=30)]
    degrees = [(hue * 360 + 180) % 360 - 180 for hue, _, _ in turned]
    assert -30 <= min(degrees) < -20 < 20 < max(degrees) <= 30
    numpy.testing.assert_allclose([rest for _, *rest in turned], [[0.5, 200 / 255]] * 40, rtol=1e-5)
    saturations = [colorsys.rgb_to_hsv(*image[0, 0] / 255)[1] for image in changed(red, saturation=0.5)]
    assert 0.25 <= min(saturations) < 0.32 < 0.68 < max(saturations) <= 0.75
    numpy.testing.assert_array_equal(changed(images(channels=1), hue=90, saturation=0.9), images(channels=1))
    grey = numpy.repeat(images(channels=1), 3, axis=3)
    numpy.testing.assert_allclose(changed(grey, hue=90, saturation=0.9), grey, atol=1e-3)


def test_erasing_fills_one_rectangle_of_noise_by_chance() -> None:
    grey = numpy.full((200, 20, 30, 3), 7, numpy.uint8)
    found = changed(grey, erasing=0.5) != 7
    erased = found.any(axis=(1, 2, 3))
    assert 75 < erased.sum() < 125
    for one in found[erased].any(axis=3):
        rows, columns = numpy.flatnonzero(one.any(axis=1)), numpy.flatnonzero(one.any(axis=0))
        tall, wide = (int(numpy.ptp(sides)) + 1 for sides in (rows, columns))
        assert one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean() > 0.99
        assert 0.01 < tall * wide / 600 < 0.36
    values = changed(grey, erasing=1.0)
    assert 100 < values[values != 7].mean() < 155


def test_what_is_drawn_for_one_change_does_not_depend_on_others() -> None:
    grey, flips = numpy.full((40, 9, 9, 3), 100, numpy.uint8), changed(images(), flip="horizontal")
    brighter = changed(grey, brightness=0.1) - 100
    found = changed(images(), flip="horizontal", brightness=0.1)
    numpy.testing.assert_allclose(found, numpy.clip(flips + brighter, 0, 255), atol=1e-3)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("crop", -1), ("crop", 1.5), ("saturation", 1.0), ("hue", 181), ("erasing", 1.1), ("rand_augment", 2),
        ("rand_augment", {"operations": 0, "magnitude": 0.1}), ("rand_augment", {"operations": 1, "magnitude": 0}),
        ("rand_augment", {"operations": 1}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=key):
        Augmentation(**{**NONE, key: value})


def batches(seed: int, size: int = 8, parts: int = 1, rows: int = 40) -> Batches:
    labels = numpy.arange(40)
    change = make_changes(Augmentation(**EVERY))
    return Batches(lambda wanted: images()[wanted], labels, numpy.arange(rows), size, parts, seed, change)


def by_row(given: Batches) -> dict[int, bytes]:
    pairs = (given[index] for index in range(len(given)))
    return {
        int(label): image.tobytes() for inputs, labels in pairs for image, label in zip(inputs, labels, strict=True)
    }


def test_an_image_of_an_epoch_is_the_same_in_whatever_batch() -> None:
    first = by_row(batches(3))
    assert len(first) == 40
    assert by_row(batches(3, size=16, parts=4)) == first
    assert by_row(batches(3, rows=20)).items() <= first.items()
    assert not by_row(batches(4)).items() & first.items()


def test_an_epoch_is_the_same_after_others_or_at_once() -> None:
    through, at_once = batches(3), batches(3)
    first = by_row(through)
    through.on_epoch_end()
    through.on_epoch_end()
    at_once.begin(2)
    assert by_row(through) == by_row(at_once)
    assert not by_row(through).items() & first.items()
