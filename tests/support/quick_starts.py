"""Snakemake begun from a process that has imported it already, for that takes more than half of a short run.

It is a process of its own all the same, with its own folder, variables, output and exit status.
"""

import atexit
import os
import runpy
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import project

SNAKEMAKE = "snakemake"
LIBRARIES = ["__main__", "pandas", "psutil", "pydantic", "snakemake.cli", "snakemake.persistence.file"]
LIBRARIES += ["snakemake_executor_plugin_slurm", "snakemake_executor_plugin_cluster_generic"]
"""What takes long to import in Snakemake and in the Snakefile, and nothing of the project itself."""
PATH = "PYTHONPATH"
"""The variable by which a Python finds other libraries from its start."""

plain = project.start
context = get_context("forkserver")
context.set_forkserver_preload(LIBRARIES)


def start(folder: Path, arguments: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``python -m`` with ``arguments`` in ``folder`` to its end, with these variables."""
    if arguments[0] != SNAKEMAKE or PATH in variables:
        return plain(folder, arguments, variables)
    with TemporaryDirectory() as place:
        outputs = [Path(place) / name for name in ("stdout", "stderr")]
        for file in outputs:
            file.touch()
        process = context.Process(target=become, args=(str(folder), arguments, variables, outputs))
        process.start()
        process.join()
        return subprocess.CompletedProcess(
            [sys.executable, "-m", *arguments],
            process.exitcode or 0,
            *(file.read_text(encoding="utf-8") for file in outputs),
        )


def become(folder: str, arguments: list[str], variables: dict[str, str], outputs: list[Path]) -> None:
    """Be that program, in the process that was forked for it."""
    for number, file in enumerate(outputs, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    installed = [place for place in sys.path if Path(place).is_relative_to(sys.base_prefix) or "-packages" in place]
    sys.path[:] = [folder, *installed]
    sys.argv = ["-m", *arguments[1:]]
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # a forked process would leave them out
