"""Hashes of files and folders are DVC's own, and what is kept of them is believed only while nothing was written."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from darkroom.core.files import read_json
from darkroom.pipeline import template
from workflow import hashes, listings
from workflow.contents import KEPT, Contents
from workflow.hashes import content, of_folder
from workflow.reasons import MARK


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a folder of files and DVC's patterns of what to leave out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvcignore").write_text(".snakemake_timestamp\n*.part\n")
    folder = tmp_path / "images"
    drawn = random.Random(3)
    for name in ("b/2.png", "b/10.png", "a/Été 1.png", "index.csv", "a/deep/er/x.bin"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(drawn.randbytes(drawn.randrange(5000)))
    (folder / ".snakemake_timestamp").touch()
    (folder / "b/.x.part").write_text("half")
    return folder


def by_dvc(place: Path) -> str:
    """The hash that DVC itself records for the folder."""
    from dvc.repo import Repo

    repo = Repo.init(str(place.parent), no_scm=True, force=True)
    (place.parent / ".dvcignore").write_text(".snakemake_timestamp\n*.part\n")
    repo.close()
    with Repo(str(place.parent)) as repo:
        (stage,) = repo.add(str(place))
        return stage.outs[0].hash_info.value


def test_a_folder_has_dvcs_hash(place: Path) -> None:
    found = content(Path("images"))
    assert found is not None
    assert found.md5 == by_dvc(place)
    files = [file for file in place.rglob("*") if file.is_file() and file.suffix in {".png", ".csv", ".bin"}]
    assert (found.size, found.files) == (sum(file.stat().st_size for file in files), 5)


def test_a_folder_is_the_list_of_its_files(place: Path) -> None:
    listed = {name: content(place / name) for name in ("a/Été 1.png", "a/deep/er/x.bin")}
    whole = content(Path("images/a"))
    assert whole is not None
    assert whole.md5 == of_folder({name[2:]: one.md5 for name, one in listed.items() if one})


def test_what_is_not_there_has_no_content(place: Path) -> None:
    assert content(Path("nowhere")) is None
    assert Contents()("nowhere") is None


def replaced_with_the_same_size(file: Path) -> None:
    status = file.stat()
    file.write_bytes(b"x" * status.st_size)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def touched(file: Path) -> None:
    file.touch()


def removed(file: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(("write", "same"), [(replaced_with_the_same_size, False), (touched, True), (removed, False)])
def test_a_kept_hash_is_not_believed_after_a_write(place: Path, write: Callable[[Path], None], same: bool) -> None:
    contents = Contents()
    before = contents("images")
    contents.keep()
    write(place / "b/10.png")
    after = Contents()("images")
    assert before is not None
    assert before.same_as(after) is same
    contents.forget()
    assert contents("images") == after


def test_a_kept_hash_spares_the_reading(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = Contents()
    found = contents("images")
    contents.keep()
    monkeypatch.setattr(hashes, "content_and_files", lambda path, known: pytest.fail(f"{path} was read again"))
    assert Contents()("images") == found


def test_processes_keep_hashes_beside_those_of_others_and_only_of_what_is_large_enough(place: Path) -> None:
    one, other = Contents(), Contents()
    size = (place / "b/10.png").stat().st_size
    for contents, path in ((one, "images"), (other, "images/b/10.png")):
        contents(path)
        contents.keep(size + 1)
    assert set(read_json(KEPT)) == {"images"}
    other.keep(size)
    assert set(read_json(KEPT)) == {"images", "images/b/10.png"}


@pytest.mark.parametrize(
    "kept",
    ['{"images": ["half', "[]", "null", '{"images": null}', '{"images": []}', '{"images": ["a", "b", "3", 4]}', "\0"],
)
def test_a_spoilt_file_of_kept_hashes_costs_reading_only(place: Path, kept: str) -> None:
    KEPT.parent.mkdir(parents=True)
    KEPT.write_text(kept)
    contents = Contents()
    assert contents("images") == content(Path("images"))
    contents.keep()
    assert set(read_json(KEPT)) == {"images"}


@pytest.mark.parametrize("kept", ["[]", "null", '{"1.png": null}', '{"1.png": "another"}'])
def test_a_spoilt_list_of_a_folder_counts_as_none(place: Path, kept: str) -> None:
    md5 = of_folder({"1.png": "one"})
    listings.keep(md5, {"1.png": "one"})
    assert listings.kept(md5) == {"1.png": "one"}
    next(listings.FOLDER.iterdir()).write_text(kept)
    assert listings.kept(md5) == {}


def test_snakemakes_mark_is_left_out_of_every_folder_that_a_rule_makes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    outs = {out for stage in template.read_stages().values() for out in stage.outs if not Path(out).suffix}
    assert {"results", "data"} <= {Path(out).parts[0] for out in outs}
    assert hashes.seen_by_dvc(Path(), [f"{out}/{MARK}" for out in outs]) == []
