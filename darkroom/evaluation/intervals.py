"""Confidence intervals of accuracies."""


def wilson_interval(correct: float, images: int, confidence: float) -> tuple[float, float]:
    """Return the Wilson score interval of the accuracy ``correct / images``.

    Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    from statsmodels.stats.proportion import proportion_confint  # here, as its import takes longer than a worksheet

    low, high = proportion_confint(correct, images, alpha=1 - confidence, method="wilson")
    return float(low), float(high)
