"""Others that run the stages of a trivial study, with the same commands, inputs and outputs.

`dvc repro` alone; paraffin, which runs DVC's stages in parallel; Snakemake without DVC, on a Snakefile of its own.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import trivial
from benchmarks.project import environment
from darkroom.pipeline import template
from workflow.changes import Inspection, Producers
from workflow.contents import Contents

PARAFFIN = "paraffin==0.3.7"
STAGES = Path("stages.json")
HEAD = f"""\
import json
from pathlib import Path

STAGES = json.loads(Path("{STAGES}").read_text())


def of_stage(verb, what):
    return lambda wildcards: STAGES[f"{{verb}}@{{wildcards.key}}"][what]


rule all:
    input:
        [out for stage in STAGES.values() for out in stage["outputs"]],
"""
RULE = """

rule {verb}:
    input:
        of_stage("{verb}", "inputs"),
    output:
        {outputs},
    wildcard_constraints:
        key="[^/]+",
    params:
        command=of_stage("{verb}", "command"),
        values=of_stage("{verb}", "values"),
    shell:
        "{{params.command}}"
"""


@dataclass(frozen=True)
class Peer:
    """A way to run a study: its commands, what must be done before them, and the folders of its programs."""

    name: str
    commands: Sequence[Sequence[str]]
    prepare: Callable[[Path], object] = lambda folder: None
    programs: Sequence[Path] = field(default_factory=tuple)


def peers(cache: Path, cores: int) -> list[Peer]:
    """Return Darkroom and those that it is compared with; ``cache`` is where paraffin is installed."""
    python = [sys.executable, "-m"]
    snakemake = [*python, "snakemake", "--cores", str(cores)]
    programs = cache / "paraffin/bin"
    parallel = [[str(programs / "paraffin"), *rest] for rest in (["submit"], ["worker", "--jobs", str(cores)])]
    return [
        Peer("Darkroom", [snakemake]),
        Peer("dvc repro", [[*python, "dvc", "repro"]]),
        Peer(PARAFFIN.replace("==", " "), parallel, lambda folder: install(cache / "paraffin"), [programs]),
        Peer("Snakemake without DVC", [snakemake], without_dvc),
    ]


def install(folder: Path) -> None:
    """Install paraffin, with this environment's version of DVC, into an environment of its own, unless it is there.

    Raises:
        RuntimeError: that failed; the last line of what was said.
    """
    if (folder / "bin/paraffin").exists():
        return
    wanted = [PARAFFIN, f"dvc=={version('dvc')}"]
    for command in ([sys.executable, "-m", "venv", str(folder)], [str(folder / "bin/pip"), "install", *wanted]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
        if done.returncode:
            raise RuntimeError((done.stdout + done.stderr).strip().splitlines()[-1])


def without_dvc(folder: Path) -> None:
    """Write a Snakefile for the stages of the study in ``folder``, in place of the project's workflow."""
    stages = template.read_stages(folder)
    producers = Producers((out, stage.name) for stage in stages.values() for out in stage.outs)
    inspection = Inspection(stages, {}, Contents())

    def inputs(stage: template.Stage) -> list[str]:
        return [path for dep in stage.deps for path in producers.behind(dep) or [dep]]

    def values(stage: template.Stage) -> dict[str, Any]:
        listed = ((str(folder / file), key) for file, keys in stage.params.items() for key in keys)
        return {key: inspection.value(file, key) for file, key in listed}

    written = {
        name: {"command": one.command, "inputs": inputs(one), "outputs": one.outs, "values": values(one)}
        for name, one in stages.items()
    }
    (folder / STAGES).write_text(json.dumps(written), encoding="utf-8")
    (folder / "Snakefile").write_text(snakefile(folder, {stage.verb for stage in stages.values()}), encoding="utf-8")
    for file in ("workflow/Snakefile", "workflow/profiles/default/profile.yaml"):
        (folder / file).unlink(missing_ok=True)


def snakefile(folder: Path, verbs: set[str]) -> str:
    """Return the text of a Snakefile with a rule for each of the ``verbs``, whose key is its wildcard."""
    text = HEAD
    for verb, definition in template.read_definitions(folder).items():
        if verb in verbs:
            patterns = [
                template.EXPRESSION.sub(lambda match: "{key}" if match[1] == "key" else trivial.STUDY, out)
                for out in template.list_outs(definition["do"])
            ]
            outputs = [f'"{path}"' if Path(path).suffix else f'directory("{path}")' for path in patterns]
            text += RULE.format(verb=verb, outputs=",\n        ".join(outputs))
    return text
