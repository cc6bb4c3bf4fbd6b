"""Steps made by hand from real files, and what the validator of the profile finds wrong with a crate of them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from requests_cache import CachedSession
from requests_cache.models import CachedRequest, CachedResponse
from rocrate.vocabs import RO_CRATE
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings

from darkroom.core.filenames import ARCHIVES
from workflow import hashes
from workflow.audit.lineage import Item, Step

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
METADATA = "ro-crate-metadata.json"
MODEL, RECORD = "models/s/cnn/model.keras", "models/s/cnn/record.json"
METRICS = "results/s/evaluations/cnn/metrics.json"
VIEW, RAW, PHOTOGRAPHS = "data/views/small", "data/raw/mine", "../my photographs"
ARCHIVE_SHA256 = hashlib.sha256(b"an archive").hexdigest()
BEGAN, ENDED = "2026-05-04T10:00:00+00:00", "2026-05-04T10:03:20+00:00"


def issues(folder: Path, cache: Path) -> list[str]:
    """What the validator finds wrong with a crate: the Provenance Run Crate profile and those it builds on.

    ``cache``, a path of the test's, stands for the network: it holds RO-Crate 1.1's context, which comes with rocrate.
    """
    assert RO_CRATE["@id"] == CONTEXT
    with CachedSession(str(cache), backend="sqlite") as session:
        content, request = json.dumps(RO_CRATE).encode(), CachedRequest(method="GET", url=CONTEXT)
        facts = {"status_code": 200, "headers": {"Content-Type": "application/ld+json"}, "url": CONTEXT}
        session.cache.save_response(CachedResponse(content=content, request=request, **facts))
    settings = ValidationSettings(
        rocrate_uri=str(folder),
        profile_identifier="provenance-run-crate-0.5",
        requirement_severity=Severity.REQUIRED,
        offline=True,
        cache_path=cache,
    )
    result = services.validate(settings)
    assert not result.skipped_checks
    return [f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues(Severity.REQUIRED)]


def item(path: str, producer: str | None = None) -> Item:
    content = hashes.content(Path(path))
    assert content is not None
    return Item(path, content.md5, content.size, content.files, "same", producer)


def wrote(path: str, content: bytes) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path


def four_steps() -> list[Step]:
    """Steps from photographs outside the working folder to the metrics of a network; their files are written."""
    wrote("dvc.lock", b"schema: '2.0'\n")
    wrote(f"{PHOTOGRAPHS}/\u00c9t\u00e9 & mer/1 #.png", b"a photograph")
    wrote(f"{RAW}/learn.zip", b"an archive")
    wrote(f"{RAW}/{ARCHIVES}", f"name,bytes,sha256\nlearn.zip,10,{ARCHIVE_SHA256}\n".encode())
    wrote(f"{VIEW}/train.npy", b"an array")
    wrote(f"{VIEW}/index.csv", b"an index")
    wrote(MODEL, b"a network" * 2**18)
    wrote(RECORD, b"{}")
    wrote(METRICS, b"{}")
    code = (item("darkroom/core"),)
    drawing = (*code, item("darkroom/core/files.py"))  # a file, and the folder that it lies in
    training = {"params.yaml": {"models.cnn.training.epochs": 2, "runtime": {"seed": None}}}
    return [
        Step("fetch@mine", "Archives", "fetch mine", {}, drawing, (item(PHOTOGRAPHS),), (item(RAW),)),
        Step("prepare@small", "Arrays", "prepare small", {}, code, (item(RAW, "fetch@mine"),), (item(VIEW),)),
        Step(
            name="train@cnn",
            description="A network fitted",
            command="python -m stages.train cnn",
            params=training,
            code=(*code, item("stages/train.py")),
            inputs=(item(VIEW, "prepare@small"),),
            outs=(item(MODEL), item(RECORD)),
            record={"began": BEGAN, "ended": ENDED, "seconds": 200.0},
            commit="c" * 40,
        ),
        Step(
            name="evaluate@cnn",
            description="Metrics",
            command="python -m stages.evaluate cnn",
            params={"params.yaml": {"evaluation.bins": 15}, "workflow/versions.yaml": {"numpy": "2.3"}},
            code=code,
            inputs=(item(VIEW, "prepare@small"), item(MODEL, "train@cnn")),
            outs=(item(METRICS),),
        ),
    ]


def entities(folder: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((folder / METADATA).read_text(encoding="utf-8"))["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)
    return {entity["@id"]: entity for entity in graph}


def named(found: dict[str, dict[str, Any]], references: Any) -> set[str]:
    """The names of the entities referred to; each of them is there."""
    return {found[one["@id"]]["name"] for one in (references if isinstance(references, list) else [references])}
