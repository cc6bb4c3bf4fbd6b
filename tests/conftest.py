"""Fixtures that every test may use."""

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import project as copy_of_project
from benchmarks import trivial
from benchmarks.project import copied, edit, leave_one_study, snakemake
from darkroom.pipeline import template
from tests.support import quick_starts, stub_study
from tests.support.deliveries import zipped
from tests.support.sessions import once
from tests.support.small_study import small

if TYPE_CHECKING:
    from workflow.audit.lineage import Step


LONGEST = ("test_end_to_end", "test_reconcile", "test_studies", "test_sharing", "test_transfer", "test_sharded_views")
LONGEST += ("test_untracked_rooms", "test_experiments", "test_resume", "test_nodes", "test_train", "test_commands")
LONGEST += ("test_shards", "test_pretrained", "test_prefix", "test_scaling", "test_callbacks", "test_failures")
LONGEST += ("test_jobs", "test_missing", "test_reproducible", "test_divergence", "test_merge", "test_reporting")
"""Files whose tests take longest together, the longest first."""

copy_of_project.start = quick_starts.start

gc.disable()  # until all is imported, as of so much that stays they would look through all again and again


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no worker is left alone with one at the end."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONGEST)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Set threads and determinism before the first tensor is made, as every stage does: later is too late.

    Titles of figures stand where they would without a search for the place, which takes a third of all drawing; and
    what was imported is left out of garbage collections, of which Keras begins many.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    if "darkroom.core.backend" in sys.modules:
        from darkroom.core import runtime
        from darkroom.params.model import Runtime

        runtime.start(Runtime(seed=13, threads=1, backend="tensorflow"))
    if "darkroom.reporting.figures" in sys.modules:
        from matplotlib import pyplot

        pyplot.rcParams["axes.titley"] = 1.0


@pytest.fixture(scope="module", autouse=True)
def garbage_of_one_file() -> Iterator[None]:
    """Leave what stays of a file out of later garbage collections: Keras begins many, and after hours each is long."""
    yield
    gc.collect()
    gc.freeze()


pytest_plugins = ["tests.support.left_out"]

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
    (folder / "params.yaml").write_text(read_one_study(), encoding="utf-8")
    if edits:
        edit(folder, edits)
    return folder


@cache
def read_one_study() -> str:
    """The repository's params.yaml for one study, whose results are made up and answer no document."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copyfile(ROOT / "params.yaml", folder / "params.yaml")
        leave_one_study(folder)
        edit(folder, {"studies.intel.document": None})
        return (folder / "params.yaml").read_text(encoding="utf-8")


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


@pytest.fixture
def figures_undrawn() -> Iterator[None]:
    """Figures are saved as empty files."""
    from tests.support.drawing import without_drawing

    with without_drawing():
        yield


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny real study, made by Snakemake; to be read and copied, for all workers share it."""

    def make(place: Path) -> None:
        folder = small(place / "project")
        assert snakemake(folder) == sorted(template.read_stages(folder))

    return once(tmp_path_factory, "small", make) / "project"


@pytest.fixture
def again(made: Path, tmp_path: Path) -> Path:
    """The tiny study as it was made, in a copy to try things on."""
    return stub_study.copy(made, tmp_path / "project")


@pytest.fixture(scope="session")
def stub_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two models on a source beside it, made by Snakemake; its commands write their outputs at once."""
    return once(tmp_path_factory, "stub", lambda place: stub_study.finish(stub_study.with_source(place, 2)))


@pytest.fixture
def stub(stub_made: Path, tmp_path: Path) -> Path:
    """The study whose commands cost nothing as it was made, with its source, in a copy to try things on."""
    return stub_study.copy(stub_made, tmp_path / "stub") / "project"


@pytest.fixture(scope="session")
def kinds_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Such a study of every kind of stage, made and pushed to a folder beside it; its runs differ by their mark."""

    def make(place: Path) -> None:
        folder = stub_study.with_source(place, 2, every_kind=True)
        trivial.mark(folder, 0)
        stub_study.finish(folder)
        stub_study.share(folder)

    return once(tmp_path_factory, "kinds", make)


@pytest.fixture
def kinds(kinds_made: Path, tmp_path: Path) -> Path:
    """The study of every kind of stage as it was made, with its source, in a copy to try things on."""
    stub_study.copy(kinds_made / "archives", tmp_path / "archives")
    return stub_study.copy(kinds_made / "project", tmp_path / "project")


@pytest.fixture(scope="session")
def pulled(kinds_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this study that was pulled, without its source; times are shuffled."""

    def make(place: Path) -> None:
        stub_study.shuffle_times(stub_study.clone(kinds_made / "project", place / "clone"))

    return once(tmp_path_factory, "pulled", make) / "clone"


@pytest.fixture
def clone(pulled: Path, tmp_path: Path) -> Path:
    """The study of every kind of stage in a clone that was pulled, without its source, to try things on."""
    return stub_study.copy(pulled, tmp_path / "clone")


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
