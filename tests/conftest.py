"""Fixtures that every test may use."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import trivial
from benchmarks.project import copied, edit, git, leave_one_study, run, snakemake
from darkroom.pipeline import template
from tests.support.deliveries import zipped
from tests.support.small_study import ONE_MODEL, small

if TYPE_CHECKING:
    from workflow.audit.lineage import Step


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end."""
    first = ("test_studies", "test_reproducible", "test_end_to_end", "test_resume", "test_reconcile", "test_merge")
    places = {name: place for place, name in enumerate(first)}
    items.sort(key=lambda item: places.get(item.path.stem, len(first)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set threads and determinism before the first tensor is made, as every stage does: later is too late."""
    if "darkroom.core.backend" in sys.modules:
        from darkroom.core import runtime
        from darkroom.params.model import Runtime

        runtime.start(Runtime(seed=13, threads=1))


ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make an empty working folder with the repository's params.yaml for one study, edited, and go there.

    ``project({"datasets.intel.source": "../archives"})`` sets the values under dotted keys.
    """

    def make(edits: dict[str, Any] | None = None) -> Path:
        folder = with_parameters(tmp_path / "project", edits or {})
        monkeypatch.chdir(folder)
        return folder

    return make


def with_parameters(folder: Path, edits: dict[str, Any]) -> Path:
    """A folder with the repository's params.yaml for one study, edited."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
    leave_one_study(folder)
    edit(folder, edits)
    return folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The user's folder."""
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The bytes of a good archive."""
    return zipped(tmp_path / "whole.zip")


@pytest.fixture
def refused(mine: Path, tmp_path: Path) -> Callable[..., str]:
    """Bring what train* and test mean from the user's folder, and require one line with these words."""
    from stages import fetch
    from tests.support.data_sets import dataset
    from tests.support.refusals import one_line

    zipped(mine / "test.zip")

    def bring(*words: str, **changes: object) -> str:
        splits = {"train": ["train*"], "validation": [], "test": ["test"]}
        given = dataset(**{"source": str(mine), "splits": splits} | changes)
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        message = one_line(lambda: fetch.bring("pets", given, out), *words)
        message.encode()
        return message

    return bring


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study, made by Snakemake."""
    folder = small(tmp_path_factory.mktemp("made") / "project")
    assert snakemake(folder) == sorted(template.read_stages(folder))
    return folder


@pytest.fixture
def again(made: Path, tmp_path: Path) -> Path:
    """The tiny study as it was made, in a copy to try things on."""
    folder = tmp_path / "project"
    shutil.copytree(made, folder, symlinks=True)
    return folder


@pytest.fixture(scope="session")
def stub_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two models on a source beside it, made by Snakemake; its commands write their outputs at once."""
    place = tmp_path_factory.mktemp("stub")
    folder = trivial.made(place / "project", 2)
    for name in ("seg_train", "seg_test"):
        (place / f"archives/{name}").mkdir(parents=True)
        (place / f"archives/{name}/1.png").write_text(name)
    edit(folder, {"datasets.intel.source": "../archives"})
    run(folder, "snakemake")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Run")
    trivial.forget(folder)
    return folder


@pytest.fixture
def stub(stub_made: Path, tmp_path: Path) -> Path:
    """The study whose commands cost nothing as it was made, with its source, in a copy to try things on."""
    shutil.copytree(stub_made.parent, tmp_path / "stub", symlinks=True)
    return tmp_path / "stub/project"


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study of one model, made, committed, and pushed to a folder beside it."""
    folder = small(tmp_path_factory.mktemp("shared") / "project", ONE_MODEL)
    run(folder, "dvc", "repro")
    run(folder, "workflow.remote", "../storage")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Run")
    run(folder, "workflow.sharing", "push")
    return folder


@pytest.fixture
def four_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "list[Step]":
    """Steps made by hand in a copy of the sources, their files written."""
    from tests.support import crates

    monkeypatch.chdir(copied(tmp_path / "project"))
    return crates.four_steps()


@pytest.fixture
def written_crate(four_steps: "list[Step]", tmp_path: Path) -> Path:
    """An RO-Crate of these steps."""
    from tests.support.crates import METRICS
    from workflow.audit import crate

    crate.write(tmp_path / "out" / "crate", four_steps, [METRICS])
    return tmp_path / "out" / "crate"
