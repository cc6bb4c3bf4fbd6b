"""The workflow of a crate and its run, as the Provenance Run Crate profile has them.

Each verb of dvc.yaml is a tool with formal parameters: what the stage reads, writes and is set to, for any key. Each
executed step is an action of its tool, with the files and values that stood for these parameters.
"""

import json
import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from darkroom.pipeline import template
from workflow.audit.crate_files import Files, describe
from workflow.audit.facts import list_brought
from workflow.audit.lineage import Item, Step
from workflow.lock import FILE as LOCK

COMPLETED = "http://schema.org/CompletedActionStatus"
"""The state of every step: DVC records none that failed."""
KINDS = {bool: "Boolean", int: "Integer", float: "Float"}
TIMES = {"began": "startTime", "ended": "endTime"}
PLANNED = re.compile(r"\$\{item\.at\.(.+)\}")
"""A key that stands where the plan says."""


class Run:
    """The run of a workflow, to which steps are added in the order of their execution."""

    def __init__(self, crate: ROCrate, files: Files, workflow: Entity) -> None:
        """Take the crate, its files and its workflow."""
        self.crate, self.files, self.workflow = crate, files, workflow
        self.definitions = template.read_definitions()
        self.controls: list[Entity] = []
        self.tools: dict[str, tuple[Entity, Entity]] = {}
        self._said: set[tuple[str, str, str]] = set()

    def add(self, step: Step) -> None:
        """Add a step's action, and its tool when it is the first of its verb."""
        tool, how = self._add_tool(step)
        definition = self.definitions[_find_verb(step)]["do"]
        deps, keys, outs = (
            template.list_paths(definition["deps"]),
            template.list_params(definition),
            template.list_outs(definition),
        )
        inputs = [self._add_item(tool, "input", item, deps) for item in step.inputs]
        values = [
            self._add_value(tool, f"{step.name}/{file}/{key}", key, value, keys.get(file, []))
            for file, chosen in step.params.items()
            for key, value in chosen.items()
        ]
        facts = {TIMES[key]: value for key, value in step.record.items() if key in TIMES}
        if step.commit:
            recorded = {"name": f"git commit that recorded it in {LOCK}", "value": step.commit}
            facts["identifier"] = describe(self.crate, f"commit/{step.commit}", "PropertyValue", **recorded)
        action = describe(
            self.crate,
            f"run/{step.name}",
            "CreateAction",
            name=step.name,
            description=step.command,
            instrument=tool,
            object=[*inputs, *(self.files.code(item) for item in step.code), *values],
            result=[self._add_item(tool, "output", item, outs) for item in step.outs],
            actionStatus=COMPLETED,
            **facts,
        )
        control = {"name": f"DVC executes {step.name}", "instrument": how, "object": action}
        self.controls.append(describe(self.crate, f"control/{step.name}", "ControlAction", **control))
        self._add_archives(step)
        self.crate.root_dataset.append_to("mentions", action)

    def _add_archives(self, step: Step) -> None:
        """Say what archives a step brought in, where the crate does not hold them."""
        for item in step.outs:
            if item.files is None or self.files.whole(item):
                continue
            for one in list_brought(step):
                facts = {"name": one.name, "sha256": one.sha256, "contentSize": str(one.size)}
                archive = describe(self.crate, f"{item.path}/{one.name}", "File", **facts)
                self.files.item(item).append_to("hasPart", archive)

    def end(self, sources: list[Entity], made: list[Entity], steps: Sequence[Step]) -> None:
        """Add the run as a whole: from what was brought from outside, its ``sources``, to what it ``made``."""
        for role, entities in (("input", sources), ("output", made)):
            for entity in entities:
                self._add_formal(self.workflow, role, entity["name"], entity, _find_kind(entity))
        action = describe(
            self.crate,
            "run",
            "CreateAction",
            name="The run of the workflow",
            description="From what was brought from outside to what this crate is about",
            instrument=self.workflow,
            object=sources,
            result=made,
            actionStatus=COMPLETED,
            **_find_span(steps),
        )
        self.crate.root_dataset.append_to("mentions", action)
        organize = {"name": "DVC runs the workflow", "instrument": add_engine(self.crate), "object": self.controls}
        describe(self.crate, "organize", "OrganizeAction", result=action, **organize)

    def _add_tool(self, step: Step) -> tuple[Entity, Entity]:
        verb = _find_verb(step)
        if verb not in self.tools:
            facts = {"name": f"stages.{verb}", "description": step.description}
            tool = describe(self.crate, f"tool/{verb}", "SoftwareApplication", **facts)
            position = str(len(self.tools) + 1)
            how = describe(self.crate, f"step/{verb}", "HowToStep", name=verb, position=position, workExample=tool)
            self.workflow.append_to("hasPart", tool, compact=True)
            self.workflow.append_to("step", how, compact=True)
            self.tools[verb] = tool, how
        return self.tools[verb]

    def _add_item(self, tool: Entity, role: str, item: Item, patterns: Sequence[str]) -> Entity:
        entity = self.files.item(item)
        self._add_formal(tool, role, generalise(item.path, patterns), entity, _find_kind(entity))
        return entity

    def _add_value(self, tool: Entity, name: str, key: str, value: Any, patterns: Sequence[str]) -> Entity:
        plain = isinstance(value, str | int | float)
        facts = {"name": key, "value": value if plain else json.dumps(value, ensure_ascii=False)}
        entity = describe(self.crate, f"value/{name}", "PropertyValue", **facts)
        self._add_formal(tool, "input", name_setting(key, patterns), entity, KINDS.get(type(value), "Text"))
        return entity

    def _add_formal(self, owner: Entity, role: str, name: str, example: Entity, kind: str) -> None:
        """Say that ``example`` stood for a formal parameter of a tool or workflow, which is added when it is new."""
        facts = {"name": name, "additionalType": kind}
        formal = describe(self.crate, f"parameter/{owner['name']}/{name}", "FormalParameter", **facts)
        for entity, relation in ((owner, role), (example, "exampleOfWork")):
            if (entity.id, relation, formal.id) not in self._said:
                entity.append_to(relation, formal, compact=True)
                self._said.add((entity.id, relation, formal.id))


