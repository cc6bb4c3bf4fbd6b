"""Both recipes of an image make the locked environment, and jobs run in it where that is asked for, and only there."""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from snakemake.settings.types import DeploymentMethod
from yte import process_yaml

from benchmarks import project, trivial
from darkroom.core.errors import UserError
from workflow import containers

RECIPES = {"Containerfile": r"python:(\S+)", "darkroom.def": r"From: python:(\S+)"}
PROFILES = ("slurm", "cluster-generic")
RESULT = "results/intel/evaluations/model-0001/metrics.json"
APPTAINER = """#!/bin/sh
[ "$1" != --version ] || { echo "apptainer version 1.3.4"; exit 0; }
echo "$*" >> started.txt
until [ "$1" = sh ] || [ "$1" = bash ]; do shift; done
exec "$@"
"""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_has_the_python_and_the_lock_of_the_project(root: Path, recipe: str) -> None:
    text = (root / "container" / recipe).read_text()
    (tag,) = {match[1].rstrip("`.") for match in re.finditer(RECIPES[recipe], text)}
    version = tag.partition("-")[0]
    software = yaml.safe_load((root / "workflow/environment.yaml").read_text())["dependencies"]
    assert f"python={version}" in software
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    assert SpecifierSet(wanted).contains(f"{version}.0")
    (lock,) = set(re.findall(r"LOCK=(\S+)$", text, re.MULTILINE))
    assert {"pip": [f"--requirement ../requirements/{lock}.txt"]} in software
    assert (root / f"requirements/{lock}.txt").is_file()
    for copied in re.findall(r"^(?:COPY|   ) ?(\S+) /opt/darkroom/", text, re.MULTILINE):
        assert (root / copied).exists(), copied
    assert re.search(r"^(RUN|   ) /opt/darkroom/prepare ", text, re.MULTILINE)
    assert "pip install" not in text


def test_both_recipes_are_of_one_base_and_what_they_run_installs_by_hash(root: Path) -> None:
    texts = {recipe: (root / "container" / recipe).read_text() for recipe in RECIPES}
    assert len({re.search(pattern, texts[recipe])[1] for recipe, pattern in RECIPES.items()}) == 1  # type: ignore[index]
    assert 'requirements/install environment "requirements/$1.txt"' in (root / "container/prepare").read_text()


def test_whoever_works_in_the_image_is_not_root(root: Path) -> None:
    lines = (root / "container/Containerfile").read_text().splitlines()
    (user,) = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert user not in ("root", "0")
    assert not [line for line in lines[lines.index(f"USER {user}") :] if line.startswith("RUN")]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("asked", [False, True])
def test_a_clusters_profile_asks_for_the_image_where_its_head_says_so(root: Path, profile: str, asked: bool) -> None:
    text = (root / "workflow/profiles" / profile / "profile.yaml").read_text()
    assert len(re.findall(r"^  container: false\b", text, re.MULTILINE)) == 1
    settings = process_yaml(text.replace("  container: false", f"  container: {str(asked).lower()}"))
    assert settings.get("software-deployment-method") == ("apptainer" if asked else None)


@pytest.mark.parametrize(
    ("config", "image"),
    [
        ({}, containers.IMAGE),
        ({"container": ""}, containers.IMAGE),
        ({"container": "docker://registry/darkroom:1"}, "docker://registry/darkroom:1"),
    ],
)
def test_the_image_is_ours_or_another_that_is_named(config: dict[str, str], image: str) -> None:
    assert containers.find_image(config) == image


@pytest.mark.parametrize("given", [3, "two words", ["a"]])
def test_what_is_no_image_is_refused(given: object) -> None:
    with pytest.raises(UserError, match=r"^config: container: .*: not a file or an address, such as container/"):
        containers.find_image({"container": given})


def test_an_image_that_is_to_be_used_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def settings(*methods: DeploymentMethod) -> Any:
        return SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=set(methods)))

    containers.check_image(settings(), containers.IMAGE)
    containers.check_image(settings(DeploymentMethod.APPTAINER), "docker://registry/darkroom:1")
    with pytest.raises(UserError) as said:
        containers.check_image(settings(DeploymentMethod.APPTAINER), containers.IMAGE)
    assert str(said.value) == (
        "container/darkroom.sif: no such image; make it: apptainer build container/darkroom.sif "
        "container/darkroom.def, or name another: --config container=…"
    )


@pytest.mark.slow
def test_jobs_run_in_the_image_where_that_is_asked_for_and_only_there(stub: Path, tmp_path: Path) -> None:
    """The program that would start it notes what it is asked, and runs that here."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "apptainer").write_text(APPTAINER)
    (tools / "apptainer").chmod(0o755)
    variables = project.environment(tools)
    (stub / containers.IMAGE).parent.mkdir(exist_ok=True)
    (stub / containers.IMAGE).touch()
    for number, options in enumerate(([], ["--software-deployment-method", "apptainer"])):
        trivial.forget(stub)
        trivial.change(stub, 1)
        done = project.start(
            stub, ["snakemake", "results/intel/evaluations/model-0001/metrics.json", *options], variables
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert [stage for stage, _ in trivial.executed(stub)] == ["train@model-0001", "evaluate@model-0001"]
        started = (stub / "started.txt").read_text().splitlines() if (stub / "started.txt").exists() else []
        assert [f" {containers.IMAGE} " in line for line in started if "workflow.job" in line] == [True, True] * number
