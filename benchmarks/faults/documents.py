"""Documents that an editor, git or a broken disk has damaged."""

import subprocess
from collections.abc import Callable, Iterator

from benchmarks import project
from benchmarks.faults.trial import Fault, Trial

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "halved": lambda held: held[: len(held) // 2],
    "empty": lambda held: b"",
    "with merge markers": lambda held: b"<<<<<<< ours\n" + held + b"=======\n" + held + b">>>>>>> theirs\n",
    "twice in one file": lambda held: held + held,
    "with tabs for spaces": lambda held: held.replace(b"  ", b"\t"),
    "with NaN for its numbers": lambda held: held.replace(b": 1", b": .nan"),
    "in UTF-16": lambda held: held.decode().encode("utf-16"),
    "with a Latin-1 letter": lambda held: b"# \xe9t\xe9\n" + held,
    "with a byte-order mark": lambda held: b"\xef\xbb\xbf" + held,
    "with Windows' line ends": lambda held: held.replace(b"\n", b"\r\n"),
    "of zeros": lambda held: bytes(len(held)),
    "a list": lambda held: b"- 1\n- 2\n",
}
TRACKED = ("params.yaml", "dvc.lock", "dvc.yaml", "workflow/plan.yaml")
WRITTEN = ("params.yaml", "dvc.yaml")
OURS = (
    ".dvc/tmp/contents.json",
    ".dvc/tmp/darkroom/dvc.lock",
    ".dvc/tmp/darkroom/records/train@model-0001.yaml",
    ".dvc/tmp/jobs/train@model-0001.json",
)
ALL = ("halved", "empty", "of zeros", "a list")
JSON = {"null": b"null", "of other values": b'{"params.yaml": null, "dvc.yaml": [1], "models": {}}'}


def damaged(file: str, damage: Callable[[bytes], bytes]) -> Callable[[Trial], None]:
    """Return what damages a document of the study."""

    def inject(trial: Trial) -> None:
        path = trial.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damage(path.read_bytes() if path.is_file() else b""))

    return inject


def from_git(file: str) -> Callable[[Trial], None]:
    """Return what takes a document from git again: what a user writes always, another if a run failed because of it."""

    def mend(trial: Trial) -> None:
        if trial.said[-1][0] or file in WRITTEN:
            project.git(trial.folder, "checkout", "--", file)

    return mend


def conflict(trial: Trial) -> None:
    """Merge a branch that changed the same values, as git leaves it."""
    for branch, value in (("theirs", 5), ("ours", 7)):
        project.git(trial.folder, "checkout", "--quiet", "-b", branch, "HEAD" if branch == "theirs" else "HEAD~1")
        project.edit(trial.folder, {"evaluation.worst": value})
        project.git(trial.folder, "commit", "--quiet", "--all", "--message", branch)
    try:
        project.git(trial.folder, "merge", "theirs")
    except subprocess.CalledProcessError:  # as it should
        return


def undo_conflict(trial: Trial) -> None:
    """Go back to the commit of the finished study."""
    project.git(trial.folder, "merge", "--abort")
    project.git(trial.folder, "checkout", "--quiet", "theirs~1")


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    for file in TRACKED:
        yield from (
            Fault("document", f"{file} {name}", damaged(file, act), from_git(file)) for name, act in DAMAGE.items()
        )
    for file in OURS:
        yield from (Fault("document", f"{file} {name}", damaged(file, DAMAGE[name])) for name in ALL)
    for name, held in JSON.items():
        file = OURS[0]
        yield Fault("document", f"{file} {name}", damaged(file, lambda _, held=held: held))  # type: ignore[misc]
    yield Fault("document", "params.yaml in a merge that stopped", conflict, undo_conflict)
