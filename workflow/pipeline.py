"""What the rules take from dvc.yaml and params.yaml, so that neither a path nor a parameter is written twice.

A rule asks for ``outs("train", "model")``: the files of dvc.yaml's stage, with its key as the wildcard ``{model}``;
for ``deps("train", "model")``: a function that looks the stage up by that wildcard.
"""

import atexit
import os
import re
import sys
from collections.abc import Callable, Collection, Set
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Any

from snakemake.io import ancient, directory, report

from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.params.document import Parameters, load
from darkroom.params.yaml_files import read
from darkroom.pipeline import command, origins, plan, planning, template, versions
from workflow import changes, jobs, listings, lock, reasons, recording, storage
from workflow.concerned import Concerned, concerned, reached
from workflow.guard import replace_missing
from workflow.hashes import Contents
from workflow.job import Stages
from workflow.leftovers import clear, leftovers, sweep
from workflow.producers import Producers

SHOWN = {"", ".png", ".md", ".csv"}
"""Suffixes of the files, and of folders of figures, that go into the report where they have a caption."""

QUERIES = {
    *("-l", "-S", "-D", "--lint", "--list", "--list-rules", "--list-target-rules", "--list-changes"),
    *("--list-input-changes", "--list-params-changes", "--list-untracked", "--summary", "--detailed-summary"),
    *("--unlock", "--containerize", "--dag", "--rulegraph", "--filegraph", "--d3dag"),
}
"""Words of Snakemake's command line that ask for something to read."""

NOTHING = "(?!)"
"""A pattern that matches no text."""

COMMAND = (
    "DARKROOM_THREADS={threads} python -m workflow.job {params.stage} --log {log} 2>&1"
    " | tee {log} | sed --unbuffered --quiet '/^\\[\\|^error\\|^ERROR\\|^restored/p' >&2"
)
"""The action of every rule: what the stage reads is checked, then DVC decides by content whether the stage's command
runs. The log keeps everything; the terminal shows progress and errors."""


# Commands find this environment's python and dvc, whether or not it is activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


class Pipeline:
    """The stages of dvc.yaml for the params.yaml of this moment."""

    def __init__(self, settled: bool = False) -> None:
        """Read and validate both files, and bring the plan and the versions up to date, unless another process has.

        Raises:
            UserError: params.yaml is not valid, or DVC cannot work here.
        """
        check_repository()
        self.parameters: Parameters = load()
        if not settled:
            plan.update(self.parameters)
            versions.update()
        self.definitions, self.values = template.read_documents()
        self.stages = template.read_stages()
        self.producers = Producers((out, stage.name) for stage in self.stages.values() for out in stage.outs)
        self.concerned: set[str] = set()

    def outs(self, verb: str, wildcard: str, category: str, **wildcards: str) -> list[Any]:
        """Return a stage's output patterns, with its key as ``{wildcard}``, and what the report shows marked for it.

        ``wildcards`` names the wildcard of other expressions in its paths: ``study="item.study"``.
        """
        names = {"key": wildcard, **{expression: name for name, expression in wildcards.items()}}
        definition = self.definitions[verb]["do"]
        patterns = [
            template.EXPRESSION.sub(lambda match: f"{{{names[match[1]]}}}", path)
            for path in template.list_outs(definition)
        ]
        return [self._marked(verb, pattern, f"{{{wildcard}}}", category) for pattern in patterns]

    def _marked(self, verb: str, pattern: str, subject: str, category: str) -> Any:
        path, caption = Path(pattern), caption_of(verb, pattern)
        if not path.suffix and caption:
            labels = {"of": subject, "shows": "{figure}", "as": "png"}
            figures = {"patterns": ["{figure}.png"], "category": category, "labels": labels}
            return report(directory(pattern), caption=str(caption), **figures)
        if not path.suffix:
            return directory(pattern)
        if not caption:
            return pattern
        labels = {"of": subject, "shows": path.stem.replace("-", " "), "as": path.suffix[1:]}
        return report(pattern, caption=str(caption), category=category, labels=labels)

    def deps(self, verb: str, wildcard: str) -> Callable[[Any], list[Any]]:
        """Return the input function of a stage: what it depends on, whatever its times, and why to look at it again.

        A folder that holds what other stages make stands for these files. Code is left out: :meth:`reconcile` sees to
        its bytes, and some twenty modules for each of many jobs cost Snakemake seconds. It follows the stages concerned
        from one to the next by what is not ancient between them.
        """

        def inputs(wildcards: Any) -> list[Any]:
            stage = self._stage(verb, wildcard, wildcards)
            paths = [path for dep in stage.deps for path in self._inputs(dep)]
            linked = [path for path in paths if {stage.name, self.producers.get(path)} <= self.concerned]
            return [*(path if path in linked else ancient(path) for path in paths), str(reasons.file(stage.name))]

        return inputs

    def reconcile(self, dry: bool, words: Collection[str] = ()) -> None:
        """Tell Snakemake, and the user, which stages no longer are what dvc.lock records.

        Nothing is removed or restored in a ``dry`` run, or one that only shows something, and nothing written while
        another run is at work here. Where the ``words`` of the command line name studies, the user is told of these
        alone, and these alone are restored.

        Raises:
            UserError: dvc.lock cannot be read, or a source is missing that is needed.
        """
        contents = Contents()
        dry = dry or not QUERIES.isdisjoint(word.partition("=")[0] for word in words)
        if not dry and not is_running():
            jobs.wait_for_those_left(self.stages)
            record_check()
            self.record(Path.cwd())
            atexit.register(self.record, Path.cwd())
            sweep()
            clear(leftovers(self.definitions, self.producers), self.stages.values(), contents)
        inspection = changes.Inspection(self.stages, lock.read(), contents)
        wanted = self._wanted(inspection, words)
        found = self._concerned(inspection, set() if dry or is_running() else wanted)
        contents.keep()
        origins.check_sources(self.parameters, self.stages.keys() - (found.stale & wanted))
        self.concerned = set(found.changes)
        if is_running():
            return
        paths = {path for stage in self.stages.values() for path in (*stage.deps, *stage.outs)}
        reasons.date_back(path for path in paths if not changes.is_outside(path))
        for name in self.stages:
            if name in found.changes:
                reasons.ask(name, found.changes[name])
            else:
                reasons.settle(name)
        listings.prune(self._read(inspection))
        for line in reasons.told(found, wanted):
            print(line, file=sys.stderr)

    def _read(self, inspection: changes.Inspection) -> set[str]:
        """Return the hashes of all that stages read when they were executed, and of sources as they are now."""
        sources = {dep for stage in self.stages.values() for dep in stage.deps if changes.is_outside(dep)}
        now = {found.md5 for dep in sources if (found := inspection.contents(dep))}
        return now | {one.md5 for entry in inspection.entries.values() for one in entry.deps.values()}

    def _wanted(self, inspection: changes.Inspection, words: Collection[str]) -> Set[str]:
        """Return the stages of the studies that ``words`` name; of all studies, where they name none."""
        named = [study for study in self.parameters.studies if study in words]
        if not named:
            return self.stages.keys()
        return reached(
            (end for study in named for end in planning.list_ends(study, self.values)), inspection.upstream()
        )

    def _concerned(self, inspection: changes.Inspection, restored: Set[str]) -> Concerned:
        """Return what must be looked at again; what stages ``restored`` lack, and DVC's cache has, is there then.

        Snakemake would look again at all that reads it.
        """
        found = concerned(inspection)
        missing = [(change.subject, change.stage) for change in found.missing if change.stage in restored - found.stale]
        if not missing:
            return found
        with storage.alone({}) as repo:
            replace_missing(missing, partial(Stages().loaded, repo))
        inspection.contents.forget()
        return concerned(inspection)

    def record(self, folder: Path) -> None:
        """Write into the dvc.lock in ``folder`` what jobs have left to be recorded; say in one line why it can't be."""
        try:
            with chdir(folder):  # Snakemake goes back to where it was started
                recording.join(self.stages)
        except Exception as error:
            print(f"error: {program.describe(error)}", file=sys.stderr)

    def results(self, study: str) -> list[str]:
        """Return the files that a study ends in: its comparison, its costs, and the census of its dataset."""
        ends = planning.list_ends(study, self.values)
        return [out for name in ends for out in self.stages[name].outs]

    def keys(self, verb: str) -> str:
        """Return a pattern that matches the keys of a stage and nothing else."""
        keys = (stage.key for stage in self.stages.values() if stage.verb == verb and stage.key)
        return "|".join(map(re.escape, keys)) or NOTHING

    def _stage(self, verb: str, wildcard: str, wildcards: Any) -> template.Stage:
        name = f"{verb}@{wildcards[wildcard]}"
        if name not in self.stages:
            raise UserError(f"params.yaml asks for no {name}")
        return self.stages[name]

    def _inputs(self, dep: str) -> list[str]:
        made = self.producers.behind(dep)
        left_out = dep.endswith(changes.CODE) or changes.is_outside(dep) or Path(dep).is_dir()
        return made or ([] if left_out else [dep])


