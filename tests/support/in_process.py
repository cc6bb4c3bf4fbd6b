"""The stages of a study one after the other in this process, so that TensorFlow is started once."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, chdir, nullcontext
from importlib import import_module
from pathlib import Path

from darkroom.core.files import write_json
from darkroom.pipeline import record, template

RECORD = "--record"


Within = Callable[[template.Stage], AbstractContextManager[None]]


def make(folder: Path, *only: str, within: Within = lambda stage: nullcontext()) -> list[str]:
    """Run the command of every stage of dvc.yaml, or of some, and return their names in the order in which they ran.

    Each runs ``within`` a context.
    """
    with chdir(folder):
        stages = template.read_stages()
        ordered = list(in_order([stages[name] for name in only or stages]))
        for stage in ordered:
            _, _, module, *arguments = shlex.split(stage.command)
            file = None
            if RECORD in arguments:
                place = arguments.index(RECORD)
                file = Path(arguments[place + 1])
                del arguments[place : place + 2]
            with within(stage):
                import_module(module).main(arguments)
            if file:
                write_json(file, record.describe_process())
    return [stage.name for stage in ordered]


def in_order(stages: list[template.Stage]) -> Iterator[template.Stage]:
    """Yield stages, each behind those that write what it reads."""
    waiting = {stage.name: stage for stage in stages}
    while waiting:
        to_come = [out for stage in waiting.values() for out in stage.outs]
        ready = [
            stage for stage in waiting.values() if not any(reads(dep, out) for dep in stage.deps for out in to_come)
        ]
        assert ready, f"stages wait for each other: {', '.join(waiting)}"
        for stage in ready:
            del waiting[stage.name]
        yield from ready


def reads(dep: str, out: str) -> bool:
    """True if what depends on ``dep`` reads ``out``: that file or folder, or one below it."""
    return out == dep or out.startswith(f"{dep}/") or dep.startswith(f"{out}/")
