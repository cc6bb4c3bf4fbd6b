"""What a crate says and holds of steps made by hand from real files, and what it refuses."""

import hashlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from darkroom.core.errors import UserError
from tests.support.crates import (
    BEGAN,
    ENDED,
    METADATA,
    METRICS,
    MODEL,
    PHOTOGRAPHS,
    RECORD,
    VIEW,
    entities,
    item,
    named,
    wrote,
)
from workflow.audit import crate
from workflow.audit.crate_run import generalise
from workflow.audit.lineage import Step
from workflow.changes import Change


def test_an_action_has_the_objects_results_values_times_and_tool_of_its_step(written_crate: Path) -> None:
    found = entities(written_crate)
    action = found["#run/train%40cnn"]
    code = {"darkroom/core", "stages/train.py"}
    assert named(found, action["object"]) == {VIEW, *code, "models.cnn.training.epochs", "runtime"}
    assert named(found, action["result"]) == {MODEL, RECORD}
    assert (action["startTime"], action["endTime"]) == (BEGAN, ENDED)
    assert action["description"] == "python -m stages.train cnn"
    assert found[action["identifier"]["@id"]]["value"] == "c" * 40
    assert found[action["instrument"]["@id"]]["name"] == "stages.train"
    values = {found[one["@id"]]["name"]: found[one["@id"]].get("value") for one in action["object"]}
    assert values["models.cnn.training.epochs"] == 2
    assert json.loads(values["runtime"]) == {"seed": None}
    assert named(found, found["#tool/train"]["input"]) == {"data/views/<view>", "training.epochs", "runtime"}


@pytest.mark.parametrize(
    ("source", "said"), [("synthetic", "Synthetic images, drawn by a program. What"), ("../a", "What")]
)
def test_its_description_says_that_images_were_drawn(
    four_steps: list[Step], tmp_path: Path, source: str, said: str
) -> None:
    fetched = replace(four_steps[0], params={"params.yaml": {"datasets.mine.source": source}})
    crate.write(tmp_path / "said", [fetched, *four_steps[1:]], [METRICS])
    assert entities(tmp_path / "said")["./"]["description"].startswith(f"{said} {METRICS} came from. ")


def test_code_is_held_in_full_and_called_code(written_crate: Path) -> None:
    found = entities(written_crate)
    files = {found[part["@id"]]["name"] for part in found["darkroom/core/"]["hasPart"]}
    assert files == {str(path) for path in Path("darkroom/core").glob("*.py")}
    for name in (*files, "stages/train.py"):
        assert "SoftwareSourceCode" in found[name]["@type"]
        assert (written_crate / name).read_bytes() == Path(name).read_bytes()
    assert {"darkroom/core", "darkroom/core/files.py"} <= named(found, found["#run/fetch%40mine"]["object"])


def test_what_is_not_known_is_left_out(written_crate: Path) -> None:
    found = entities(written_crate)
    for address in ("#run", "#run/evaluate%40cnn"):
        assert not {"startTime", "endTime", "agent", "identifier"} & found[address].keys()
    assert named(found, found["#run/evaluate%40cnn"]["object"]) >= {"evaluation.bins", "numpy", MODEL}


def test_the_run_goes_from_what_was_brought_to_what_was_asked_for(written_crate: Path) -> None:
    found = entities(written_crate)
    assert found["#run"]["instrument"] == found["./"]["mainEntity"] == {"@id": "workflow/Snakefile"}
    assert named(found, found["#run"]["object"]) == {"params.yaml", PHOTOGRAPHS}
    assert named(found, found["#run"]["result"]) == {METRICS}
    assert len(found["#organize"]["object"]) == 4
    assert found[found["#organize"]["instrument"]["@id"]]["softwareVersion"]
    assert found[found["workflow/Snakefile"]["programmingLanguage"]["@id"]]["version"]
    assert found["./"]["license"] == {"@id": "https://spdx.org/licenses/Apache-2.0"}


