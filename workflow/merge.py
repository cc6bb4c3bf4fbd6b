"""After a git merge that stopped: join dvc.lock stage by stage, and write anew what is written from params.yaml.

    python -m workflow.merge

An entry of dvc.lock that one branch changed is taken from it. Of an entry that both changed, ours is kept: DVC checks
by content whether it holds, and makes the stage again where it does not. What a person must decide, as in params.yaml,
comes first: with a conflict there, nothing is done.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.params.document import load
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.pipeline import artifacts, command, git, plan, template, versions
from workflow import lock, recording
from workflow.lock import CONFLICT
from workflow.lock import FILE as LOCK
from workflow.recording import Texts, merged

DERIVED = (plan.FILE, artifacts.FILE, versions.FILE)
VERSIONS = (1, 2, 3)
"""Git's numbers of the versions of a file in conflict: the base, ours and theirs."""


def merge() -> list[str]:
    """Solve what can be solved of a merge, and return in words what was done and what is left.

    Raises:
        UserError: this is no git repository, a person must decide something first, a dvc.lock is not what DVC writes,
            or DVC is at work on it and goes on.
    """
    unmerged = git.printed("diff", "--name-only", "--relative", "--diff-filter=U", "-z")
    if unmerged is None:
        raise UserError("no git repository here, so nothing to merge")
    conflicts = {Path(name) for name in unmerged.split("\0") if name}
    for file in (PARAMETERS, template.FILE):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith(CONFLICT):
                decide = f"a merge conflict in line {number}: decide it there, then run make merge again"
                raise UserError(f"{file}: {decide}")
    if LOCK not in conflicts and CONFLICT in lock.read():
        again = f"git checkout --merge {LOCK}, then make merge again"
        raise UserError(f"{LOCK}: a merge conflict that git takes for solved: {again}")
    written = write_derived()
    said = [f"{file}: written anew" for file in written]
    said += [join_lock() if LOCK in conflicts else f"{LOCK}: no conflict"]
    solved = [str(file) for file in (LOCK, *DERIVED) if file in conflicts or (conflicts and file in written)]
    if solved:
        git.output("add", "--", *solved)
    left = sorted(str(file) for file in conflicts if str(file) not in solved)
    decide = f"decide {', '.join(left)} and git add, then " if left else ""
    return [*said, f"Next: {decide}git commit, then snakemake." if conflicts else "Nothing to solve."]


def write_derived() -> list[Path]:
    """Write anew what params.yaml and the environment give, and return the files that said something else."""
    before = {file: file.read_bytes() if file.exists() else b"" for file in DERIVED}
    plan.update(load())
    versions.update()
    return [file for file in DERIVED if file.read_bytes() != before[file]]


def join_lock() -> str:
    """Write dvc.lock from the three versions that git has of it, and return in words what became of it."""
    texts = [lock.parts(git.printed("show", f":{number}:./{LOCK}") or "") for number in VERSIONS]
    for one in texts:
        lock.entries(one)  # or finds that they are not what DVC writes
    with recording.held():
        write_text(LOCK, lock.whole(merged(*texts)))
    both = changed_on_both(*texts)
    return f"{LOCK}: joined" + (f"; ours where both sides changed it: {', '.join(both)}" if both else "")


def changed_on_both(base: Texts, ours: Texts, theirs: Texts) -> list[str]:
    """Return the stages whose entries both sides changed, each in its way."""
    both = ours.keys() & theirs.keys() - {template.CHECK}  # which the next snakemake records anew
    return sorted(
        name for name in both if ours[name] != theirs[name] and base.get(name) not in (ours[name], theirs[name])
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Solve what can be solved of a merge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(argv)
    print(*merge(), sep="\n")


if __name__ == "__main__":
    command.run(main)
