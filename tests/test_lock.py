"""dvc.lock is read as DVC wrote it, or refused in one line."""

import threading
import time
from pathlib import Path

import pytest

from stages.errors import UserError
from workflow import lock
from workflow.hashes import Content

ENTRY = """schema: '2.0'
stages:
  cut@a:
    cmd: python -m stages.cut a
    deps:
    - path: data/./in
      hash: md5
      md5: 0123456789abcdef0123456789abcdef.dir
      size: 7
      nfiles: 2
    params:
      params.yaml:
        models.a.training:
          learning_rate: 1e-05
          momentum: 0.9
          note: 1e-05 is small
    outs:
    - path: data/out
      hash: md5
      md5: a0000000000000000000000000000000
      size: 3
"""


def test_an_entry_holds_what_dvc_wrote() -> None:
    (entry,) = lock.parsed(ENTRY).values()
    assert (entry.name, entry.command) == ("cut@a", "python -m stages.cut a")
    assert entry.deps == {"data/in": Content("0123456789abcdef0123456789abcdef.dir", 7, 2)}
    assert entry.outs == {"data/out": Content("a" + "0" * 31, 3)}
    training = entry.params["params.yaml"]["models.a.training"]
    assert training == {"learning_rate": 0.00001, "momentum": 0.9, "note": "1e-05 is small"}


@pytest.mark.parametrize("text", ["- a list", "stages: [", "stages:\n  a@b: {deps: 3}\n", "stages:\n  a@b: text\n"])
def test_what_dvc_does_not_write_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"dvc\.lock: not what DVC writes; take it from git again"):
        lock.parsed(text)


def test_a_conflict_is_named() -> None:
    with pytest.raises(UserError, match=r"dvc\.lock: holds a merge conflict; run make merge"):
        lock.parsed(f"<<<<<<< HEAD\n{ENTRY}=======\n{ENTRY}>>>>>>> other\n")


def test_a_file_being_written_is_read_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def write() -> None:
        with lock.FILE.open("w", encoding="utf-8") as file:
            for line in ENTRY.splitlines(keepends=True):
                file.write(line)
                file.flush()
                time.sleep(0.01)

    writing = threading.Thread(target=write)
    writing.start()
    while not lock.FILE.exists():
        time.sleep(0.001)
    found = lock.read_while_written()
    writing.join()
    assert found == lock.parsed(ENTRY)


def test_no_file_has_no_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lock.read() == {} == lock.read_while_written()
