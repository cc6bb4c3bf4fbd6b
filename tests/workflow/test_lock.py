"""dvc.lock is read as DVC wrote it, or refused in one line."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from dvc.lock import make_lock

from darkroom.core.errors import UserError
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
    (entry,) = lock.entries(lock.parts(ENTRY)).values()
    assert (entry.name, entry.command) == ("cut@a", "python -m stages.cut a")
    assert entry.deps == {"data/in": Content("0123456789abcdef0123456789abcdef.dir", 7, 2)}
    assert entry.outs == {"data/out": Content("a" + "0" * 31, 3)}
    training = entry.params["params.yaml"]["models.a.training"]
    assert training == {"learning_rate": 0.00001, "momentum": 0.9, "note": "1e-05 is small"}


@pytest.mark.parametrize("text", ["- a list", "stages: [", "stages:\n  a@b: {deps: 3}\n", "stages:\n  a@b: text\n"])
def test_what_dvc_does_not_write_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"dvc\.lock: not what DVC writes; take it from git again"):
        lock.entries(lock.parts(text))


def test_a_conflict_is_named() -> None:
    with pytest.raises(UserError, match=r"dvc\.lock: holds a merge conflict; run make merge"):
        lock.parts(f"<<<<<<< HEAD\n{ENTRY}=======\n{ENTRY}>>>>>>> other\n")


WRITER = """
import time
from dvc.lock import Lock
from dvc.utils.serialize import dump_yaml, load_yaml
document = load_yaml("source.yaml")
lock = Lock(".dvc/tmp/lock", tmp_dir=".dvc/tmp")
for _ in range(12):
    with lock:
        dump_yaml("dvc.lock", document)
    time.sleep(0.3)
"""


@pytest.mark.slow
def test_a_file_that_dvc_writes_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".dvc/tmp").mkdir(parents=True)
    entry = ENTRY.partition("stages:\n")[2]
    text = "schema: '2.0'\nstages:\n" + "".join(entry.replace("cut@a", f"cut@{number}") for number in range(60))
    Path("source.yaml").write_text(text)
    lock.FILE.write_text(text)
    whole = lock.parts(text)
    writer = subprocess.Popen([sys.executable, "-c", WRITER])
    reads = 0
    while writer.poll() is None:
        assert lock.written(patience=60) == whole
        reads += 1
    assert writer.returncode == 0
    assert reads > 3


@pytest.mark.parametrize("kind", ["flock", "links"])
def test_a_half_file_is_not_believed_while_dvc_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lock.BUSY.parent.mkdir(parents=True)
    lock.FILE.write_text("")

    def finish() -> None:
        time.sleep(0.4)
        lock.FILE.write_text(ENTRY)

    with make_lock(str(lock.BUSY), tmp_dir=str(lock.BUSY.parent), hardlink_lock=kind == "links"):
        assert lock.dvc_is_busy()
        finishing = threading.Thread(target=finish)
        finishing.start()
        assert lock.written(patience=0) == lock.parts(ENTRY)
        finishing.join()
    assert not lock.dvc_is_busy()


def test_a_file_laid_out_by_somebody_else_holds_the_same() -> None:
    document = yaml.safe_load(ENTRY.replace("1e-05\n", "0.00001\n"))
    for text in (json.dumps(document), yaml.safe_dump(document, indent=8), yaml.safe_dump(document, sort_keys=True)):
        assert lock.entries(lock.parts(text)) == lock.entries(lock.parts(ENTRY))


def test_what_is_read_is_written_the_same_to_the_byte() -> None:
    assert lock.whole(lock.parts(ENTRY)) == ENTRY
    empty = lock.whole({})
    assert lock.parts(empty) == {}
    assert yaml.safe_load(empty) == {"schema": "2.0", "stages": {}}


def test_no_file_has_no_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert lock.written() == {}
