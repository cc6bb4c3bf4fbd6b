"""Links in a source: what they lead to is followed, and a change of it is noticed; one that leads nowhere is named."""

from pathlib import Path

import pytest

from benchmarks import trivial
from benchmarks.project import run
from darkroom.core.errors import UserError
from tests.support import stub_study
from workflow.contents import Contents
from workflow.hashes import files_below

pytestmark = pytest.mark.slow


ARCHIVES = "data/raw/intel"


@pytest.fixture(scope="module")
def linked_made(stub_made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study whose source has a linked image and a linked folder of images, its archives fetched."""
    place = stub_study.copy(stub_made, tmp_path_factory.mktemp("linked") / "stub")
    source, elsewhere = place / "archives", place / "elsewhere"
    (elsewhere / "more").mkdir(parents=True)
    for name in ("2.png", "more/3.png"):
        (elsewhere / name).write_text(name)
    (source / "seg_train/2.png").symlink_to("../../elsewhere/2.png")
    (source / "seg_train/more").symlink_to("../../elsewhere/more")
    run(place / "project", "snakemake", ARCHIVES)
    trivial.forget(place / "project")
    return place


@pytest.fixture
def linked(linked_made: Path, tmp_path: Path) -> Path:
    """This study in a copy to try things on."""
    return stub_study.copy(linked_made, tmp_path / "stub") / "project"


def executed(folder: Path) -> list[str]:
    """Fetch the archives if they are not up to date, and return what ran."""
    run(folder, "snakemake", ARCHIVES)
    found = [stage for stage, _ in trivial.executed(folder)]
    trivial.forget(folder)
    return found


def test_a_changed_target_is_noticed(linked: Path) -> None:
    elsewhere = linked.parent / "elsewhere"
    assert executed(linked) == []
    for name in ("2.png", "more/3.png", "more/new.png"):
        (elsewhere / name).write_text(f"changed {name}")
        assert executed(linked) == ["fetch@intel"], name
        assert executed(linked) == []
    target = linked.parent / "archives/seg_train/2.png"
    target.unlink()
    target.symlink_to("../../elsewhere/more/new.png")
    assert executed(linked) == ["fetch@intel"]


@pytest.mark.parametrize(
    ("link", "target", "words"),
    [
        ("seg_train/dead.png", "nowhere", "a link to nowhere, which leads nowhere; mend or remove it"),
        ("seg_train/dead.png", "dead.png", "a link to dead.png, which leads nowhere; mend or remove it"),
        ("seg_train/again", "..", "a link to a folder in which it lies itself; remove it"),
    ],
)
def test_a_link_that_leads_nowhere_or_back_is_named(linked: Path, link: str, target: str, words: str) -> None:
    (linked.parent / "archives/seg_train/1.png").write_text("changed")
    (linked.parent / "archives" / link).symlink_to(target)
    done = run(linked, "snakemake", check=False)
    assert done.returncode
    assert f"../archives/{link}: {words}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_a_circle_has_no_hash(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").touch()
    (tmp_path / "one/other").symlink_to("../other")
    assert set(files_below(tmp_path / "one")) == {"1.png", "other/1.png"}
    (tmp_path / "other/one").symlink_to("../one")
    with pytest.raises(UserError, match="one/other/one: a link to a folder in which it lies itself"):
        Contents()(str(tmp_path / "one"))
