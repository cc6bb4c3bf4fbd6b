"""Confidence intervals of accuracies."""

from statsmodels.stats.proportion import proportion_confint


def wilson_interval(correct: float, images: int, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval of the accuracy ``correct / images``.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    low, high = proportion_confint(correct, images, alpha=1 - confidence, method="wilson")
    return float(low), float(high)
