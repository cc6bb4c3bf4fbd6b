"""The forms of an audit: each shows what is known, all of it, and nothing that is not."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from darkroom.core import filenames as origins
from darkroom.core.files import write_json
from tests.support.audited_steps import CODE, FACTS, FIGURE, MACHINE, RAW, RECORD, VIEW, made_audit, network
from workflow.audit import document, words
from workflow.audit import page as audit_page
from workflow.audit import text as audit_text
from workflow.audit.environments import Environment, list_different
from workflow.audit.facts import Audit, Brought, list_brought
from workflow.audit.lineage import Step
from workflow.changes import Change

INPUT = "of prepare@small, in data/views: small eeeeeeee SHA-256 e1e1e1e1 6 files, 5.0 MiB"


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    monkeypatch.chdir(tmp_path)
    return made_audit()


def block(text: str, step: str) -> str:
    """The lines of a tree that tell of a step."""
    return text.split(f"─ {step}", 1)[1].split("─ ", 1)[0]


def test_a_tree_tells_each_step_in_full_once(audit: Audit) -> None:
    text = audit_text.render(audit, 120)
    assert text.startswith(f"{FIGURE}\n└─ compare@s: All < & >\n")
    assert text.count("prepare@small (above)") == text.count("command     prepare small") == 1
    told = block(text, "train@first")
    for fact in ("models.cnn.training = {epochs: 9}", "libraries   keras 3.15.1", "code        1 file\n"):
        assert fact in told
    for fact in (INPUT, "model.keras 11111111 SHA-256 1a1a1a1a 39.1 KiB"):
        assert fact in told
    assert "2026-05-04 10:00:00 UTC for 3 min 20 s (fit: 9 epochs in 1 min 1 s) on atlas (A processor)" in told
    assert "in commit ffffffff\n" in told
    assert text.endswith("5 steps: all that dvc.lock records of them still holds.\n")


def test_what_is_not_known_is_left_out(audit: Audit) -> None:
    told = block(audit_text.render(audit, 120), "prepare@small")
    assert told.startswith("\n")
    assert not {"parameters", "libraries", "code", "ran", "recorded", "brought"} & set(told.split())
    found = json.loads(document.render(audit))["steps"]
    assert "commit" not in found[1] and "record" not in found[1] and "producer" not in found[1]["outputs"][0]
    assert "null" not in document.render(replace(audit, steps=audit.steps[:2]))
    page = audit_page.render(replace(audit, steps=audit.steps[:2]))
    assert "<dt>ran" not in page and "<dt>recorded" not in page and "None" not in page


def test_a_step_recorded_without_sha256_is_said_to_be(audit: Audit) -> None:
    fetch, prepare, first, *others = audit.steps
    code = (replace(CODE, sha256=None),)
    old = replace(audit, steps=(fetch, replace(prepare, code=code), replace(first, code=code), *others))
    text = audit_text.render(old, 120)
    assert "recorded    without SHA-256\n" in block(text, "prepare@small")
    assert "recorded    in commit ffffffff, without SHA-256\n" in block(text, "train@first")
    assert "without" not in block(text, "train@second")
    assert audit_page.render(old).count("without") == 2
    assert "sha256" not in json.loads(document.render(old))["steps"][1]["code"][0]


def test_lines_fit_the_width_where_words_do(audit: Audit) -> None:
    assert max(map(len, audit_text.render(audit, 100).splitlines())) <= 100


def test_what_no_longer_holds_is_said_in_every_form(audit: Audit) -> None:
    fetch, prepare, *networks, compare = audit.steps
    parameter = Change("parameter", "views.small.size", "was 16, is 24 (params.yaml)")
    gone = replace(compare, outs=(replace(compare.outs[0], state="missing"),))
    code = (replace(CODE, state="changed"),)
    broken = replace(audit, steps=(fetch, replace(prepare, changes=(parameter,), code=code), *networks, gone))
    said = "2 differences from what dvc.lock records: "
    text, page = audit_text.render(broken, 120), audit_page.render(broken)
    assert text.endswith(f"{said}{parameter}; {FIGURE} is missing\n")
    assert "darkroom/core/files.py changed" in block(text, "prepare@small")
    assert page.count("no longer holds") >= 3 and page.count("files missing") >= 3
    found = json.loads(document.render(broken))
    assert (found["holds"], found["differences"]) == (False, [str(parameter), f"{FIGURE} is missing"])
    assert [step["state"] for step in found["steps"]] == ["same", "changed", "same", "same", "missing"]
    assert found["steps"][1]["changes"] == [
        {"kind": "parameter", "subject": "views.small.size", "what": "was 16, is 24 (params.yaml)"}
    ]


def test_json_has_all_that_the_tree_has_with_whole_hashes(audit: Audit) -> None:
    found = json.loads(document.render(audit))
    step = found["steps"][2]
    assert (step["command"], step["commit"], step["params"], step["record"]) == (
        *("python -m stages.train first", "f" * 40),
        *(FACTS, RECORD),
    )
    assert step["inputs"] == [
        {
            "path": VIEW.path,
            "md5": VIEW.md5,
            "size": VIEW.size,
            "files": 6,
            "state": "same",
            "producer": "prepare@small",
            "sha256": VIEW.sha256,
        }
    ]
    assert step["outputs"][0]["md5"] == "1" * 32
    assert found["asked"] == [FIGURE] and found["holds"] and found["environments"] == []


def other(**facts: Any) -> dict[str, Any]:
    return {**RECORD, **facts}


def test_environments_of_models_differ_in_what_both_records_tell() -> None:
    first = network("first", "1")
    assert list_different([first, network("second", "2", other(seconds=99.0, epochs=3))]) == []
    unknown = network("second", "2", {name: value for name, value in RECORD.items() if name != "gpu"})
    assert list_different([first, unknown]) == []
    machine = {**MACHINE, "host": "borea", "features": ["avx2"]}
    versions = {"python": "3.11.7", "keras": "3.16.0"}
    second = network("second", "2", other(machine=machine, versions=versions, gpu="H100"))
    assert list_different([first, second, network("third", "3")]) == [
        Environment(
            ("train@first", "train@third"),
            {"machine.host": "atlas", "machine.features": ["avx512f"], "versions.keras": "3.15.1", "gpu": None},
        ),
        Environment(
            ("train@second",),
            {"machine.host": "borea", "machine.features": [], "versions.keras": "3.16.0", "gpu": "H100"},
        ),
    ]


def test_every_form_shows_where_environments_differ(audit: Audit) -> None:
    *others, second, compare = audit.steps
    split = replace(audit, steps=(*others, replace(second, record=other(threads=4)), compare))
    lines = [line.split() for line in audit_text.render(split, 120).splitlines()]
    assert ["train@first", "train@second"] in lines and ["threads", "1", "4"] in lines
    assert json.loads(document.render(split))["environments"] == [
        {"steps": ["train@first"], "facts": {"threads": 1}},
        {"steps": ["train@second"], "facts": {"threads": 4}},
    ]
    assert "<td><code>threads</code></td><td>1</td><td>4</td>" in audit_page.render(split)


def test_every_form_says_which_steps_ran_on_processors_of_another_kind(audit: Audit) -> None:
    assert audit.processors == {}
    assert "processors of several kinds" not in audit_text.render(audit, 120) + audit_page.render(audit)
    *others, second, compare = audit.steps
    machine = {**MACHINE, "host": "borea", "features": ["avx2"]}
    split = replace(audit, steps=(*others, second, replace(compare, record=other(machine=machine))))
    kinds = {"A processor avx512f": ("train@first", "train@second"), "A processor": ("compare@s",)}
    assert split.processors == kinds
    told = audit_text.render(split, 120)
    assert "which may give other bits:\nA processor avx512f: train@first train@second\nA processor: compare@s\n" in told
    assert json.loads(document.render(split))["processors"] == {kind: list(steps) for kind, steps in kinds.items()}
    assert "<li>A processor: " in audit_page.render(split)


def test_what_was_brought_in_is_told_as_it_was_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (RAW.path, "data/pretrained/net"):
        Path(folder).mkdir(parents=True)
    Path(RAW.path, origins.ARCHIVES).write_text(f"name,bytes,sha256\nlearn.zip,1234,{'a' * 64}\n")
    Path("data/pretrained/net", origins.WEIGHTS).write_bytes(b"weights")
    facts = {"file": "net.bin", "bytes": 9, "sha256": "b" * 64, "origin": "ImageNet", "weights_sha256": "c" * 64}
    write_json(Path("data/pretrained/net", origins.BACKBONE), facts)
    weights = replace(RAW, path="data/pretrained/net")
    step = Step("fetch@mine", "", "fetch", {}, (), (), (RAW, weights))
    archive = Brought("archive", "learn.zip", "a" * 64, 1234)
    source, ours = (
        Brought("weights", "net.bin", "b" * 64, 9, "ImageNet"),
        Brought("weights", origins.WEIGHTS, "c" * 64, 7),
    )
    assert list_brought(step) == [archive, source, ours]
    assert list_brought(replace(step, outs=(replace(RAW, state="changed"), weights))) == [source, ours]
    audit = Audit((RAW.path,), (step,))
    for text in (audit_text.render(audit, 120), document.render(audit), audit_page.render(audit)):
        assert all(found.sha256 in text and found.name in text for found in (archive, source, ours))


@pytest.mark.parametrize("value", [None, True, 1e-05, "1", "a, b}", "", "Été", {"a": [1, {"b": None}], "c: d": "yes"}])
def test_values_are_shown_as_yaml_in_one_line(value: Any) -> None:
    text = words.format_value(value)
    assert "\n" not in text
    assert yaml.safe_load(text) == value


def test_an_audit_starts_without_what_takes_long_to_import() -> None:
    heavy = "{'pandas', 'numpy', 'keras', 'dvc', 'rocrate', 'snakemake', 'matplotlib'}"
    command = [sys.executable, "-c", f"import sys, workflow.audit.__main__; print({heavy} & set(sys.modules))"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "set()\n"
