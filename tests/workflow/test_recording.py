"""What jobs leave is joined to dvc.lock: nothing is lost or torn, and what it does not concern stays to the byte."""

import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from benchmarks import trivial
from benchmarks.project import run
from darkroom.core.files import write_text
from darkroom.pipeline import template
from tests.workflow.test_lock import ENTRY
from workflow import lock, recording


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("")
    monkeypatch.chdir(tmp_path)


def content(size: int) -> dict:
    """An entry as DVC gives it."""
    out = {"path": "data/out", "hash": "md5", "md5": f"{size:032x}", "size": size}
    return {"cmd": f"python -m stages.cut {size} " + "--with a long command line " * 4, "outs": [out]}


def sizes(entries: dict[str, lock.Entry]) -> dict[str, int | None]:
    """The size of what each stage wrote."""
    return {name: entry.outs["data/out"].size for name, entry in entries.items()}


def recorded() -> dict[str, lock.Entry]:
    """The entries of dvc.lock alone."""
    return lock.entries(lock.written())


def test_an_entry_is_read_before_and_after_it_is_joined() -> None:
    recording.keep("cut@b", content(1))
    assert not lock.FILE.exists()
    before = recording.read()
    recording.join(["cut@b"])
    assert recording.read() == before == recorded()
    assert before["cut@b"].outs["data/out"].size == 1
    assert recording.of(["cut@b"]) == before


@pytest.mark.parametrize("left", [b"", b"  cut@b:\n    cmd: [half", b"\xff\xfe", b"null\n", b"[]\n"])
def test_a_corrupt_shard_is_none_and_the_next_join_writes_it_anew(left: bytes) -> None:
    for name in ("cut@a", "cut@b"):
        recording.keep(name, content(1))
    recording.join([])
    known = lock.FILE.read_bytes()
    recording.shard("cut@b").write_bytes(left)
    assert sizes(recording.of(["cut@a", "cut@b"])) == {"cut@a": 1}
    recording.join([])
    assert lock.FILE.read_bytes() == known
    assert sizes(recording.of(["cut@a", "cut@b"])) == {"cut@a": 1, "cut@b": 1}


@pytest.mark.parametrize("left", ["", "stages: [half", "<<<<<<< ours\n", "[]\n", "null"])
def test_without_a_note_of_the_last_join_dvc_lock_is_newer(left: str) -> None:
    recording.keep("cut@a", content(1))
    recording.join([])
    recording.keep("cut@a", content(2))
    recording.keep("cut@b", content(2))
    recording.BASE.write_text(left)
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 1, "cut@b": 2}


def test_dvc_lays_the_file_out_in_the_same_way() -> None:
    from dvc.utils.serialize import dump_yaml

    for number in range(3):
        recording.keep(f"cut@{number}", content(number))
    recording.join([])
    ours = lock.FILE.read_bytes()
    dump_yaml("dvc.lock", yaml.safe_load(ours))
    assert lock.FILE.read_bytes() == ours


def test_known_stages_stay_in_their_place_and_new_ones_come_in_the_order_of_the_pipeline() -> None:
    lock.FILE.write_text(ENTRY)
    kept = lock.written()["cut@a"]
    for name in ("paste@b", "cut@c", "cut@b"):
        recording.keep(name, content(2))
    recording.join(["cut@a", "cut@b", "cut@c", "paste@b"])
    assert list(lock.written()) == ["cut@a", "cut@b", "cut@c", "paste@b"]
    assert lock.written()["cut@a"] == kept
    recording.keep("cut@a", content(3))
    recording.join([])
    assert list(lock.written()) == ["cut@a", "cut@b", "cut@c", "paste@b"]
    assert recorded()["cut@a"].outs["data/out"].size == 3


@pytest.mark.parametrize("written", range(4))
def test_what_a_killed_join_left_is_joined_by_the_next_and_a_newer_entry_wins(
    monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    lock.FILE.write_text(ENTRY)
    recording.join([])
    lock.FILE.write_text(ENTRY.replace("size: 3", "size: 4"))  # of which the shard is behind
    recording.keep("cut@b", content(1))
    left = iter(range(written))

    def write(path: Path, text: str) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        write_text(path, text)

    monkeypatch.setattr(recording, "write_text", write)
    with nullcontext() if written == 3 else pytest.raises(KeyboardInterrupt):
        recording.join([])
    monkeypatch.setattr(recording, "write_text", write_text)
    assert sizes(recording.read()) == {"cut@a": 4, "cut@b": 1}
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 4, "cut@b": 1} == sizes(recording.of(["cut@a", "cut@b"]))
    recording.keep("cut@b", content(2))
    assert sizes(recording.read()) == {"cut@a": 4, "cut@b": 2}
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 4, "cut@b": 2}


def test_what_dvc_recorded_meanwhile_is_newer_than_what_a_killed_run_left() -> None:
    lock.FILE.write_text(ENTRY)
    recording.join([])
    recording.keep("cut@a", content(1))
    assert sizes(recording.read()) == {"cut@a": 1}
    lock.FILE.write_text(ENTRY.replace("size: 3", "size: 4"))  # by dvc repro, git checkout or a merge
    assert sizes(recording.read()) == {"cut@a": 4}
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 4} == sizes(recording.of(["cut@a"]))


