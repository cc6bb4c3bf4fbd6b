"""One read of a file gives both its hashes, that of a folder can be computed by anybody, and DVC's read is enough."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.support.collision import ONE, OTHER
from workflow import digests, hashes
from workflow.contents import Contents
from workflow.hashes import content


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files in a folder."""
    monkeypatch.chdir(tmp_path)
    for name, held in {"b.bin": ONE, "a/Été.txt": b"summer", "a.txt": b""}.items():
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(held)
    return tmp_path


def test_a_file_that_is_read_in_parts_has_both_its_hashes(tmp_path: Path) -> None:
    held = os.urandom(2 * digests.CHUNK + 77)
    (tmp_path / "large").write_bytes(held)
    found = digests.read_file(tmp_path / "large")
    assert (found.md5, found.sha256) == (hashlib.md5(held).hexdigest(), hashlib.sha256(held).hexdigest())
    assert found.size == len(held)


def test_the_sha256_of_a_folder_is_that_of_the_list_that_the_docs_describe(place: Path) -> None:
    listed = [
        [name, len(held), hashlib.sha256(held).hexdigest()]
        for name, held in (("a.txt", b""), ("a/Été.txt", b"summer"), ("b.bin", ONE))
    ]
    text = json.dumps(listed).replace(", ", ",")
    found = content(Path("images"))
    assert found is not None
    assert found.sha256 == hashlib.sha256(text.encode("ascii")).hexdigest()


def test_files_that_share_their_md5_are_told_apart_also_in_a_folder(place: Path) -> None:
    before = content(Path("images"))
    (place / "images/b.bin").write_bytes(OTHER)
    after = content(Path("images"))
    assert before is not None and after is not None
    assert before.same_as(after)
    assert before.sha256 != after.sha256


def test_a_renamed_file_gives_a_folder_another_sha256(place: Path) -> None:
    before = content(Path("images"))
    (place / "images/b.bin").rename(place / "images/c.bin")
    after = content(Path("images"))
    assert before is not None and after is not None and before.sha256 != after.sha256


def test_what_a_darkroom_without_sha256_kept_is_believed_and_read_again_only_where_one_is_wanted(place: Path) -> None:
    Contents().keep()
    contents = Contents()
    contents("images")
    contents.keep()
    kept = json.loads(Path(".dvc/tmp/contents.json").read_text())
    Path(".dvc/tmp/contents.json").write_text(json.dumps({path: one[:4] for path, one in kept.items()}))
    old = Contents()
    known = old("images")
    assert known is not None and known.sha256 is None
    assert old.with_sha256("images") == content(Path("images"))


def dvc_saves(path: str) -> str:
    """Let DVC hash an output as a stage's, and return its MD5."""
    from dvc.repo import Repo

    with Repo.init(no_scm=True, force=True) as repo:
        (stage,) = repo.add(path)
        return str(stage.outs[0].hash_info.value)


@pytest.mark.parametrize("path", ["images", "images/b.bin"])
def test_what_dvc_has_read_is_not_read_again(place: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with digests.listen() as heard:
        md5 = dvc_saves(path)
    expected = content(Path(path))
    monkeypatch.setattr(hashes, "content_and_files", lambda path, known: pytest.fail(f"{path} was read again"))
    contents = Contents()
    found = contents.read_by_dvc(path, heard)
    assert found == expected and found is not None and found.md5 == md5
    contents.keep()
    if path == "images":  # DVC gives a file alone another time after it has read it
        assert Contents()(path) == expected


def test_what_was_written_after_dvc_had_read_it_is_not_taken_for_that(place: Path) -> None:
    with digests.listen() as heard:
        dvc_saves("images")
    (place / "images/b.bin").chmod(0o644)
    (place / "images/b.bin").write_bytes(OTHER)
    contents = Contents()
    held = contents.read_by_dvc("images", heard)
    now = contents("images")
    assert held is not None and now is not None
    assert held.same_as(now) and held.sha256 != now.sha256
    (place / "images/b.bin").unlink()
    assert Contents().read_by_dvc("images/b.bin", heard) is None


def test_a_new_file_in_a_folder_that_dvc_has_read_is_noticed(place: Path) -> None:
    with digests.listen() as heard:
        dvc_saves("images")
    (place / "images/new.txt").write_text("new")
    assert Contents().read_by_dvc("images", heard) is None
