"""Steps of an audit made by hand, with records of where their networks were made."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workflow.audit.facts import Audit
from workflow.audit.lineage import Item, Step

CODE = Item("darkroom/core/files.py", "c" * 32, 2578, None, "same", sha256="c1" * 32)
RAW = Item("data/raw/mine", "d" * 28 + "1111.dir", 3_000_000, 3, "same", sha256="d1" * 32)
VIEW = Item("data/views/small", "e" * 28 + "2222.dir", 5 * 2**20, 6, "same", sha256="e1" * 32)
FIGURE = "results/s/accuracy.png"
PNG = b"\x89PNG\r\n\x1a\n-a-figure-"
MACHINE = {"host": "atlas", "processor": "A processor", "features": ["avx2", "avx512f"], "cores": 8}
RECORD = {"began": "2026-05-04T10:00:00+00:00", "ended": "2026-05-04T10:03:20+00:00", "seconds": 61.0, "epochs": 9}
RECORD |= {"machine": MACHINE, "versions": {"python": "3.11.7", "keras": "3.15.1"}, "threads": 1, "gpu": None}
FACTS = {"params.yaml": {"models.cnn.training": {"epochs": 9}}, "workflow/versions.yaml": {"keras": "3.15.1"}}


def made(item: Item, producer: str) -> Item:
    return replace(item, producer=producer)


def network(name: str, md5: str, record: Mapping[str, Any] = RECORD) -> Step:
    out = Item(f"models/s/{name}/model.keras", md5 * 32, 40_000, None, "same", sha256=f"{md5}a" * 32)
    command = f"python -m stages.train {name}"
    inputs = (made(VIEW, "prepare@small"),)
    return Step(f"train@{name}", "A network", command, FACTS, (CODE,), inputs, (out,), record, "f" * 40)


def made_audit() -> Audit:
    """Two networks on a view, and a figure of both, which is written; what is known of the first steps is little."""
    Path(FIGURE).parent.mkdir(parents=True)
    Path(FIGURE).write_bytes(PNG)
    networks = [network("first", "1"), network("second", "2")]
    read = tuple(made(step.outs[0], step.name) for step in networks)
    figure = Item(FIGURE, "9" * 32, 18, None, "same", sha256="9a" * 32)
    steps = [
        Step("fetch@mine", "Archives", "fetch mine", {}, (CODE,), (), (RAW,)),
        Step("prepare@small", "", "prepare small", {}, (), (made(RAW, "fetch@mine"),), (VIEW,)),
        *networks,
        Step("compare@s", "All < & >", "compare s", {}, (), read, (figure,)),
    ]
    return Audit((FIGURE,), tuple(steps))
