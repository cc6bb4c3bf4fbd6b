"""Names of the files that one stage writes and others read."""

NETWORK = "model.keras"
HISTORY = "history.csv"
LAYERS = "layers.csv"
SUMMARY = "summary.json"
ARCHIVES = "manifest.csv"
"""In data/raw/<dataset>: name, bytes and SHA-256 of each archive."""
SUSPICIONS = "suspicions.csv"
"""In data/images/<dataset>, if there are any: what is odd about its delivery."""
LEFT_OUT = "left-out.csv"
"""In data/images/<dataset>, if there are any: files of the delivery that are not among the images, and why."""
BACKBONE = "backbone.json"
"""In data/pretrained/<backbone>: see stages/pretrained.py."""
WEIGHTS = "backbone.weights.h5"
"""Beside it: the weights."""
RECORD = "record.json"
"""In every folder that a stage writes, or below results/records: what its run cost."""


def name_shards(view: str, count: int) -> list[str]:
    """Return the names of the shards of a view, such as ``photographs-shard-07``."""
    width = len(str(count))
    return [f"{view}-shard-{number:0{width}}" for number in range(1, count + 1)]
