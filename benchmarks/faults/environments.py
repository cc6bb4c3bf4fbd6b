"""Odd environments in which a study is made: bounds, variables, another user."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.study import MODEL
from benchmarks.faults.trial import Fault, Trial

PREFIXES: dict[str, tuple[str, ...]] = {
    "umask 077": ("sh", "-c", 'umask 077; exec "$@"', "-"),
    "umask 000": ("sh", "-c", 'umask 000; exec "$@"', "-"),
    "24 open files": ("sh", "-c", 'ulimit -n 24; exec "$@"', "-"),
    "64 open files": ("sh", "-c", 'ulimit -n 64; exec "$@"', "-"),
    "600 MB of memory": ("sh", "-c", 'ulimit -v 600000; exec "$@"', "-"),
    "200 MB of memory": ("sh", "-c", 'ulimit -v 200000; exec "$@"', "-"),
    "files of at most 4 KB": ("sh", "-c", 'ulimit -f 8; exec "$@"', "-"),
    "no standard input": ("sh", "-c", 'exec "$@" <&-', "-"),
    "no standard output": ("sh", "-c", 'exec "$@" >&-', "-"),
    "a reader that is gone": ("sh", "-c", '"$@" 2>&1 | head -n 1', "-"),
}
VARIABLES: dict[str, dict[str, str | None]] = {
    "no HOME": {"HOME": None},
    "a HOME that is not there": {"HOME": "/nowhere"},
    "LANG=C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"},
    "LANG=C, and Python coerces nothing": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "PYTHONIOENCODING=ascii": {"PYTHONIOENCODING": "ascii"},
    "a locale that is not there": {"LC_ALL": "xx_YY.UTF-8"},
    "TERM=dumb": {"TERM": "dumb"},
    "SHELL=/bin/false": {"SHELL": "/bin/false"},
    "SHELL that is not there": {"SHELL": "/bin/nowhere"},
    "TMPDIR that is not there": {"TMPDIR": "/nowhere"},
    "TZ of the other side": {"TZ": "Pacific/Kiritimati"},
    "PYTHONHASHSEED=0": {"PYTHONHASHSEED": "0"},
    "PYTHONDONTWRITEBYTECODE": {"PYTHONDONTWRITEBYTECODE": "1"},
    "warnings as errors": {"PYTHONWARNINGS": "error::ResourceWarning"},
    "no git in PATH": {"PATH": f"{Path(sys.executable).parent}:/nowhere"},
}


def around(prefix: tuple[str, ...]) -> Callable[[Trial], None]:
    """Return what runs the study within other bounds, and then without."""

    def inject(trial: Trial) -> None:
        trial.around = list(prefix)
        trial.run()
        trial.around = []

    return inject


def with_variables(variables: dict[str, str | None]) -> Callable[[Trial], None]:
    """Return what runs the study with other variables, and then without."""

    def inject(trial: Trial) -> None:
        trial.variables = variables
        trial.run()
        trial.variables = {}

    return inject


def as_nobody(trial: Trial) -> None:
    """Let a user work here who owns nothing of it, then give it to that user."""
    trial.around = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    trial.variables = {"HOME": "/nonexistent"}
    for parent in (trial.folder.parent, trial.folder.parent.parent):
        parent.chmod(parent.stat().st_mode | 0o005)
    trial.run()
    shutil.chown(trial.folder.parent, 65534, 65534)
    subprocess.run(["chown", "-R", "65534:65534", str(trial.folder)], check=True)


def lacks_root() -> str | None:
    """Return what is lacking to be another user."""
    return None if os.geteuid() == 0 and shutil.which("setpriv") else "root, who may be another user"


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    yield from (Fault("environment", name, around(prefix), edit=MODEL) for name, prefix in PREFIXES.items())
    yield from (Fault("environment", name, with_variables(given), edit=MODEL) for name, given in VARIABLES.items())
    yield Fault("environment", "another user", as_nobody, edit=MODEL, needs=lacks_root)
