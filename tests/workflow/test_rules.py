"""What a rule's docstring says of files is what dvc.yaml says of its stage."""

import re
from pathlib import Path

import pytest

from darkroom.pipeline import template

CODE = ("stages/", "darkroom/")
"""Where the code lies that stages depend on; the rules do not name it."""
RULE = re.compile(r'^rule (\w+):\n    """(.*?)"""\n(.*?)(?=^rule |\Z)', re.MULTILINE | re.DOTALL)
ROOT = Path(__file__).resolve().parents[2]
RULES = {
    name: (docstring, body)
    for file in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for name, docstring, body in RULE.findall(file.read_text(encoding="utf-8"))
    if name != "timings"  # no stage of DVC
}


def named(docstring: str, heading: str) -> list[str]:
    """The files after a heading: ``folder/ a b`` stands for ``folder/a folder/b``."""
    words = re.search(rf"^    {heading}: (.*?)(?=^    \w+: |\Z)", docstring, re.MULTILINE | re.DOTALL)
    assert words, f"no {heading}:"
    folder, found = "", []
    for word in words[1].split():
        if word.endswith("/"):
            folder = word
        else:
            found.append(word if "/" in word or word.startswith("{") else folder + word)
    return found


def declared(paths: list[str], wildcard: str) -> list[str]:
    """Paths of dvc.yaml as a rule has them, with the key as its wildcard and ``item.study`` as ``study``."""
    names = (template.EXPRESSION.sub(lambda match: f"{{{match[1].rpartition('.')[2]}}}", path) for path in paths)
    return [name.replace("{key}", f"{{{wildcard}}}") for name in names if not name.startswith(CODE)]


def test_every_stage_has_a_rule() -> None:
    assert RULES.keys() == template.read_definitions(ROOT).keys()


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_files_in_a_rules_docstring_are_those_of_its_stage(name: str) -> None:
    docstring, body = RULES[name]
    asked = re.search(rf'pipeline\.outs\("{name}", "(\w+)"', body)
    assert asked
    definition = template.read_definitions(ROOT)[name]["do"]
    assert sorted(named(docstring, "In")) == sorted(declared(template.list_paths(definition["deps"]), asked[1]))
    assert sorted(named(docstring, "Out")) == sorted(declared(template.list_outs(definition), asked[1]))


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_shows_the_command_that_it_runs(name: str) -> None:
    docstring, body = RULES[name]
    assert f"`python -m stages.{name}`" in docstring
    assert template.read_definitions(ROOT)[name]["do"]["cmd"].startswith(f"python -m stages.{name} ")
    assert "python -m workflow.job {params.stage} --log {log}" in body
    assert f'stage="{name}@{{' in body


def test_images_are_counted_before_a_corrupt_one_stops_their_preparation() -> None:
    found = {name: int(re.search(r"priority: (\d+)", RULES[name][1])[1]) for name in ("census", "prepare", "divide")}
    assert found["census"] > found["prepare"] and found["census"] > found["divide"]


def test_training_runs_begin_before_evaluations_and_after_what_they_wait_for() -> None:
    found = {name: re.search(r"^    priority: (\S+)", body, re.MULTILINE) for name, (_, body) in RULES.items()}
    given = {name: match[1] for name, match in found.items() if match}
    assert {name for name, value in given.items() if value == "pipeline.work"} == {"train", "transfer", "finetune"}
    assert {"fetch", "unzip", "prepare", "pretrained"} <= {name for name, value in given.items() if value.isdigit()}
    assert not {"evaluate", "explain", "compare"} & set(given)
