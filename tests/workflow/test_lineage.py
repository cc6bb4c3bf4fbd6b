"""The chain of steps in a dvc.lock written by hand: who wrote what, what came first, and where it does not join."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from darkroom.core.errors import UserError
from darkroom.core.files import write_json
from darkroom.pipeline import template
from workflow import recording
from workflow.audit.lineage import Step, trace
from workflow.changes import Inspection
from workflow.contents import Contents
from workflow.hashes import content

ROOM = "darkroom/letters"
STAGES: dict[str, Any] = {
    "bring": {"desc": "Letters", "cmd": "bring", "deps": ["source.txt", "bring.py", ROOM], "outs": ["data/raw"]},
    "cut": {
        "foreach": "${parts}",
        "do": {
            "desc": "A part",
            "cmd": "cut ${key}",
            "deps": ["data/raw"],
            "params": ["parts.${key}.size"],
            "outs": ["data/parts/${key}/part.txt", "data/parts/${key}/record.json"],
        },
    },
    "join": {"desc": "The whole", "cmd": "join", "deps": ["data/parts"], "outs": ["results/whole.txt"]},
}
STAGES = {name: stage if "do" in stage else {"foreach": "${all}", "do": stage} for name, stage in STAGES.items()}
PARTS = {"a": {"size": 1}, "b": {"size": 2}}
WHOLE = "results/whole.txt"


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def held(paths: Sequence[str]) -> list[dict[str, Any]]:
    found = [(path, content(Path(path))) for path in paths]
    return [{"path": path, "hash": "md5", "md5": one.md5, "size": one.size} for path, one in found if one]


def record() -> dict[str, Any]:
    """What DVC would write to dvc.lock, had it just executed every stage."""
    entries = {
        name: {
            "cmd": stage.command,
            "deps": held(stage.deps),
            "params": {"params.yaml": {f"parts.{stage.key}.size": PARTS[stage.key]["size"]}} if stage.params else {},
            "outs": held(stage.outs),
        }
        for name, stage in template.read_stages().items()
    }
    save(entries)
    return entries


def save(entries: dict[str, Any]) -> None:
    write("dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": entries}, sort_keys=False))


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def want(parts: dict[str, Any]) -> None:
    write("params.yaml", yaml.safe_dump({"parts": parts, "all": {"it": {}}}))


def lineage(*targets: str) -> dict[str, Step]:
    inspection = Inspection(template.read_stages(), recording.read(), Contents())
    return {step.name: step for step in trace(targets, inspection)}


def said(step: Step) -> list[str]:
    return [str(change) for change in step.changes]


@pytest.fixture(autouse=True)
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A project in which every stage was executed, by hand, and dvc.lock records it; what it records."""
    monkeypatch.chdir(tmp_path)
    write("dvc.yaml", yaml.safe_dump({"stages": STAGES}, sort_keys=False))
    want(PARTS)
    for path in ("source.txt", "bring.py", f"{ROOM}/capitals.py", "data/raw/letters.txt", WHOLE):
        write(path, f"what is in {path}")
    for key in PARTS:
        write(f"data/parts/{key}/part.txt", key)
        write_json(Path(f"data/parts/{key}/record.json"), {"seconds": 2.5})
    return record()


def test_steps_come_first_to_last_joined_through_the_folder_that_holds_what_others_wrote() -> None:
    found = lineage(WHOLE)
    assert list(found) == ["bring@it", "cut@a", "cut@b", "join@it"]
    assert [(item.path, item.producer) for item in found["join@it"].inputs] == [
        (f"data/parts/{key}/{name}", f"cut@{key}") for key in PARTS for name in ("part.txt", "record.json")
    ]
    assert [(item.path, item.producer) for item in found["bring@it"].inputs] == [("source.txt", None)]
    assert [item.path for item in found["bring@it"].code] == ["bring.py", ROOM]
    assert found["cut@b"].params == {"params.yaml": {"parts.b.size": 2}}
    assert found["cut@b"].description == "A part"
    assert all(not step.changes for step in found.values())


@pytest.mark.parametrize("target", ["data/parts/a", "data/parts/a/part.txt", "./data/parts/../parts/a/"])
def test_a_step_is_found_by_any_file_or_folder_around_what_it_wrote(target: str) -> None:
    assert list(lineage(target)) == ["bring@it", "cut@a"]


def test_a_file_in_a_folder_that_a_step_wrote_is_its_own() -> None:
    assert list(lineage("data/raw/letters.txt")) == ["bring@it"]


