"""The shape of a loss over the epochs: its running means, its fall at the end, and its swings.

Pure functions of one number per epoch.
"""

import numpy

SMOOTHED = 3
"""Epochs in a running mean, at most a third of them all; curves are judged by these, for one epoch may be chance."""
NOISE = 0.02
"""A loss is below guessing, or falls over the last third of the epochs, only if by more than this fraction.

A convention: the validation loss of a model that no longer learns wavers by a few per cent from epoch to epoch, and a
model that knows nothing but how common each class is can be a hair below guessing.
"""


def compute_running_means(losses: numpy.ndarray) -> numpy.ndarray:
    """Return the mean of every ``SMOOTHED`` epochs in a row, of fewer below nine epochs, the last one's at the end."""
    width = max(1, min(SMOOTHED, len(losses) // 3))
    return numpy.lib.stride_tricks.sliding_window_view(losses, width).mean(axis=1)


def is_still_falling(losses: numpy.ndarray) -> bool:
    """Return True if a loss, (epochs,), was going down at the end, whatever ended the training run.

    It was if its running mean ended at its lowest, and the straight line of least squares through the last third of
    the epochs (at least three) goes down, in both cases give or take ``NOISE``.
    """
    if len(losses) < 2 or not numpy.isfinite(losses).all():
        return False
    means, tail = compute_running_means(losses), losses[-max(3, len(losses) // 3) :]
    fall = -float(numpy.polyfit(numpy.arange(len(tail)), tail, 1)[0]) * (len(tail) - 1)
    return measure_rise(means.min(), means[-1]) <= NOISE and fall > NOISE * float(tail.mean())


def measure_largest_swing(validation: numpy.ndarray) -> float:
    """Return the height of a series' largest peak, (epochs,), above an earlier and a later value; 0 without a peak."""
    before = numpy.minimum.accumulate(validation)
    after = numpy.minimum.accumulate(validation[::-1])[::-1]
    return float((validation - numpy.maximum(before, after)).max())


def measure_rise(lowest: float, last: float) -> float:
    """Return the distance of ``last`` above ``lowest``, as a fraction of it; of a loss of nothing, of 1e-7."""
    return float(last - lowest) / max(float(lowest), 1e-7)
