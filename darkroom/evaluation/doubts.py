"""Doubts about images: labels that are probably wrong, and images that lie far from others of their class.

Label errors are found by confident learning: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in
Dataset Labels, Journal of Artificial Intelligence Research 70 (2021). An image surely belongs to a class that gets at
least the probability that its own images get on average; of several such classes to the most probable. How often such
images have another label says how many labels are wrong, and so many of the likeliest are doubted: the paper's pruning
by noise rate. The probabilities must come from a model that has not learned from these images.

An image is far from its class if the angle between its features and the others' mean is an outlier by the modified
z-score: Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
"""

from collections.abc import Sequence

import numpy
import pandas

FAR = 3.5
"""Modified z-score from which on a value is an outlier, as its authors recommend."""
NORMAL = 0.6745
"""Median absolute deviation of a standard normal distribution."""
FEWEST = 5
"""Images of a class, below which nothing is said of its images."""


def find_label_errors(labels: numpy.ndarray, probabilities: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Return the rows of images whose label is probably wrong, the surest first, and the label that each should have.

    Args:
        labels: int64 (images,).
        probabilities: float (images, classes).

    Returns:
        int64 (errors,) and int64 (errors,).
    """
    own = probabilities[numpy.arange(len(labels)), labels]
    predicted = probabilities.argmax(axis=1)
    probable: dict[int, int] = {}
    for (label, other), number in numpy.ndenumerate(count_label_errors(labels, probabilities)):
        rows = numpy.flatnonzero((labels == label) & (predicted != label))
        gains = probabilities[rows, other] - own[rows]
        for row in rows[numpy.argsort(-gains, kind="stable")][:number]:
            probable.setdefault(int(row), int(predicted[row]))
    rows = numpy.array(sorted(probable), dtype=numpy.int64)
    margins = own[rows] - probabilities[rows, predicted[rows]]
    rows = rows[numpy.argsort(margins, kind="stable")]
    return rows, predicted[rows]


def count_label_errors(labels: numpy.ndarray, probabilities: numpy.ndarray) -> numpy.ndarray:
    """Return how many images of each label (row) are of each other class (column): int64 (classes, classes)."""
    count = probabilities.shape[1]
    own = probabilities[numpy.arange(len(labels)), labels]
    sizes = numpy.bincount(labels, minlength=count)
    thresholds = numpy.array([own[labels == k].mean() if sizes[k] else numpy.inf for k in range(count)])
    confident = numpy.where(probabilities >= thresholds, probabilities, -1.0)
    sure = confident.max(axis=1) >= 0
    joint = numpy.zeros((count, count))
    numpy.add.at(joint, (labels[sure], confident.argmax(axis=1)[sure]), 1)
    totals = joint.sum(axis=1, keepdims=True)
    joint *= numpy.divide(sizes[:, None], totals, out=numpy.zeros_like(totals), where=totals > 0)
    numpy.fill_diagonal(joint, 0)
    return numpy.rint(joint).astype(numpy.int64)


def tabulate_label_errors(
    files: Sequence[str], labels: numpy.ndarray, probabilities: numpy.ndarray, classes: Sequence[str]
) -> pandas.DataFrame:
    """Return a row for each probable label error, the surest first: file, class, probable, p_class, p_probable."""
    rows, probable = find_label_errors(labels, probabilities)
    names = numpy.array(classes, dtype=object)
    return pandas.DataFrame(
        {
            "file": numpy.array(files, dtype=object)[rows],
            "class": names[labels[rows]],
            "probable": names[probable],
            "p_class": probabilities[rows, labels[rows]],
            "p_probable": probabilities[rows, probable],
        }
    )


def measure_angles(labels: numpy.ndarray, features: numpy.ndarray) -> numpy.ndarray:
    """Return the angle between each image's features and the mean of the other images of its class, in degrees.

    Args:
        labels: int64 (images,).
        features: float (images, values).

    Returns:
        float64 (images,), 0 to 180; NaN in classes of too few images.
    """
    lengths = numpy.linalg.norm(features, axis=1, keepdims=True)
    directions = features / numpy.where(lengths > 0, lengths, 1)
    angles = numpy.full(len(labels), numpy.nan)
    for label in numpy.unique(labels):
        of_class = directions[labels == label].astype(numpy.float64)
        if len(of_class) >= FEWEST:
            others = of_class.sum(axis=0) - of_class
            sizes = numpy.linalg.norm(others, axis=1)
            cosines = (of_class * others).sum(axis=1) / numpy.where(sizes > 0, sizes, 1)
            angles[labels == label] = numpy.degrees(numpy.arccos(cosines.clip(-1, 1)))
    return angles


def score_outliers(labels: numpy.ndarray, angles: numpy.ndarray) -> numpy.ndarray:
    """Return the modified z-score of each angle among those of its class: float64; NaN where angles are."""
    scores = numpy.full(len(labels), numpy.nan)
    for label in numpy.unique(labels):
        own = angles[labels == label]
        apart = own - numpy.median(own)
        spread = numpy.median(numpy.abs(apart))
        scores[labels == label] = NORMAL * apart / spread if spread > 0 else numpy.where(numpy.isnan(own), own, 0)
    return scores


def tabulate_far(
    files: Sequence[str], labels: numpy.ndarray, features: numpy.ndarray, classes: Sequence[str]
) -> pandas.DataFrame:
    """Return a row for each image that is far from its class, the farthest first: file, class, angle, score."""
    angles = measure_angles(labels, features)
    scores = score_outliers(labels, angles)
    rows = numpy.flatnonzero(numpy.nan_to_num(scores) > FAR)
    rows = rows[numpy.argsort(-scores[rows], kind="stable")]
    return pandas.DataFrame(
        {
            "file": numpy.array(files, dtype=object)[rows],
            "class": numpy.array(classes, dtype=object)[labels[rows]],
            "angle": angles[rows],
            "score": scores[rows],
        }
    )
