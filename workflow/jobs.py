"""Which jobs are at work, on which machine, and how the last of each stage ended: a small file for each stage.

A job writes its file when it starts, touches it every few seconds while it works, and writes how it ended. A job of the
same stage that is still at work, as a Snakemake that was killed leaves on a cluster, is waited for: two never write the
same files, and what it makes need not be made again.
"""

import os
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from darkroom.core.files import read_json, write_json
from darkroom.pipeline import record

FOLDER = Path(".dvc/tmp/jobs")
BEAT = 5.0
"""Seconds between two touches."""
SILENCE = 60.0
"""Seconds without one after which a job on another machine is taken to be dead; a network file system may lag."""
STOPPED = 130
"""The exit status of a process that Ctrl-C has ended."""
State = Literal["running", "done", "failed"]


@dataclass(frozen=True)
class Job:
    """A job of a stage: its state, where it runs or ran, when (UTC), and what it was given.

    ``machine`` tells apart what ``host`` may not: machines, and containers with process numbers of their own; ``born``
    is when the process began, by :func:`darkroom.pipeline.record.find_start`.
    ``gpus`` are those that the scheduler made visible, ``None`` where it said nothing.
    """

    stage: str
    state: State
    host: str
    machine: str
    pid: int
    born: int
    token: str
    log: str | None
    threads: str | None
    gpus: str | None
    began: str
    ended: str | None = None
    error: str | None = None


def file(stage: str) -> Path:
    """Return the file of a stage's job."""
    return FOLDER / f"{stage}.json"


def last(stage: str) -> Job | None:
    """Return the job of a stage that is at work, or else the last one; ``None`` if there was none."""
    try:
        return Job(**read_json(file(stage)))
    except (FileNotFoundError, ValueError, TypeError):  # or of a Darkroom that wrote other things
        return None


def clock() -> float:
    """Return the time by the clock of the file system, by which jobs on any machine give their signs of life."""
    try:
        with tempfile.TemporaryFile(dir=FOLDER) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:  # no job ever ran, or the folder is not ours
        return time.time()


def last_sign(stage: str) -> float:
    """Return when the file of a stage's job was touched last, by the clock of its file system; 0 if it is gone."""
    try:
        with file(stage).open("rb") as opened:  # to open it makes a network file system look again
            return os.fstat(opened.fileno()).st_mtime
    except FileNotFoundError:
        return 0.0


def is_alive(job: Job, silence: float) -> bool:
    """Return whether a job is at work: by its process if it runs here, else by the seconds since its last sign."""
    if job.machine != machine():
        return silence < SILENCE
    with suppress(OSError):
        return record.find_start(job.pid) == job.born
    return False


def machine() -> str:
    """Return what two processes share if they see the same process numbers."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def wait_for_another(stage: str) -> bool:
    """Wait until no other job of the same stage gives a sign of life; return whether there was one."""
    seen, since, waited = last_sign(stage), time.monotonic(), False
    while (other := last(stage)) and other.state == "running":
        is_new = (now := last_sign(stage)) != seen
        if is_new:
            seen, since = now, time.monotonic()
        if not is_alive(other, time.monotonic() - since):
            write_json(file(stage), asdict(replace(other, state="failed", error="it gave no sign of life any more")))
            break
        if not waited and (is_new or other.machine == machine()):
            waited = True
            where = f"{other.host}, process {other.pid}"
            print(f"[{stage}] waiting for the job of an earlier run on {where}", file=sys.stderr, flush=True)
        time.sleep(1)
    return waited


@contextmanager
def working(stage: str, log: str | None) -> Iterator[Job]:
    """Be the only job of a stage, seen to be at work, and then seen to have ended, well or not."""
    mine = Job(
        stage=stage,
        state="running",
        host=os.environ.get("SLURMD_NODENAME") or socket.gethostname(),
        machine=machine(),
        pid=os.getpid(),
        born=record.find_start(),
        token=secrets.token_hex(4),
        log=log,
        threads=os.environ.get("DARKROOM_THREADS"),
        gpus=os.environ.get("CUDA_VISIBLE_DEVICES"),
        began=_now(),
    )
    _claim(mine)
    over = threading.Event()
    threading.Thread(target=_beat, args=(mine, over), daemon=True).start()
    ended = replace(mine, state="done")
    try:
        yield mine
    except BaseException as error:
        ended = replace(mine, state="failed", error=_said(error))
        raise
    finally:
        over.set()
        if _is_last(mine):
            write_json(file(stage), asdict(replace(ended, ended=_now())))


def _claim(mine: Job) -> None:
    """Be the last to have written the job's file: of several that waited for the same one, one goes on."""
    while True:
        waited = wait_for_another(mine.stage)
        write_json(file(mine.stage), asdict(mine))
        if not waited:
            return
        time.sleep(secrets.randbelow(1000) / 1000 + 1)
        if _is_last(mine):
            return


def _is_last(mine: Job) -> bool:
    now = last(mine.stage)
    return now is None or now.token == mine.token


def _beat(job: Job, over: threading.Event) -> None:
    while not over.wait(BEAT):
        with suppress(OSError):  # a file system that is away for a while
            if _is_last(job):
                os.utime(file(job.stage))


def _said(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code == STOPPED):
        return "stopped"
    return "its command failed" if isinstance(error, SystemExit) else str(error) or type(error).__name__


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
