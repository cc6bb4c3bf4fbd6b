"""A Slurm of two nodes on this machine, in a folder of its own: started, looked at, broken on purpose and stopped.

It needs Debian's packages, and neither root nor systemd, cgroups, a database or the system's configuration. Ports are
taken where they are free, so that several can run at once. Its daemons are stopped by their own PIDs, whatever happens.

    with running() as slurm:
        slurm.run("srun", "--partition=gpu", "--gpus=1", "printenv", "CUDA_VISIBLE_DEVICES")
"""

import getpass
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.cluster import processes
from tests.cluster.configuration import NODES, configure
from tests.cluster.processes import PATIENCE, wait

PACKAGES = {"slurmctld": "slurmctld", "slurmd": "slurmd", "sbatch": "slurm-client", "munged": "munge"}
"""The packages that bring these programs."""
SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where daemons lie, which is not on every user's PATH."""
MARK = "TEST_CLUSTER"
"""The variable by which every process of a cluster, and of what runs on it, is known; it holds the folder."""


def missing() -> str:
    """Return one line that says which packages are not installed, and how to install them; empty if all are."""
    path = os.pathsep.join([os.environ["PATH"], SYSTEM])
    packages = [package for program, package in PACKAGES.items() if not shutil.which(program, path=path)]
    command = f"apt-get install --no-install-recommends {' '.join(packages)}"
    return f"no Slurm to test with: {command}, as root" if packages else ""


@dataclass
class Job:
    """What Slurm says of a job."""

    number: str
    fields: dict[str, str] = field(repr=False)

    @property
    def gpu(self) -> str | None:
        """The index of the GPU allocated to it, which Slurm tells only while it runs."""
        found = re.search(r"gpu:1\(IDX:(\d+)\)", self.fields.get("GRES", ""))
        return found[1] if found else None


@dataclass
class Slurm:
    """The cluster whose files lie in ``folder``."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which Slurm's commands, and Snakemake, find this cluster and no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "DARKROOM"))}
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"], SYSTEM])
        return {**kept, "PATH": path, "SLURM_CONF": str(self.folder / "etc/slurm.conf"), MARK: str(self.folder)}

    def run(self, *command: str) -> str:
        """Run a command, and return what it printed."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{self.said()}")
        return done.stdout

    def said(self) -> str:
        """Return the last lines of every daemon's log."""
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(f"{log.name}:\n" + "\n".join(log.read_text().splitlines()[-5:]) for log in logs)

    def start(self) -> None:
        """Start the daemons, and wait until both nodes are idle."""
        files = {"key-file": "etc/munge.key", "log-file": "log/munged.log", "seed-file": "run/munged.seed"}
        files |= {"socket": "run/munge.socket", "pid-file": "run/munged.pid"}
        self.run("munged", *(f"--{option}={self.folder / file}" for option, file in files.items()))
        self.start_controller("-c")
        for node in NODES:
            self.start_node(node)
        wait(self.is_idle, f"both nodes idle\n{self.said()}")

    def start_controller(self, *options: str) -> None:
        """Start slurmctld; it takes up the jobs that it left."""
        self.run("slurmctld", *options)
        wait(self._answers, f"slurmctld answers\n{self.said()}")

    def start_node(self, node: str) -> None:
        """Start the slurmd of a node."""
        self.run("slurmd", "-N", node)

    def stop_controller(self) -> None:
        """Stop slurmctld; what runs goes on."""
        self._end("slurmctld", signal.SIGTERM)

    def kill_job(self, number: str) -> None:
        """Kill all processes of a job but Slurm's own."""
        for process in self.processes(SLURM_JOB_ID=number):
            processes.end(process)

    def kill_node(self, node: str) -> None:
        """Kill the slurmd of a node, and all processes of the jobs there, as a power cut would."""
        tasks = self.processes(SLURMD_NODENAME=node)
        above = processes.keepers(tasks)
        self._end(f"slurmd-{node}", signal.SIGKILL)
        for process in [*above, *tasks]:  # in this order, or it would be reported that the tasks failed
            processes.end(process)

    def stop(self) -> None:
        """End all jobs and daemons, however far the start came."""
        with suppress(RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            if self._pid("slurmctld") and self._answers():
                self.run("scancel", "--user", getpass.getuser())
                wait(lambda: not self.run("squeue", "--noheader").strip(), "all jobs end", 15)
        for daemon in ("slurmd-n2", "slurmd-n1", "slurmctld", "munged"):
            self._end(daemon, signal.SIGTERM)
        for process in self.processes():
            processes.end(process)

    def is_idle(self) -> bool:
        """Return whether both nodes wait for jobs."""
        return self.states() == dict.fromkeys(NODES, "idle")

    def states(self) -> dict[str, str]:
        """Return the state of each node, as sinfo calls it."""
        lines = self.run("sinfo", "--noheader", "--Node", "--format=%N %T").splitlines()
        return dict(line.split() for line in lines)

    def jobs(self) -> list[Job]:
        """Return all jobs, in the order of their submission."""
        lines = self.run("scontrol", "show", "job", "--details", "--oneliner").splitlines()
        found = [dict(re.findall(r"(?:^|\s)([A-Za-z:/_]+)=(\S*)", line)) for line in lines if line.startswith("JobId=")]
        return [Job(fields["JobId"], fields) for fields in found]

    def processes(self, **variables: str) -> list[psutil.Process]:
        """Return the processes of this cluster, of which all are marked, that were given these variables too."""
        return processes.marked(**{MARK: str(self.folder)}, **variables)

    def _answers(self) -> bool:
        command = ["scontrol", "ping"]
        return subprocess.run(command, env=self.environment, capture_output=True, timeout=PATIENCE).returncode == 0

    def _pid(self, daemon: str) -> int | None:
        with suppress(OSError, ValueError):
            return int((self.folder / "run" / f"{daemon}.pid").read_text())
        return None

    def _end(self, daemon: str, how: signal.Signals) -> None:
        pid = self._pid(daemon)
        for process in self.processes():
            if process.pid == pid:
                processes.end(process, how)


@contextmanager
def running() -> Iterator[Slurm]:
    """Give a cluster that is idle, and stop it in the end, also where its start fails or the tests are interrupted.

    A SIGTERM, as `timeout` sends it, is taken for Ctrl-C.
    """
    slurm = Slurm(Path(tempfile.mkdtemp(prefix="slurm-")))
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        configure(slurm.folder)
        slurm.start()
        yield slurm
    finally:
        signal.signal(signal.SIGTERM, before)
        slurm.stop()
        shutil.rmtree(slurm.folder)


if __name__ == "__main__":
    if said := missing():
        sys.exit(f"error: {said}")
