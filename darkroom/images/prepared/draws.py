"""Random numbers of an image's own: they depend on its two seeds alone, not on the images drawn for beside it."""

import numpy

MOVES, COLOURS, OPERATIONS, ERASING, NOISE, MIXING = range(6)
"""Streams of numbers: whoever draws from one of them changes nothing of the others."""


def draw_numbers(seeds: numpy.ndarray, stream: int, count: int) -> numpy.ndarray:
    """Return ``count`` numbers from 0 to less than 1 for each pair of seeds (int64, (images, 2)): float64.

    They are those of Philox, keyed by the pair (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3").
    """
    generator = numpy.random.Philox(key=0)
    state = generator.state
    bits = numpy.empty((len(seeds), count), dtype=numpy.uint64)
    for row, key in enumerate(seeds.astype(numpy.uint64)):
        state["state"] = {"key": key, "counter": numpy.array([0, stream, 0, 0], dtype=numpy.uint64)}
        generator.state = state
        bits[row] = generator.random_raw(count)
    return (bits >> numpy.uint64(11)) * 2.0**-53


def draw_between(numbers: numpy.ndarray, most: float) -> numpy.ndarray:
    """Return numbers from ``-most`` to ``most`` for those from 0 to 1."""
    return (2 * numbers - 1) * most


def make_generator(seeds: numpy.ndarray, stream: int) -> numpy.random.Generator:
    """Return what draws from a stream of the numbers of one pair of seeds (int64, (2,)), in whatever distribution."""
    counter = numpy.array([0, stream, 0, 0], dtype=numpy.uint64)
    return numpy.random.Generator(numpy.random.Philox(key=seeds.astype(numpy.uint64), counter=counter))
