"""The lineage of results: the steps that dvc.lock records, joined from results back to what was brought in.

A step's ``changes`` say what of it no longer holds; ``trace`` looks at values, hashes and the joints between steps, and
leaves out what is not known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from darkroom.core.filenames import RECORD
from darkroom.core.files import read_json
from darkroom.pipeline import template
from workflow.audit.chain import Chain
from workflow.audit.commits import find_recording_commits
from workflow.changes import Change, Inspection
from workflow.hashes import Content
from workflow.lock import FILE as LOCK
from workflow.lock import Entry

State = Literal["same", "changed", "missing"]


@dataclass(frozen=True)
class Item:
    """A file or folder as dvc.lock records it, and how it lies on disk now.

    ``md5`` is DVC's hash (of a folder, it ends in ``.dir``), ``size`` its bytes, ``files`` how many a folder holds,
    ``sha256`` what was recorded beside it, by workflow/digests.py. An input has a ``producer``, the step that wrote it,
    or ``None`` where it came from outside.
    """

    path: str
    md5: str
    size: int | None
    files: int | None
    state: State
    producer: str | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Step:
    """A stage as it was executed. What is not known is ``None`` or empty, never made up.

    ``params`` maps a file (params.yaml, workflow/versions.yaml) to dotted keys and their values; ``record`` is the
    content of the step's record.json (began, ended, seconds, machine, versions); ``commit`` the git commit that
    recorded the step in dvc.lock; ``changes`` says what no longer holds.
    """

    name: str
    description: str
    command: str
    params: Mapping[str, Mapping[str, Any]]
    code: tuple[Item, ...]
    inputs: tuple[Item, ...]
    outs: tuple[Item, ...]
    record: Mapping[str, Any] = field(default_factory=dict)
    commit: str | None = None
    changes: tuple[Change, ...] = ()


def trace(targets: Sequence[str], inspection: Inspection) -> list[Step]:
    """Return the steps that ``targets`` (files or folders that stages write) came from, what comes first before.

    Raises:
        UserError: no stage wrote one of them, or none has been executed yet.
    """
    chain = Chain(inspection)
    commits = find_recording_commits(LOCK)
    descriptions = {verb: content["do"].get("desc", "") for verb, content in template.read_documents()[0].items()}
    return [
        _describe_step(inspection.entries[name], chain, commits, descriptions) for name in chain.list_upstream(targets)
    ]


def _describe_step(entry: Entry, chain: Chain, commits: Mapping[str, str], descriptions: Mapping[str, str]) -> Step:
    inspection, producers = chain.inspection, chain.producers

    def item(path: str, recorded: Content) -> Item:
        now = inspection.contents(path)
        state: State = "missing" if now is None else "same" if now.same_as(recorded) else "changed"
        producer = producers.get(producers.holder(path) or path)
        return Item(path, recorded.md5, recorded.size, recorded.files, state, producer, recorded.sha256)

    def inputs(dep: str, recorded: Content) -> Iterable[Item]:
        if producers.holder(dep):
            return [item(dep, recorded)]
        read = chain.list_outs_read(dep, recorded)
        return [item(out, inspection.entries[producers[out]].outs[out]) for out in read] or [item(dep, recorded)]

    code = {dep: one for dep, one in entry.deps.items() if chain.is_code(dep)}
    outs = tuple(item(out, one) for out, one in entry.outs.items())
    return Step(
        name=entry.name,
        description=descriptions.get(entry.name.partition("@")[0], ""),
        command=entry.command,
        params=entry.params,
        code=tuple(item(dep, one) for dep, one in code.items()),
        inputs=tuple(one for dep, content in entry.deps.items() if dep not in code for one in inputs(dep, content)),
        outs=outs,
        record=next((read_json(Path(out.path)) for out in outs if _is_record(out)), {}),
        commit=commits.get(entry.name),
        changes=(*_list_changes(entry.name, inspection), *chain.find_gaps(entry.name)),
    )


def _is_record(out: Item) -> bool:
    return Path(out.path).name == RECORD and out.state == "same"


def _list_changes(name: str, inspection: Inspection) -> list[Change]:
    if name not in inspection.stages:
        return [Change("new", name, f"is no longer in {template.FILE}")]
    return [
        one for one in (*inspection.inputs_changed(name), *inspection.outputs_changed(name)) if one.kind != "missing"
    ]
