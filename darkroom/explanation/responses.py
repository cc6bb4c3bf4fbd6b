"""The responses of filters to all test images, as activations.csv holds them; read without Keras."""

import pandas


def are_silent(responses: pandas.DataFrame) -> pandas.Series:
    """Return True for each filter whose every response to every test image was 0."""
    return (responses["maximum"] == 0) & (responses["zeros"] == 1)
