"""Metrics of class probabilities: accuracy, loss, scores of each class, confusion and calibration.

Pure functions. Throughout, ``labels`` is int64 (images,) and ``probabilities`` is float (images, classes), a row's
values adding up to one; class ``i`` is the one called ``classes[i]``.
"""

from collections.abc import Sequence

import numpy
import pandas

SMALLEST_PROBABILITY = 1e-7
"""Keras' epsilon: a probability is held at least this far from 0 and 1 before its logarithm is taken."""


def compute_cross_entropy(labels: numpy.ndarray, probabilities: numpy.ndarray) -> float:
    """Return the mean of -log p(true class), natural, as Keras' sparse categorical cross-entropy computes it."""
    likely = select_probabilities(labels, probabilities).clip(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-numpy.log(likely).mean())


def select_probabilities(chosen: numpy.ndarray, probabilities: numpy.ndarray) -> numpy.ndarray:
    """Return the probability that each row gives to its ``chosen`` class: float64, (images,)."""
    return probabilities[numpy.arange(len(chosen)), chosen].astype(numpy.float64)


def tabulate_predictions(
    files: Sequence[str], labels: numpy.ndarray, probabilities: numpy.ndarray, classes: Sequence[str]
) -> pandas.DataFrame:
    """Return one row per image: file, true class, predicted class, its probability, and ``p_<class>`` of each class."""
    predicted = probabilities.argmax(axis=1)
    names = numpy.array(classes, dtype=object)
    table = pandas.DataFrame({"file": list(files), "class": names[labels], "predicted": names[predicted]})
    table["probability"] = select_probabilities(predicted, probabilities)
    each = pandas.DataFrame(probabilities.astype(numpy.float64), columns=[f"p_{name}" for name in classes])
    return pandas.concat([table, each], axis=1)


def find_ambiguous(
    files: Sequence[str], labels: numpy.ndarray, probabilities: numpy.ndarray, classes: Sequence[str], most: int
) -> pandas.DataFrame:
    """Return the ``most`` images whose two best classes are closest, closest first; the index is the image's row.

    Columns: file, true class, best class, its probability p_best, second best class, its probability p_second.
    """
    ranking = numpy.argsort(-probabilities, axis=1, kind="stable")
    best, second = ranking[:, 0], ranking[:, 1]
    names = numpy.array(classes, dtype=object)
    table = pandas.DataFrame({"file": list(files), "class": names[labels]})
    table = table.assign(best=names[best], p_best=select_probabilities(best, probabilities))
    table = table.assign(second=names[second], p_second=select_probabilities(second, probabilities))
    closest = numpy.argsort(table["p_best"] - table["p_second"], kind="stable")[:most]
    return table.iloc[closest]


def score_classes(labels: numpy.ndarray, predicted: numpy.ndarray, classes: Sequence[str]) -> pandas.DataFrame:
    """Return precision, recall, F1, support (images of the class) and number of predictions, by class.

    A score whose denominator is zero is zero.
    """
    counts = count_confusions(labels, predicted, classes)
    correct, support, given = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    scores = {"precision": _divide(correct, given), "recall": _divide(correct, support)}
    scores["f1"] = _divide(2 * correct, support + given)
    return pandas.DataFrame({"class": list(classes), **scores, "support": support, "predicted": given})


def _divide(part: numpy.ndarray, whole: numpy.ndarray) -> numpy.ndarray:
    return numpy.divide(part, whole, out=numpy.zeros(len(part)), where=whole > 0)


def count_confusions(labels: numpy.ndarray, predicted: numpy.ndarray, classes: Sequence[str]) -> numpy.ndarray:
    """Return the counts of images by true class (row) and predicted class (column): int64, (classes, classes)."""
    pairs = labels.astype(numpy.int64) * len(classes) + predicted
    return numpy.bincount(pairs, minlength=len(classes) ** 2).reshape(len(classes), len(classes))


def compute_shares(counts: numpy.ndarray) -> numpy.ndarray:
    """Return a confusion matrix with each row divided by its sum; a row without images is zero."""
    return counts / numpy.maximum(counts.sum(axis=1, keepdims=True), 1)


def tabulate_confusions(counts: numpy.ndarray, classes: Sequence[str]) -> pandas.DataFrame:
    """Return a confusion matrix as a table: the true class, then one column of counts per predicted class."""
    table = pandas.DataFrame(counts, columns=[f"predicted_{name}" for name in classes])
    table.insert(0, "class", list(classes))
    return table


def find_confused_pairs(counts: numpy.ndarray, classes: Sequence[str], most: int) -> pandas.DataFrame:
    """Return the ``most`` frequent mistakes: true class, predicted class, images, and their share of the true class."""
    rows, columns = numpy.nonzero(counts * (1 - numpy.eye(len(classes), dtype=counts.dtype)))
    names = numpy.array(classes, dtype=object)
    found = {"images": counts[rows, columns], "share": compute_shares(counts)[rows, columns]}
    pairs = pandas.DataFrame({"true": names[rows], "predicted": names[columns], **found})
    return pairs.sort_values(["images", "share"], ascending=False, ignore_index=True).head(most)


def measure_calibration(labels: numpy.ndarray, probabilities: numpy.ndarray, bins: int) -> pandas.DataFrame:
    """Return images, mean confidence and accuracy in ``bins`` equally wide bins of confidence.

    Confidence is the probability of the predicted class; bin ``m`` of ``M`` is ((m - 1) / M, m / M]. A bin without
    images has neither confidence nor accuracy.
    """
    confidence = probabilities.max(axis=1).astype(numpy.float64)
    images = pandas.DataFrame({"confidence": confidence, "accuracy": probabilities.argmax(axis=1) == labels})
    edges = numpy.linspace(0, 1, bins + 1)
    open_edges = [-numpy.inf, *edges[1:-1], numpy.inf]  # a rounded probability may lie a hair above 1
    binned = images.groupby(pandas.cut(confidence, open_edges, labels=range(1, bins + 1)), observed=False)
    columns = {"bin": range(1, bins + 1), "lower": edges[:-1], "upper": edges[1:], "images": binned.size().to_numpy()}
    return pandas.DataFrame(columns).join(binned.mean().reset_index(drop=True))


def compute_calibration_error(bins: pandas.DataFrame) -> float:
    """Return the mean of abs(accuracy - confidence) over the bins of ``measure_calibration``, weighted by their images.

    Source: Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    gaps = (bins["accuracy"] - bins["confidence"]).abs()
    return float((gaps * bins["images"]).sum() / bins["images"].sum())


def summarize(
    labels: numpy.ndarray, probabilities: numpy.ndarray, classes: Sequence[str], bins: int
) -> dict[str, float]:
    """Return the metrics of the whole test set: counts, accuracy, loss, ECE, and means over classes (macro).

    The means are over the classes that have images.
    """
    predicted = probabilities.argmax(axis=1)
    correct = int((predicted == labels).sum())
    of_classes = score_classes(labels, predicted, classes)
    means = of_classes.loc[of_classes["support"] > 0, ["precision", "recall", "f1"]].mean()
    return {
        "images": len(labels),
        "correct": correct,
        "wrong": len(labels) - correct,
        "accuracy": correct / len(labels),
        "loss": compute_cross_entropy(labels, probabilities),
        "ece": compute_calibration_error(measure_calibration(labels, probabilities, bins)),
        **{f"macro_{name}": float(value) for name, value in means.items()},
    }
