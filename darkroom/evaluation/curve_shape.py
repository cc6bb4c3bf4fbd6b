"""The shape of a loss over the epochs: its running means, whether it still falls, and its swings.

Pure functions of one number per epoch.
"""

import numpy

SMOOTHED = 3
"""Courses are judged by running means of so many epochs, at most a third of them all: one epoch may be a chance."""
NOISE = 0.02
"""A loss is below guessing, or falls over the last third of the epochs, only if by more than this fraction.

A convention: the validation loss of a model that no longer learns wavers by a few per cent from epoch to epoch, and a
model that knows nothing but how common each class is can be a hair below guessing.
"""


def running_means(losses: numpy.ndarray) -> numpy.ndarray:
    """Return the mean of every ``SMOOTHED`` epochs in a row, of fewer below nine epochs, the last one's at the end."""
    width = max(1, min(SMOOTHED, len(losses) // 3))
    return numpy.lib.stride_tricks.sliding_window_view(losses, width).mean(axis=1)


def still_falling(losses: numpy.ndarray) -> bool:
    """Return whether a loss, (epochs,), was going down at the end, whoever ended the training.

    It was, if its running mean ended at its lowest, and the straight line of least squares through the last third of
    the epochs (three at least) goes down, both but for ``NOISE``.
    """
    if len(losses) < 2 or not numpy.isfinite(losses).all():
        return False
    means, tail = running_means(losses), losses[-max(3, len(losses) // 3) :]
    fall = -float(numpy.polyfit(numpy.arange(len(tail)), tail, 1)[0]) * (len(tail) - 1)
    return rise_above(means.min(), means[-1]) <= NOISE and fall > NOISE * float(tail.mean())


def largest_swing(validation: numpy.ndarray) -> float:
    """Return how far a series, (epochs,), once rose above an earlier value and fell back again; 0 without a peak."""
    before = numpy.minimum.accumulate(validation)
    after = numpy.minimum.accumulate(validation[::-1])[::-1]
    return float((validation - numpy.maximum(before, after)).max())


def rise_above(lowest: float, last: float) -> float:
    """Return how far ``last`` lies above ``lowest``, as a fraction of it; of a loss of nothing, of 1e-7."""
    return float(last - lowest) / max(float(lowest), 1e-7)