def test_what_no_step_wrote_is_refused(entries: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"source\.txt: no stage of dvc\.yaml writes it; name a file or folder in data"):
        lineage("source.txt")
    with pytest.raises(UserError, match=r"data/raw/numbers\.txt: no such file; bring@it wrote data/raw without it"):
        lineage("data/raw/numbers.txt")
    save({name: entry for name, entry in entries.items() if name != "join@it"})
    with pytest.raises(
        UserError, match=r"whole\.txt: dvc\.lock records no execution that wrote it; run snakemake first"
    ):
        lineage(WHOLE)
    Path("dvc.lock").unlink()
    with pytest.raises(UserError, match="run snakemake first"):
        lineage("data")


def test_a_hash_that_its_writer_never_wrote_breaks_the_chain(entries: dict[str, Any]) -> None:
    entries["cut@a"]["deps"][0]["md5"] = "0" * 32 + ".dir"
    entries["join@it"]["deps"][0]["md5"] = "1" * 32 + ".dir"
    save(entries)
    broken = {
        name: [change.subject for change in step.changes if change.kind == "joint"]
        for name, step in lineage(WHOLE).items()
    }
    assert broken == {"bring@it": [], "cut@a": ["data/raw"], "cut@b": [], "join@it": ["data/parts"]}


def test_a_lock_edited_into_a_circle_has_each_step_once(entries: dict[str, Any]) -> None:
    entries["bring@it"]["deps"] += [{**out} for out in entries["join@it"]["outs"]]
    save(entries)
    assert list(lineage(WHOLE)) == ["bring@it", "cut@a", "cut@b", "join@it"]


@pytest.mark.parametrize(
    ("lost", "breaks"), [(["bring@it"], "cut@a"), (["cut@b"], "join@it"), (["cut@a", "cut@b"], "join@it")]
)
def test_an_entry_taken_out_breaks_the_chain(entries: dict[str, Any], lost: list[str], breaks: str) -> None:
    save({name: entry for name, entry in entries.items() if name not in lost})
    changes = lineage(WHOLE, *(["data/parts"] if "cut@a" not in lost else []))[breaks].changes
    assert f"comes from {lost[0]}, of which dvc.lock records nothing" in [
        one.what for one in changes if one.kind == "joint"
    ]


def test_a_stage_that_is_no_more_stays_in_the_lineage_of_what_was_made_from_it() -> None:
    want({"a": PARTS["a"]})
    assert said(lineage("data/parts/b")["cut@b"]) == ["cut@b is no longer in dvc.yaml"]
    assert "cut@b" in lineage(WHOLE)


def test_a_stage_that_is_no_more_is_no_part_of_what_was_made_without_it(entries: dict[str, Any]) -> None:
    want({"a": PARTS["a"]})
    for name in ("part.txt", "record.json"):
        Path("data/parts/b", name).unlink()
    save({**record(), "cut@b": entries["cut@b"]})
    found = lineage(WHOLE)
    assert list(found) == ["bring@it", "cut@a", "join@it"]
    assert all(not step.changes for step in found.values())


def test_what_changed_since_is_said(entries: dict[str, Any]) -> None:
    want({**PARTS, "a": {"size": 7}})
    write("bring.py", "another")
    write("data/parts/b/part.txt", "edited")
    Path(WHOLE).unlink()
    found = lineage(WHOLE)
    assert said(found["bring@it"]) == ["bring.py changed"]
    assert said(found["cut@a"]) == ["parts.a.size was 1, is 7 (params.yaml)"]
    assert said(found["cut@b"]) == ["data/parts/b/part.txt is not what cut@b wrote"]
    assert [item.state for item in found["join@it"].outs] == ["missing"]
    assert {item.path: item.state for item in found["join@it"].inputs}["data/parts/b/part.txt"] == "changed"


def test_a_record_that_is_gone_or_edited_tells_nothing() -> None:
    assert lineage("data/parts")["cut@a"].record == {"seconds": 2.5}
    write_json(Path("data/parts/a/record.json"), {"seconds": 1.5})
    Path("data/parts/b/record.json").unlink()
    assert [step.record for step in lineage("data/parts").values()] == [{}, {}, {}]


def test_an_entry_has_the_commit_that_last_wrote_to_it(entries: dict[str, Any]) -> None:
    assert [step.commit for step in lineage(WHOLE).values()] == [None] * 4
    git("init", "--quiet")
    git("add", "dvc.lock")
    git("commit", "--quiet", "--message", "All")
    first = git("rev-parse", "HEAD")
    assert [step.commit for step in lineage(WHOLE).values()] == [first] * 4
    entries["cut@b"]["cmd"] = "cut b finely"
    save(entries)
    assert [step.commit for step in lineage(WHOLE).values()] == [first, first, None, first]
    git("commit", "--quiet", "--all", "--message", "Finely")
    assert [step.commit for step in lineage(WHOLE).values()] == [first, first, git("rev-parse", "HEAD"), first]