def test_what_git_brings_back_is_not_taken_for_old_nor_what_is_dropped_for_new() -> None:
    lock.FILE.write_text(ENTRY)
    recording.join([])
    recording.keep("cut@a", content(1))
    recording.keep("cut@b", content(1))
    recording.join([])
    lock.FILE.write_text(ENTRY)  # a checkout of the commit before
    assert sizes(recording.read()) == {"cut@a": 3}
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 3} == sizes(recording.of(["cut@a", "cut@b"]))
    assert recording.prune([]) == ["cut@a"]
    recording.join([])
    assert lock.written() == {} == recording.of(["cut@a"])


@pytest.mark.parametrize("lost", [Path.unlink, lambda shard: shard.write_text("")])
def test_shards_that_are_lost_are_split_off_dvc_lock_again(lost: Callable[[Path], object]) -> None:
    lock.FILE.write_text(ENTRY)
    recording.join([])
    lost(recording.shard("cut@a"))
    assert sizes(recording.read()) == {"cut@a": 3}
    recording.join([])
    assert sizes(recording.of(["cut@a"])) == {"cut@a": 3}
    assert lock.FILE.read_text() == ENTRY


def test_a_last_line_without_its_end_is_no_damage() -> None:
    lock.FILE.write_text(ENTRY.rstrip())
    recording.keep("cut@b", content(1))
    recording.join([])
    assert sizes(recorded()) == {"cut@a": 3, "cut@b": 1}


@pytest.mark.slow
@pytest.mark.parametrize("hardlink", ["false", "true"])
def test_dvc_at_work_is_waited_for_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], hardlink: str
) -> None:
    Path(".dvc/config").write_text(f"[core]\n    hardlink_lock = {hardlink}\n")
    monkeypatch.setattr(recording, "ATTEMPTS", 1)
    recording.keep("cut@a", content(1))
    with recording.held():
        recording.join([])
        assert "DVC is at work on it; the next snakemake writes what this one made" in capsys.readouterr().err
        assert not lock.FILE.exists()
        assert list(recording.read(patience=0)) == ["cut@a"]
    recording.join([])
    assert list(lock.written()) == ["cut@a"]


WRITER = """
import sys
from tests.workflow.test_recording import content
from workflow import recording
node, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    recording.keep(f"cut@{node}-{number % 10}", content(number))
"""
JOINER = """
import sys, time
from pathlib import Path
from workflow import lock, recording
recording.ATTEMPTS = 200
seen = 0
while not Path("over").exists():
    recording.join([])
    found = {name: entry.outs["data/out"].size for name, entry in recording.read(patience=60).items()}
    assert len(found) >= seen, "an entry is gone"
    seen = len(found)
"""


def in_namespace() -> list[str]:
    """How to start a process with numbers of its own, as on another node; nothing, and a warning, where it can't be."""
    alone = ["unshare", "--pid", "--fork", "--mount-proc"]
    if shutil.which(alone[0]) and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0:
        return alone
    warnings.warn("no namespaces here: nodes share the numbers of their processes", stacklevel=2)
    return []


@pytest.mark.slow
@pytest.mark.parametrize("hardlink", ["false", "false", "true"])
def test_nodes_that_write_while_others_join_lose_nothing(root: Path, hardlink: str) -> None:
    """Four nodes record each of ten stages many times over, while two processes join without a rest."""
    Path(".dvc/config").write_text(f"[core]\n    hardlink_lock = {hardlink}\n")
    environment = {"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin:/usr/sbin"}

    def started(code: str, *arguments: str) -> subprocess.Popen[str]:
        command = [*in_namespace(), sys.executable, "-c", code, *arguments]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    joiners = [started(JOINER), started(JOINER)]
    writers = [started(WRITER, node, "60") for node in "abcd"]
    try:
        failed = [said for one in writers if (said := one.communicate()[1])]
    finally:  # or the joiners would go on for ever
        Path("over").touch()
    failed += [said for one in joiners if (said := one.communicate()[1])]
    assert failed == []
    recording.join([])
    assert sizes(recorded()) == {f"cut@{node}-{number % 10}": number for node in "abcd" for number in range(50, 60)}
    assert recording.of(list(lock.written())) == recorded()


@pytest.mark.slow
def test_a_run_that_is_killed_loses_nothing_that_a_job_has_recorded(tmp_path: Path) -> None:
    folder = trivial.made(tmp_path / "study", 2)
    shards = folder / recording.SHARDS
    command = [sys.executable, "-m", "snakemake"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        while not (shards / "prepare@intel-150.yaml").exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    done = {file.stem for file in shards.glob("[!.]*.yaml")}
    assert {"fetch@intel", "unzip@intel", "prepare@intel-150"} <= done
    assert not (folder / lock.FILE).exists()
    assert len(trivial.executed(folder)) < len(template.read_stages(folder))
    run(folder, "snakemake", "--unlock")
    run(folder, "snakemake")
    executed = [stage for stage, _ in trivial.executed(folder)]
    assert {stage for stage in done if executed.count(stage) > 1} == set()
    assert set(executed) == set(template.read_stages(folder))
    assert "up to date" in run(folder, "dvc", "status").stdout