def caption_of(verb: str, out: str) -> Path | None:
    """Return the caption of an output of a stage, if the report shows it."""
    path = Path(out)
    caption = Path(__file__).parent / "report" / f"{verb}-{path.stem}.rst"
    return caption if path.suffix in SHOWN and caption.exists() else None


def record_check() -> None:
    """Leave to be recorded that the plan, which has just been written, holds: what DVC would by executing the check."""
    check = template.read_check()
    params = {
        file: {key: read(Path(file)).get(key) for key in sorted(keys)}  # as DVC sorts them
        for file, keys in check.params.items()
    }
    content = {"cmd": check.command, "params": params}
    if lock.recorded([check.name])[check.name] != content:
        recording.keep(check.name, content)


def check_repository() -> None:
    """Check that DVC can work here: in a git repository, or told by workflow/without-git to do without one.

    Raises:
        UserError: it cannot.
    """
    alone = Path(".dvc/config.local")
    told = alone.exists() and "no_scm" in alone.read_text(encoding="utf-8")
    if not told and not any((folder / ".git").exists() for folder in [Path.cwd(), *Path.cwd().parents]):
        raise UserError(
            "no git repository here, which DVC asks for: run make, which tells it to do without, or git init"
        )


def is_running() -> bool:
    """Return whether Snakemake is at work in this folder, by its locks; those of this process come later."""
    return any(command.LOCKS.glob("*"))


def opened(reconciled: bool = False, dry: bool = False, settled: bool = False, words: Collection[str] = ()) -> Pipeline:
    """Return the pipeline, or end the process with one line that says what is wrong.

    ``reconciled`` lets Snakemake know what DVC's hashes say before it plans its jobs; see :meth:`Pipeline.reconcile`,
    also for ``dry`` and ``words``.
    ``settled`` says that the process that planned them has brought the plan and the versions up to date.
    """
    try:
        pipeline = Pipeline(settled)
        if reconciled:
            pipeline.reconcile(dry, words)
        return pipeline
    except Exception as error:
        print(f"error: {program.describe(error)}", file=sys.stderr, flush=True)
        os._exit(1)  # an exception would reach the user inside a traceback of Snakemake's
