"""What the rules take from dvc.yaml and params.yaml, so that neither a path nor a parameter is written twice.

A rule asks for ``outs("train", "model")``: the files of dvc.yaml's stage, with its key as the wildcard ``{model}``;
for ``deps("train", "model")``: a function that looks the stage up by that wildcard.
"""

import os
import re
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from snakemake.io import ancient, directory, report

from darkroom.core.errors import UserError
from darkroom.params.document import Parameters, load
from darkroom.pipeline import plan, planning, template, versions
from workflow import reasons
from workflow.changes import Producers, is_outside
from workflow.priorities import rank_work

SHOWN = {"", ".png", ".webp", ".md", ".csv"}
"""Suffixes of the files, and of folders of figures, that go into the report where they have a caption."""
NOTHING = "(?!)"
"""A pattern that matches no text."""
ALONE = Path(".dvc/config.local")
"""Where workflow/without-git tells DVC to do without a git repository."""

# Commands find this environment's python and dvc, whether or not it is activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


class Pipeline:
    """The stages of dvc.yaml for the params.yaml of this moment."""

    def __init__(self, settled: bool = False) -> None:
        """Read and validate both files, and bring the plan and the versions up to date, unless another process has.

        Raises:
            UserError: params.yaml is not valid, or DVC cannot work here.
        """
        told = ALONE.exists() and "no_scm" in ALONE.read_text(encoding="utf-8")
        if not told and not any((folder / ".git").exists() for folder in [Path.cwd(), *Path.cwd().parents]):
            asked = "no git repository here, which DVC asks for"
            raise UserError(f"{asked}: run make, which tells it to do without, or git init")
        self.parameters: Parameters = load()
        if not settled:
            plan.update(self.parameters)
            versions.update()
        self.definitions, self.values = template.read_documents()
        self.stages = template.read_stages()
        self.producers = Producers((out, stage.name) for stage in self.stages.values() for out in stage.outs)
        self.concerned: set[str] = set()
        """Stages that DVC must look at again, by workflow/reconcile.py."""

    def outs(self, verb: str, wildcard: str, category: str, **wildcards: str) -> list[Any]:
        """Return a stage's output patterns, with its key as ``{wildcard}``, and what the report shows marked for it.

        ``wildcards`` names the wildcard of other expressions in its paths: ``study="item.study"``.
        """
        names = {"key": wildcard, **{expression: name for name, expression in wildcards.items()}}
        patterns = [
            template.EXPRESSION.sub(lambda match: f"{{{names[match[1]]}}}", path)
            for path in template.list_outs(self.definitions[verb]["do"])
        ]
        return [marked(verb, pattern, f"{{{wildcard}}}", category) for pattern in patterns]

    def deps(self, verb: str, wildcard: str) -> Callable[[Any], list[Any]]:
        """Return the input function of a stage: what it depends on, whatever its times, and why to look at it again.

        A folder that holds what other stages make stands for these files. Code is left out: its bytes were looked at
        before, and some twenty modules for each of many jobs cost Snakemake seconds. Snakemake follows the stages
        concerned from one to the next by what is not ancient between them.
        """

        def inputs(wildcards: Any) -> list[Any]:
            name = f"{verb}@{wildcards[wildcard]}"
            if name not in self.stages:
                raise UserError(f"params.yaml asks for no {name}")
            paths = dict.fromkeys(path for dep in self.stages[name].deps for path in self._inputs(dep))
            linked = [path for path in paths if {name, self.producers.get(path)} <= self.concerned]
            return [*(path if path in linked else ancient(path) for path in paths), str(reasons.file(name))]

        return inputs

    def _inputs(self, dep: str) -> list[str]:
        left_out = dep.endswith(".py") or is_outside(dep) or Path(dep).is_dir()
        return self.producers.behind(dep) or ([] if left_out else [dep])

    def results(self, study: str) -> list[str]:
        """Return the files that a study ends in: its comparison, its costs, and the census of its dataset."""
        return [out for name in planning.list_ends(study, self.values) for out in self.stages[name].outs]

    def work(self, wildcards: Any) -> float:
        """Return the priority of a training run, above that of evaluations, which is 0, and up to 1, for the longest.

        The rules before it, which it waits for, have 1 and more.
        """
        return self._work[wildcards["model"]]

    @cached_property
    def _work(self) -> dict[str, float]:
        return rank_work(self.values)

    def keys(self, *verbs: str) -> str:
        """Return a pattern that matches the keys of some kinds of stages and nothing else."""
        keys = (stage.key for stage in self.stages.values() if stage.verb in verbs and stage.key)
        return "|".join(map(re.escape, keys)) or NOTHING


def marked(verb: str, pattern: str, subject: str, category: str) -> Any:
    """Return an output of a stage as Snakemake takes it: a folder as such, and for the report what has a caption."""
    path, caption = Path(pattern), caption_of(verb, pattern)
    output = pattern if path.suffix else directory(pattern)
    if not caption:
        return output
    figure = path.stem.replace("-", " ") if path.suffix else "{figure}"
    labels = {"of": subject, "shows": figure, "as": path.suffix[1:] or "webp"}
    within = {} if path.suffix else {"patterns": ["{figure}.webp"]}
    return report(output, caption=str(caption), category=category, labels=labels, **within)


def caption_of(verb: str, out: str) -> Path | None:
    """Return the caption of an output of a stage, if the report shows it."""
    path = Path(out)
    caption = Path(__file__).parent / "report" / f"{verb}-{path.stem}.rst"
    return caption if path.suffix in SHOWN and caption.exists() else None