def test_every_file_is_listed_with_the_hash_and_size_of_its_bytes(written_crate: Path) -> None:
    listed = {
        address: entity
        for address, entity in entities(written_crate).items()
        if "File" in entity["@type"] and not address.startswith("#")
    }
    files = {path.relative_to(written_crate).as_posix(): path for path in written_crate.rglob("*") if path.is_file()}
    assert files.keys() - listed.keys() == {METADATA}
    assert listed.keys() - files.keys() == set()
    expected = {"dvc.yaml", "dvc.lock", "params.yaml", "workflow/plan.yaml", "workflow/versions.yaml", "LICENSE", MODEL}
    assert expected <= listed.keys()
    assert [name for name in listed if name.startswith("requirements/")]
    for name, entity in listed.items():
        content = files[name].read_bytes()
        assert content == Path(name).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))


def test_folders_of_data_are_described_and_not_copied(written_crate: Path) -> None:
    found = entities(written_crate)
    assert not (written_crate / "data").exists()
    assert not (written_crate / "outside").exists()
    view = found[f"#{VIEW}"]
    assert (view["@type"], view["contentSize"]) == ("Dataset", "16")
    assert found[view["identifier"]["@id"]]["value"] == item(VIEW).md5
    assert found[view["additionalProperty"]["@id"]]["value"] == 2


def test_a_file_is_read_once(four_steps: list[Step], tmp_path: Path) -> None:
    watched: list[str] | None = []

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and watched is not None:
            watched.append(str(arguments[0]))

    sys.addaudithook(note)
    crate.write(tmp_path / "crate", four_steps, [METRICS], described=())
    opened, watched = watched, None  # a hook stays for good
    for name in (MODEL, METRICS, f"{VIEW}/train.npy", "darkroom/core/files.py", "workflow/Snakefile"):
        assert opened.count(name) == 1, name


def refused(steps: list[Step], out: Path) -> str:
    """The one line with which writing a crate is refused; nothing is left."""
    before = set(out.parent.iterdir())
    with pytest.raises(UserError) as error:
        crate.write(out, steps, [METRICS])
    assert set(out.parent.iterdir()) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_that_holds_something_is_refused(four_steps: list[Step], tmp_path: Path) -> None:
    out = tmp_path / "crate"
    wrote(str(out / "own.txt"), b"the user's")
    assert refused(four_steps, out) == f"{out}: exists and is not empty; name a new folder"
    assert (out / "own.txt").read_bytes() == b"the user's"


def test_a_lineage_that_no_longer_holds_is_refused(four_steps: list[Step], tmp_path: Path) -> None:
    changed = replace(four_steps[2], changes=(Change("parameter", "runtime.seed", "was 1, is 2"),))
    assert "train@cnn: runtime.seed was 1, is 2:" in refused(
        [*four_steps[:2], changed, four_steps[3]], tmp_path / "crate"
    )
    view = replace(four_steps[1].outs[0], state="changed")
    assert f"prepare@small: {VIEW} changed:" in refused(
        [four_steps[0], replace(four_steps[1], outs=(view,)), *four_steps[2:]], tmp_path / "crate"
    )


def test_bytes_that_are_not_those_recorded_are_refused(four_steps: list[Step], tmp_path: Path) -> None:
    Path(MODEL).write_bytes(b"another network")
    assert refused(four_steps, tmp_path / "crate").startswith(f"{MODEL}: not what dvc.lock records")


def test_a_missing_file_is_named_and_missing_data_is_described(four_steps: list[Step], tmp_path: Path) -> None:
    shutil.rmtree(VIEW)
    crate.write(tmp_path / "whole", four_steps, [METRICS])
    Path(METRICS).unlink()
    assert refused(four_steps, tmp_path / "crate").startswith(f"{METRICS}: missing")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models.cnn.network", "models.<model>.network"),
        ("data/views/small", "data/views/<view>"),
        ("results/s/evaluations/cnn/metrics.json", "results/<key>/evaluations"),
        ("/elsewhere/photographs", "<origin>"),
    ],
)
def test_names_of_formal_parameters_are_those_of_any_key(text: str, expected: str) -> None:
    patterns = [
        "${item.origin}",
        "models.${item.model}.network",
        "data/views/${item.view}",
        "results/${key}/evaluations",
    ]
    assert generalise(text, patterns) == expected
    assert generalise(text, patterns[:0]) == text
