"""Forms for reviewers are valid where they are read, have a study's numbers, and leave open what nobody knows."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from darkroom.apps import forms
from darkroom.core.provenance import NOTES
from tests.support.card_projects import read_markdown_table, write_census, write_images, write_sources
from tests.support.refusals import one_line
from tests.support.written_results import MODELS

ROWS = [
    "cnn,6,3,0.5,0.1876,0.8124,1.25,1200,3,2,from scratch,1,,",
    "cnn-bn,6,4,0.6667,0.3,0.9032,0.75,1,3,3,x,2,0.6,0.05",
]
COSTS = "model,seconds,peak_memory_mib,processor\ncnn,30,812,Abacus 9000\ncnn-bn,90.5,900,Abacus 9000\n"
QUESTIONS = 21
"""Of the checklist."""
LOCK = """one==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:{one} \\
    --hash=sha256:{two}
    # via two
two==2.0+cpu \\
    --hash=sha256:{two}
    # via
    #   darkroom (pyproject.toml)
    #   three
"""


@pytest.fixture
def study(project: Callable[..., Path], root: Path) -> Path:
    """A project whose study intel is made."""
    folder = project()
    write_sources(folder, root)
    shutil.copytree(root / "workflow/report", "workflow/report")
    write_census(Path("results/census/intel"))
    Path("results/census/intel/census.md").write_text("# Census\n")
    write_images(Path("data/images/intel"), Path("data/raw/intel"))
    for name, text in {
        "comparison/models.csv": "\n".join([MODELS, *ROWS, ""]),
        "comparison/replicates.csv": "training,model\ncnn,cnn\ncnn-bn,cnn-bn\ncnn-bn-replicate-2,cnn-bn\n",
        "comparison/accuracy.png": "",
        "costs/costs.csv": COSTS,
        "worksheet.md": "# Worksheet\n",
        "evaluations/cnn/metrics.json": "{}",
        "evaluations/cnn/predictions.csv": "",
    }.items():
        file = Path("results/intel", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def test_codecheck_lists_what_is_there_with_what_it_shows(study: Path) -> None:
    forms.main(["codecheck", "intel", "--out", "codecheck.yml"])
    text = Path("codecheck.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert content["version"] == "https://codecheck.org.uk/spec/config/1.0/"
    said = {one["file"]: one["comment"] for one in content["manifest"]}
    assert list(said) == [
        "results/census/intel/census.md",
        "results/intel/evaluations/cnn/metrics.json",
        "results/intel/comparison/models.csv",
        "results/intel/comparison/replicates.csv",
        "results/intel/comparison/accuracy.png",
        "results/intel/worksheet.md",
    ]
    assert all(Path(file).is_file() for file in said)
    assert said["results/intel/comparison/accuracy.png"] == (
        f"Test accuracy of each model of intel with its interval; dots are replicates ({NOTES['drawn']})."
    )
    assert all(comment.endswith(f" ({NOTES['drawn']}).") and "{" not in comment for comment in said.values())
    assert text.index(NOTES["drawn"].capitalize()) < text.index("---")
    assert content["paper"] == {"title": None, "authors": [{"name": None, "ORCID": None}], "reference": None}
    assert content["codechecker"] == [{"name": None, "ORCID": None}]
    assert all(content[name] is None for name in ("report", "certificate", "check_time", "summary", "source"))
    one_line(lambda: forms.main(["codecheck", "intel", "--out", "codecheck.yml"]), "codecheck.yml: exists, and what")


def test_the_checklist_answers_what_facts_answer(study: Path) -> None:
    forms.main(["checklist", "intel"])
    text = Path("exports/intel-checklist.md").read_text(encoding="utf-8")
    assert text.startswith(f"# Reproducibility checklist of intel, on Intel natural scenes ({NOTES['drawn']})\n")
    boxes = re.findall(r"^- \[([x ])\] \*\*(.+?)\*\*<br>(.*)$", text, re.MULTILINE)
    assert len(boxes) == QUESTIONS
    assert all(("*Open" in rest) == (box == " ") for box, _, rest in boxes)
    table = read_markdown_table(text, "model").set_index("model")
    assert table.loc["cnn-bn"].tolist() == ["4", "6", "66.7%", "30.0%", "90.3%"]
    assert "3 training runs of 2 models" in text
    assert "cnn-bn 60.0% (standard deviation 5.0 points, 2 training runs). The other models were trained once." in text
    assert "1 min 0 s of training for a model on average, 2 min 0 s in all" in text
    assert "Abacus 9000, at most 900 MiB" in text
    assert "**1 group of the same images in more than one split, 1 under more than one label.**" in text


def test_without_costs_and_replicates_these_are_open(study: Path) -> None:
    Path("results/intel/costs/costs.csv").unlink()
    Path("results/intel/comparison/models.csv").write_text("\n".join([MODELS, ROWS[0], ""]), encoding="utf-8")
    forms.main(["checklist", "intel"])
    text = Path("exports/intel-checklist.md").read_text(encoding="utf-8")
    for question in ("A description of results with", "The average runtime", "A description of the computing"):
        assert f"- [ ] **{question}" in text
    assert len(re.findall(r"^- \[", text, re.MULTILINE)) == QUESTIONS


def test_a_bill_of_materials_is_what_the_locks_are(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    out = tmp_path / "sbom.json"
    forms.main(["sbom", "--lock", "cpu", "--out", str(out)])
    text = out.read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    content = json.loads(text)
    assert content["specVersion"] == "1.6" and content["metadata"]["component"]["name"] == "darkroom"
    locked = (root / "requirements/cpu.txt").read_text(encoding="utf-8")
    found = {one["name"]: one for one in content["components"]}
    required = {name for name, one in found.items() if one["scope"] == "required"}
    assert required == set(re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE))
    assert found["pytest"]["scope"] == "excluded"
    keras = found["keras"]
    assert keras["purl"] == f"pkg:pypi/keras@{keras['version']}" and f"keras=={keras['version']} " in locked
    assert keras["licenses"] == [{"license": {"name": "Apache License 2.0"}}]
    assert all(digest["content"] in locked for digest in keras["hashes"]) and keras["hashes"]
    needs = {one["ref"]: one["dependsOn"] for one in content["dependencies"]}
    assert keras["purl"] in needs["darkroom"] and found["absl-py"]["purl"] in needs[keras["purl"]]
    assert str(root) not in text and "https://" not in text.replace(content["$schema"], "")


def test_a_lock_is_read_as_it_is_written(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("requirements").mkdir()
    shutil.copyfile(root / "pyproject.toml", "pyproject.toml")
    one, two = (hashlib.sha256(name).hexdigest() for name in (b"1", b"2"))
    Path("requirements/cpu.txt").write_text(LOCK.format(one=one, two=two))
    Path("requirements/development.txt").write_text(f"three==3 \\\n    --hash=sha256:{one}\n    # via two\n")
    bills = []
    for name in ("a.json", "b.json"):
        forms.main(["sbom", "--lock", "cpu", "--out", name])
        bills.append(Path(name).read_bytes())
    assert bills[0] == bills[1]
    content = json.loads(bills[0])
    table = pandas.DataFrame(content["components"]).set_index("name")
    assert table["version"].to_dict() == {"one": "1.0", "three": "3", "two": "2.0+cpu"}
    assert [digest["content"] for digest in table.loc["one", "hashes"]] == [one, two]
    assert table.loc["one", "properties"] == [{"name": "darkroom:marker", "value": "sys_platform == 'linux'"}]
    assert {entry["ref"]: entry["dependsOn"] for entry in content["dependencies"]} == {
        "darkroom": ["pkg:pypi/two@2.0+cpu"],
        "pkg:pypi/one@1.0": [],
        "pkg:pypi/three@3": ["pkg:pypi/two@2.0+cpu"],
        "pkg:pypi/two@2.0+cpu": ["pkg:pypi/one@1.0", "pkg:pypi/three@3"],
    }
    one_line(lambda: forms.main(["sbom", "--lock", "tpu"]), "requirements/tpu.txt: no such lock; there is cpu, dev")


@pytest.mark.parametrize("form", ["codecheck", "checklist"])
def test_a_mistake_is_one_line(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    one_line(lambda: forms.main([form, "sea"]), "params.yaml has no study sea; there is intel")
    Path("results/intel/comparison/models.csv").unlink()
    one_line(lambda: forms.main([form, "intel"]), "models.csv: no such file; run snakemake intel")
    monkeypatch.chdir(tmp_path)
    one_line(lambda: forms.main([form, "intel"]), "dvc.yaml: no such file; run this in the folder of the project")
