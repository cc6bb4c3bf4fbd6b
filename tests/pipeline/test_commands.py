"""Commands of dvc.yaml are what DVC writes into dvc.lock and reads there, whatever models and studies are called."""

import json
import random
import re
import shutil
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from darkroom.core.errors import UserError
from darkroom.params.document import complete
from darkroom.params.yaml_dialect import Loader
from darkroom.params.yaml_files import read
from darkroom.pipeline import artifacts, plan, planning, template

LONGEST = 60
LENGTHS = [pytest.param(length, marks=[pytest.mark.slow] * (length % 6 > 0)) for length in range(1, LONGEST + 1)]
"""Each counts, for each breaks another line; a sixth of them do for a fast round."""
LETTERS = f"{string.ascii_lowercase}{string.digits}"


def names(length: int) -> list[str]:
    """Names of a length: a word with hyphens, where YAML may break a line, and what it may take for a number."""
    drawn = random.Random(length)
    word = "".join(drawn.choices(f"{LETTERS}-_", k=length - 1))
    return [
        f"{drawn.choice(LETTERS)}{word}",
        "1" * length,
        f"1e{'0' * (length - 2)}"[:length],
        f"0x{'1' * length}"[:length],
    ]


def renamed(document: dict[str, Any], study: str, name: str) -> dict[str, Any]:
    """A document of one study whose first model, view and sweep are called ``name``, and the study almost so."""
    of_study = {**document["studies"][study], "document": None}
    text = json.dumps({**document, "studies": {study: of_study}})
    model = of_study["models"][0]
    found = {**document["models"], **document["finetunes"]}[model]
    view = found["view"]
    for old in dict.fromkeys([study, model, view, *of_study.get("sweeps", [])[:1]]):
        text = text.replace(json.dumps(old), json.dumps(name if old != study else f"{name}s"))
    return json.loads(text)


@pytest.fixture(scope="module")
def document(root: Path) -> dict[str, Any]:
    """params.yaml."""
    return read(root / "params.yaml")


def written_and_read(stages: Mapping[str, template.Stage]) -> dict[str, str]:
    """The commands of stages as they come back from a dvc.lock that DVC wrote."""
    from dvc.utils.serialize import dumps_yaml

    document = {"stages": {name: {"cmd": stage.command} for name, stage in stages.items()}}
    read_again = yaml.load(dumps_yaml(document), Loader=Loader)["stages"]
    return {name: stage["cmd"] for name, stage in read_again.items()}


@pytest.mark.parametrize("study", ["intel", "cats-dogs", "waste"])
@pytest.mark.parametrize("length", LENGTHS)
def test_commands_are_what_dvc_writes_and_reads(
    root: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, study: str, length: int
) -> None:
    shutil.copyfile(root / "dvc.yaml", tmp_path / "dvc.yaml")
    monkeypatch.chdir(tmp_path)  # where there is no plan yet
    for name in names(length):
        changed = renamed(document, study, name)
        parameters = complete(changed)
        planned, texts = planning.make_plan(parameters), plan.find_outdated(parameters)
        written, listed = (yaml.load(texts[file], Loader=Loader) for file in (plan.FILE, artifacts.FILE))
        assert written == planned
        assert all(isinstance(key, str) for key in listed["artifacts"])
        stages = template.expand(template.read_definitions(), {**changed, **written})
        for stage in stages.values():
            assert stage.command == " ".join(stage.command.split()), stage.name
        assert written_and_read(stages) == {stage: one.command for stage, one in stages.items()}


@pytest.mark.parametrize("command", ["python  -m x", "python -m x ", " python -m x", "python -m x\n"])
def test_a_command_that_dvc_would_not_keep_is_refused(command: str) -> None:
    definitions = {"say": {"cmd": command, "outs": ["x"]}}
    with pytest.raises(UserError, match=re.escape("dvc.yaml: say: its command holds")):
        template.expand(definitions, {})