def generalise(text: str, patterns: Iterable[str]) -> str:
    """Return the pattern of dvc.yaml that a path or key comes from, as ``data/views/<view>``, or ``text`` itself.

    A file comes from the pattern of its folder, too.
    """
    for pattern in sorted(patterns, key=lambda pattern: -len(template.EXPRESSION.sub("", pattern))):
        fixed = template.EXPRESSION.split(pattern)[::2]
        if re.fullmatch("(.+)".join(map(re.escape, fixed)) + "(/.*)?", text):
            return template.EXPRESSION.sub(lambda match: f"<{match[1].rpartition('.')[2]}>", pattern)
    return text


def name_setting(key: str, patterns: Sequence[str]) -> str:
    """Return what a dotted key of params.yaml sets, as ``training.epochs``, wherever it stands.

    dvc.yaml has such keys from the plan (``${item.at.training.epochs}``), which knows the entry that they stand in; of
    other keys, the pattern is returned.
    """
    *around, last = key.split(".")
    planned = {pattern: match[1] for pattern in patterns if (match := PLANNED.fullmatch(pattern))}
    for name in planned.values():
        part, _, own = name.rpartition(".")
        if own == last and (not part or part in around):
            return name
    if any(name.startswith(f"{last}.") for name in planned.values()):
        return last  # a part that the entry does not have
    return generalise(key, [pattern for pattern in patterns if pattern not in planned])


def add_engine(crate: ROCrate) -> ContextEntity:
    """Return DVC, which executed each step, whether or not Snakemake called it."""
    facts = {"@type": "SoftwareApplication", "name": "DVC", "url": "https://dvc.org", "softwareVersion": version("dvc")}
    return crate.add(ContextEntity(crate, f"https://github.com/iterative/dvc/releases/tag/{version('dvc')}", facts))


def _find_span(steps: Sequence[Step]) -> dict[str, str]:
    """Return when the first step began and the last ended, as far as all of them say so."""
    known = {key: [step.record[key] for step in steps if key in step.record] for key in TIMES}
    full = {key: times for key, times in known.items() if len(times) == len(steps)}
    return {TIMES[key]: min(times) if key == "began" else max(times) for key, times in full.items()}


def _find_verb(step: Step) -> str:
    return step.name.partition("@")[0]


def _find_kind(entity: Entity) -> str:
    return "Dataset" if entity.type == "Dataset" else "File"
