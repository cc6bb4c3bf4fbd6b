"""Images that decode and are suspicious all the same: doubtful files, and pictures that hardly show anything.

``images`` is as in ``counts``.
"""

import pandas

from darkroom.census.counts import drop_corrupt
from darkroom.params.census import Suspicious

COLUMNS = ["kind", "split", "class", "file", "what"]
FILLED = 0.05
"""Part of an image's height in the grey of missing data from which on it is suspicious."""


def find_suspicions(images: pandas.DataFrame, limits: Suspicious) -> pandas.DataFrame:
    """Return one row per suspicion: kind, split, class, file, and what was found, in words; in the order of kinds."""
    intact = drop_corrupt(images)
    shorter = intact[["width", "height"]].min(axis=1)
    shape = intact[["width", "height"]].max(axis=1) / shorter
    is_uniform = intact["contrast"] < limits.uniform
    usual = intact.groupby(["class"])["sharpness"].transform("median")
    found = [
        _list("doubtful file", intact[intact["doubts"] != ""], "doubts", "{}"),
        _list("filled with grey", intact[intact["filled"] >= FILLED], "filled", "{:.0%} of its height, from below"),
        _list("nearly uniform", intact[is_uniform], "contrast", "standard deviation of brightness {:.1f}"),
        _list("very dark", intact[~is_uniform & (intact["brightness"] < limits.dark)], "brightness", "mean {:.0f}"),
        _list("very bright", intact[~is_uniform & (intact["brightness"] > limits.bright)], "brightness", "mean {:.0f}"),
        _list(
            "blurred",
            intact.assign(part=intact["sharpness"] / usual)[
                ~is_uniform & (intact["sharpness"] < limits.blurred * usual)
            ],
            "part",
            "sharpness {:.0%} of what is usual in its class",
        ),
        _list("extreme shape", intact.assign(shape=shape)[shape > limits.aspect], "shape", "sides as 1 to {:.1f}"),
        _list("tiny", intact.assign(side=shorter)[shorter < limits.tiny], "side", "shorter side of {:.0f} pixels"),
    ]
    return pandas.concat(found, ignore_index=True)[COLUMNS]


def _list(kind: str, images: pandas.DataFrame, column: str, words: str) -> pandas.DataFrame:
    what = [words.format(value) for value in images[column]]
    return images[["split", "class", "file"]].assign(kind=kind, what=what)
