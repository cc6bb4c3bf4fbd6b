"""Questions of the five course documents, by id, with what each asks for."""

import csv
from pathlib import Path

with Path(__file__).with_suffix(".csv").open(newline="") as stream:
    KINDS = {row["id"]: row["kind"] for row in csv.DictReader(stream)}
    """By id, in the documents' order: reason, figures, or both."""


def list_ids(document: str) -> list[str]:
    """Return the ids of a document's questions, in its order."""
    return [key for key in KINDS if key.rpartition("-")[0] == document]
