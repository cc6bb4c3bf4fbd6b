"""The libraries that stages compute with are declared, pinned, and decide whether a stage runs again."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from darkroom.core.backend import BACKENDS
from darkroom.params.document import load
from darkroom.params.yaml_files import read
from darkroom.pipeline import plan, template, versions
from tests.support.imports import imported

COMPUTES_NOTHING = {
    "backports",  # unpacks, and what it unpacks is checked
    "inflate64",  # the same
    "dvclive",  # shows metrics beside the results
    "jinja2",  # formats pages of text
    "kagglehub",  # brings files, whose bytes decide
    "pooch",  # brings files
    "py7zr",  # unpacks
    "pydantic",  # validates params.yaml
    "pydantic_core",  # the same
    "pyyaml",  # reads params.yaml, whose values decide
    "requests",  # its errors alone are named
    "tqdm",  # draws progress bars
}
"""Libraries that stages import and that leave nothing in what they write."""


@pytest.fixture
def sources(root: Path, project: Callable[..., Path]) -> Path:
    """A working folder with dvc.yaml, its plan and the committed versions."""
    folder = project()
    (folder / "workflow").mkdir()
    for name in ("dvc.yaml", "workflow/versions.yaml"):
        shutil.copyfile(root / name, folder / name)
    plan.update(load())
    return folder


@pytest.fixture
def upgraded(tmp_path: Path) -> Callable[[str, str], None]:
    """Install a library in another version, as far as its metadata tell, for the runs of :func:`python`."""

    def upgrade(library: str, version: str) -> None:
        folder = tmp_path / f"site/{library}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {library}\nVersion: {version}\n")

    return upgrade


def python(root: Path, tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a module in the working folder, with what is installed in ``site`` before all else.

    Not by ``python -m``, by which a stage would leave ``site`` out.
    """
    path = os.pathsep.join([str(tmp_path / "site"), str(root)])
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    module, *others = arguments
    code = f"import runpy; runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    return subprocess.run([sys.executable, "-c", code, *others], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("verb", sorted(template.read_definitions(Path(__file__).parents[2])))
def test_declared_libraries_are_the_imported_libraries(root: Path, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    found = imported(root, Path(f"stages/{verb}.py"))[1] - COMPUTES_NOTHING
    others = set(BACKENDS) - {read(root / "params.yaml")["runtime"]["backend"]}  # one of them computes
    assert versions.list_declared(verb) == sorted(found - others)


def test_no_library_is_left_out_without_need(root: Path) -> None:
    verbs = template.read_definitions(root)
    assert set.union(*(imported(root, Path(f"stages/{verb}.py"))[1] for verb in verbs)) >= COMPUTES_NOTHING


@pytest.mark.parametrize("lock", ["cpu", "gpu"])
def test_the_committed_versions_are_those_of_the_locks(root: Path, lock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    text = (root / f"requirements/{lock}.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", text, re.MULTILINE))
    pins["tensorflow"] = next(pins[name] for name in versions.BUILDS["tensorflow"] if name in pins)
    known = yaml.safe_load((root / versions.FILE).read_text(encoding="utf-8"))
    assert known == {library: pins[library] for library in versions.list_declared()}


def test_the_committed_versions_are_the_installed_ones(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    assert (root / versions.FILE).read_text(encoding="utf-8") == versions.compose(), (
        "run python -m darkroom.pipeline.versions"
    )


def test_dvc_is_refused_with_another_pillow_until_the_file_says_so(
    root: Path, tmp_path: Path, sources: Path, upgraded: Callable[[str, str], None]
) -> None:
    old = yaml.safe_load((sources / versions.FILE).read_text())["pillow"]
    upgraded("pillow", "99.9")
    done = python(root, tmp_path, "stages.census", "intel", DVC_STAGE="census@intel")
    assert done.returncode == 1
    assert done.stderr == (
        f"error: workflow/versions.yaml is behind the environment (pillow {old}, installed is 99.9): "
        "run python -m darkroom.pipeline.versions, then dvc repro again\n"
    )
    assert python(root, tmp_path, "darkroom.pipeline.versions").returncode == 0
    assert yaml.safe_load((sources / versions.FILE).read_text())["pillow"] == "99.9"
    again = python(root, tmp_path, "stages.census", "intel", DVC_STAGE="census@intel")
    assert "versions.yaml" not in again.stderr
    assert "data/images/intel" in again.stderr  # it went on, to images that aren't there


def test_another_keras_concerns_no_stage_that_does_without(
    root: Path, tmp_path: Path, sources: Path, upgraded: Callable[[str, str], None]
) -> None:
    upgraded("keras", "9.9")
    done = python(root, tmp_path, "stages.census", "intel", DVC_STAGE="census@intel")
    assert "versions.yaml" not in done.stderr
    assert "data/images/intel" in done.stderr


def test_a_library_that_computes_nothing_changes_nothing(
    root: Path, tmp_path: Path, sources: Path, upgraded: Callable[[str, str], None]
) -> None:
    before = (sources / versions.FILE).stat().st_mtime_ns
    for library in ("pytest", "tqdm", "pydantic"):
        upgraded(library, "99.0")
    assert python(root, tmp_path, "darkroom.pipeline.versions").returncode == 0
    assert (sources / versions.FILE).stat().st_mtime_ns == before


def test_a_library_that_is_not_installed_is_named(
    root: Path, tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (sources / "dvc.yaml").read_text()
    (sources / "dvc.yaml").write_text(
        text.replace(
            "[imagehash, matplotlib, numpy, pandas, pillow, pillow-heif, scipy, simplejpeg]", "[no-such-package]"
        )
    )
    done = python(root, tmp_path, "darkroom.pipeline.versions")
    assert done.stderr == "error: no-such-package is not installed; run make environment\n"


def test_a_record_holds_the_versions_that_its_stage_declares(root: Path, tmp_path: Path, sources: Path) -> None:
    (sources / "models").mkdir(exist_ok=True)
    arguments = ["costs", "intel", "--record", "record.json"]
    assert python(root, tmp_path, f"stages.{arguments[0]}", *arguments[1:]).returncode == 0
    record = json.loads((sources / "record.json").read_text())
    assert list(record["versions"]) == ["python", "matplotlib", "numpy", "pandas", "pillow"]
    assert record["versions"]["pandas"] == versions.find_installed(["pandas"])["pandas"]
