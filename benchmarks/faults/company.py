"""Others at work in the same checkout, while a run makes the study."""

import sys
from collections.abc import Callable, Iterator

from benchmarks import project
from benchmarks.faults.study import MODEL
from benchmarks.faults.trial import Fault, Trial

BEGUN = 1
"""Stages that have ended when the other comes."""
MODULE = (sys.executable, "-m")
AS_AUTHOR = ("git", "-c", "user.name=test", "-c", "user.email=test@example.org")
COMMANDS: dict[str, tuple[str, ...]] = {
    "a second snakemake": (*MODULE, "snakemake"),
    "snakemake -n": (*MODULE, "snakemake", "-n"),
    "dvc repro": (*MODULE, "dvc", "repro"),
    "dvc status": (*MODULE, "dvc", "status"),
    "dvc checkout": (*MODULE, "dvc", "checkout", "--force"),
    "dvc gc": (*MODULE, "dvc", "gc", "--workspace", "--force"),
    "dvc gc of what git knows": (*MODULE, "dvc", "gc", "--all-commits", "--force"),
    "dvc commit": (*MODULE, "dvc", "commit", "--force"),
    "make status": (*MODULE, "workflow.status"),
    "make prune": (*MODULE, "workflow.removal", "prune"),
    "make clean": (*MODULE, "workflow.removal", "clean"),
    "git commit": (*AS_AUTHOR, "commit", "--quiet", "--all", "--message", "Meanwhile"),
    "git gc": ("git", "gc", "--quiet", "--prune=now"),
}


def beside(*command: str) -> Callable[[Trial], None]:
    """Return what runs a command beside a run, once some stages have ended."""

    def inject(trial: Trial) -> None:
        running = trial.running(BEGUN)
        trial.run(*command)
        trial.end(running)

    return inject


def both_at_once(trial: Trial) -> None:
    """Start two runs at the same moment."""
    one, other = trial.start(), trial.start()
    trial.end(one)
    trial.end(other)


def stash(trial: Trial) -> None:
    """Put the edit away in the middle of its run, and take it out again after that."""
    running = trial.running(BEGUN)
    trial.run(*AS_AUTHOR, "stash")
    trial.end(running)
    project.git(trial.folder, "checkout", "--", ".")
    trial.run(*AS_AUTHOR, "stash", "pop")


def switch(trial: Trial) -> None:
    """Go to the commit before the edit in the middle of its run, make that, and come back."""
    project.git(trial.folder, "checkout", "--quiet", "-b", "edited")
    project.git(trial.folder, "commit", "--quiet", "--all", "--message", "Edit")
    running = trial.running(BEGUN)
    trial.run("git", "checkout", "--quiet", "HEAD~1")
    trial.end(running)
    trial.run()
    trial.run("git", "checkout", "--quiet", "--force", "edited")


def edited(trial: Trial) -> None:
    """Edit params.yaml in the middle of a run, and take that back when it has ended."""
    running = trial.running(BEGUN)
    file = trial.folder / "params.yaml"
    held = file.read_bytes()
    project.edit(trial.folder, {"evaluation.worst": 99})
    trial.end(running)
    file.write_bytes(held)


def torn(trial: Trial) -> None:
    """Let params.yaml be half a file in the middle of a run, as an editor without care writes it."""
    running = trial.running(BEGUN)
    file = trial.folder / "params.yaml"
    held = file.read_bytes()
    file.write_bytes(held[: len(held) // 2])
    trial.end(running)
    file.write_bytes(held)


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    for name, command in COMMANDS.items():
        yield Fault("company", f"{name} beside a run", beside(*command), edit=MODEL)
    yield Fault("company", "two runs begun at once", both_at_once, edit=MODEL)
    yield Fault("company", "git stash in a run, and pop after it", stash, edit=MODEL)
    yield Fault("company", "another commit in a run, and back after it", switch, edit=MODEL)
    yield Fault("company", "params.yaml edited in a run, and back after it", edited, edit=MODEL)
    yield Fault("company", "params.yaml torn in a run, and whole after it", torn, edit=MODEL)
