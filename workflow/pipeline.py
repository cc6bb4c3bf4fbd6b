"""What the rules take from dvc.yaml and params.yaml, so that neither a path nor a parameter is written twice.

A rule asks for ``outs("train", "model")``: the files of dvc.yaml's stage, with its key as the wildcard ``{model}``;
for ``deps("train", "model")`` and ``params("train", "model")``: functions that look the stage up by that wildcard.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from snakemake.io import directory, report

from stages import plan, template
from stages.errors import UserError
from stages.parameters.document import Parameters, load

SHOWN = {".png", ".md", ".csv"}
"""Suffixes of the files that go into the report."""

NOTHING = "(?!)"
"""A pattern that matches no text."""

COMMAND = (
    "DARKROOM_THREADS={threads} dvc --wait-for-lock repro --single-item {params.stage} 2>&1 | tee {log}"
    " | sed --unbuffered --quiet '/exited with [0-9]*$/d; /^\\[\\|^error\\|^ERROR/p' >&2"
)
"""The action of every rule: DVC decides by content whether the stage's command runs, and records it. The log keeps
everything; the terminal shows progress and errors."""


# Commands find this environment's python and dvc, whether or not it is activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


class Pipeline:
    """The stages of dvc.yaml for the params.yaml of this moment."""

    def __init__(self) -> None:
        """Read and validate both files, and bring the plan up to date.

        Raises:
            UserError: params.yaml is not valid, a dataset's folder does not exist, or DVC cannot work here.
        """
        check_repository()
        self.parameters: Parameters = load()
        plan.check_sources(self.parameters)
        plan.update(self.parameters)
        self.definitions, self.values = template.documents()
        self.stages = template.stages()
        self.producers = {out: stage for stage in self.stages.values() for out in stage.outs}

    def outs(self, verb: str, wildcard: str, category: str, **wildcards: str) -> list[Any]:
        """Return a stage's output patterns, with its key as ``{wildcard}``, and what the report shows marked for it.

        ``wildcards`` names the wildcard of other expressions in its paths: ``study="item.study"``.
        """
        names = {"key": wildcard, **{expression: name for name, expression in wildcards.items()}}
        definition = self.definitions[verb]["do"]
        patterns = [
            template.EXPRESSION.sub(lambda match: f"{{{names[match[1]]}}}", path)
            for path in template.all_outs(definition)
        ]
        return [self._marked(verb, pattern, f"{{{wildcard}}}", category) for pattern in patterns]

    def _marked(self, verb: str, pattern: str, subject: str, category: str) -> Any:
        path = Path(pattern)
        if not path.suffix:
            return directory(pattern)
        caption = Path(__file__).parent / "report" / f"{verb}-{path.stem}.rst"
        if path.suffix not in SHOWN or not caption.exists():
            return pattern
        labels = {"of": subject, "shows": path.stem.replace("-", " "), "as": path.suffix[1:]}
        return report(pattern, caption=str(caption), category=category, labels=labels)

    def deps(self, verb: str, wildcard: str) -> Callable[[Any], list[str]]:
        """Return the input function of a stage.

        A folder that holds what other stages make stands for these files; a folder of the user's, which DVC hashes, is
        left to :meth:`params`.
        """

        def inputs(wildcards: Any) -> list[str]:
            stage = self._stage(verb, wildcard, wildcards)
            return [path for dep in stage.deps for path in self._inputs(dep)]

        return inputs

    def params(self, verb: str, wildcard: str) -> Callable[[Any], dict[str, Any]]:
        """Return the function that gives the values of params.yaml that a stage depends on, and its command."""

        def values(wildcards: Any) -> dict[str, Any]:
            stage = self._stage(verb, wildcard, wildcards)
            chosen = {name: self._value(name) for name in stage.params}
            folders = {dep: fingerprint(Path(dep)) for dep in stage.deps if self._is_foreign_folder(dep)}
            return {"command": stage.command, **chosen, **folders}

        return values

    def results(self, study: str) -> list[str]:
        """Return the files that a study ends in: its comparison, and the census of its dataset."""
        dataset = self.values["comparisons"][study]["dataset"]
        return [*self.stages[f"compare@{study}"].outs, *self.stages[f"census@{dataset}"].outs]

    def keys(self, verb: str) -> str:
        """Return a pattern that matches the keys of a stage and nothing else."""
        keys = (stage.key for stage in self.stages.values() if stage.verb == verb and stage.key)
        return "|".join(map(re.escape, keys)) or NOTHING

    def leftovers(self) -> list[Path]:
        """Return what lies where stages write but belongs to nothing in params.yaml; outermost folders."""
        current = {Path(out) for out in self.producers}
        kept = current | {parent for out in current for parent in out.parents}
        patterns = {
            template.EXPRESSION.sub("*", path)
            for definition in self.definitions.values()
            for path in template.all_outs(definition["do"])
        }
        found = {path for pattern in patterns for path in Path().glob(pattern) if path not in kept}
        outermost = {next(p for p in reversed([path, *path.parents][:-1]) if p not in kept) for path in found}
        return sorted(outermost)

    def _stage(self, verb: str, wildcard: str, wildcards: Any) -> template.Stage:
        name = f"{verb}@{wildcards[wildcard]}"
        if name not in self.stages:
            raise UserError(f"params.yaml asks for no {name}")
        return self.stages[name]

    def _inputs(self, dep: str) -> list[str]:
        if dep in self.producers:
            return [dep]
        inside = [out for out in self.producers if out.startswith(f"{dep}/")]
        return inside if inside else [] if Path(dep).is_dir() else [dep]

    def _is_foreign_folder(self, dep: str) -> bool:
        return dep not in self.producers and Path(dep).is_dir() and not self._inputs(dep)

    def _value(self, dotted: str) -> Any:
        value: Any = self.values
        for part in dotted.split("."):
            value = value[part] if isinstance(value, Mapping) else None
        return value


def fingerprint(folder: Path) -> str:
    """Return a text that changes when a file below ``folder`` is added, removed, resized or rewritten.

    It costs no reading: DVC, which reads, decides whether the content is another.
    """
    newest, count, size = 0, 0, 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                status = (Path(parent) / name).stat()
            except FileNotFoundError:  # a link to nothing, which fetch names
                continue
            newest, count, size = max(newest, status.st_mtime_ns), count + 1, size + status.st_size
    return f"{count} files, {size} bytes, newest {newest}"


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


def opened() -> Pipeline:
    """Return the pipeline, or end the process with one line that says what is wrong."""
    try:
        return Pipeline()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # an exception would reach the user inside a traceback of Snakemake's
