"""No room, or nothing that may be written: small file systems in memory, which root alone can mount."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.study import MODEL
from benchmarks.faults.trial import Fault, Trial

FILLER = "filler"
PLACES = {
    "the checkout": ".",
    "the cache": ".dvc/cache",
    "results": "results",
    ".snakemake": ".snakemake",
}
PLACES |= {"logs": "logs", ".dvc/tmp": ".dvc/tmp"}
TEMPORARY = "TMPDIR"
KIB = 1024


def lacks_root() -> str | None:
    """Return what is lacking for a mount."""
    return None if os.geteuid() == 0 and Path("/proc/mounts").exists() and mounts() else "root, who may mount"


def mounts() -> bool:
    """Return whether a file system in memory can be mounted here."""
    done = subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
    )
    return done.returncode == 0


def mount(trial: Trial, folder: Path, options: str = "size=256m") -> None:
    """Put what lies in a folder on a file system of its own."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    trial.stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
    subprocess.run(["cp", "--archive", f"{aside}/.", str(folder)], check=True)
    shutil.rmtree(aside)


def fill(folder: Path, left: int) -> None:
    """Fill the file system of a folder but for some bytes."""
    free = shutil.disk_usage(folder).free - left
    with (folder / FILLER).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free, 1))


def full(place: str, left: int) -> Callable[[Trial], None]:
    """Return what leaves some bytes on the file system of a folder of the study, in which then a run is made."""

    def inject(trial: Trial) -> None:
        folder = trial.folder / place
        mount(trial, folder)
        fill(folder, left)
        trial.run()
        (folder / FILLER).unlink()

    return inject


def full_temporary(trial: Trial) -> None:
    """Let the folder for temporary files be full in a run."""
    folder = trial.folder.parent / "temporary"
    mount(trial, folder)
    fill(folder, 0)
    trial.variables[TEMPORARY] = str(folder)
    trial.run()
    (folder / FILLER).unlink()


def without_inodes(trial: Trial) -> None:
    """Let the file system of the checkout have no number left for a new file."""
    count = sum(1 for _ in trial.folder.rglob("*"))
    mount(trial, trial.folder, f"size=256m,nr_inodes={count + 40}")
    trial.run()
    subprocess.run(["mount", "-o", "remount,nr_inodes=100000", str(trial.folder)], check=True)


def read_only(place: str) -> Callable[[Trial], None]:
    """Return what lets nobody write to a folder of the study in a run."""

    def inject(trial: Trial) -> None:
        folder = trial.folder / place
        mount(trial, folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        trial.run()
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)

    return inject


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    for name, place in PLACES.items():
        lefts = (0, 64, 256) if place in (".", ".dvc/cache") else (0,)
        for left in lefts:
            title = f"a full disk under {name}" + (f", {left} KiB left" if left else "")
            yield Fault("room", title, full(place, left * KIB), edit=MODEL, needs=lacks_root)
    yield Fault("room", "a full disk under the temporary folder", full_temporary, edit=MODEL, needs=lacks_root)
    yield Fault("room", "no inode left under the checkout", without_inodes, edit=MODEL, needs=lacks_root)
    for name, place in PLACES.items():
        yield Fault("room", f"{name} may only be read", read_only(place), edit=MODEL, needs=lacks_root)
    yield Fault("room", "a finished checkout may only be read", read_only("."), needs=lacks_root)
