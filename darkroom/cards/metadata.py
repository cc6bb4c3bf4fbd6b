"""The block of metadata at the head of a model card, in YAML, as Hugging Face's hub reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from darkroom.cards.scores import Interval, Scores

TASK = "image-classification"
SYNTHETIC = "synthetic"
NOT_CHOSEN = "unknown"
"""The hub's word for a licence that nobody has named."""


def compose_metadata(
    name: str, licence: str | None, tags: Sequence[str], dataset: Mapping[str, str] | None, scores: Scores | None
) -> str:
    """Return the block, between its two lines of dashes.

    Args:
        name: of the model.
        licence: by the hub's identifier; ``None``: not chosen yet.
        tags: the first ones say what matters most.
        dataset: its ``name`` for people and its ``type``, the key; ``None``: not known.
        scores: on the test images; ``None``: not evaluated, or not known.
    """
    content: dict[str, Any] = {
        "license": licence or NOT_CHOSEN,
        "library_name": "keras",
        "pipeline_tag": TASK,
        "tags": [*tags, TASK],
    }
    if scores and dataset:
        content["metrics"] = ["accuracy", "f1"]
        result = {
            "task": {"type": TASK, "name": "Image classification"},
            "dataset": {**dataset, "split": "test"},
            "metrics": [
                _name_metric("accuracy", "Accuracy", scores.accuracy),
                _name_metric("f1", "F1, mean over classes", scores.macro_f1),
            ],
        }
        content["model-index"] = [{"name": name, "results": [result]}]
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000)
    return f"---\n{text}---\n"


def _name_metric(kind: str, name: str, found: Interval) -> dict[str, Any]:
    return {
        "type": kind,
        "value": round(found.value, 4),
        "name": f"{name} (95 % interval {found.low:.4f} to {found.high:.4f})",
    }
