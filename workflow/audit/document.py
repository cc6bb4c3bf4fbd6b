"""An audit as JSON. Its keys are stable; what is not known is left out, never null or empty by guess.

asked         the files and folders that were asked for
holds         whether all that dvc.lock records of the steps still holds
differences   what differs, in words
steps         what comes first before; each with
  name, description, command, commit (that recorded it)
  state       same, changed or missing (outputs are)
  params      by file (params.yaml, workflow/versions.yaml), then by dotted key
  code, inputs, outputs
              files and folders: path, md5 (DVC's hash, of a folder with .dir behind it), size in bytes, files (how many
              a folder holds), state (same, changed, missing), sha256 (where it was recorded; of a folder that of
              workflow/digests.py), and of an input producer (the step that wrote it)
  brought     what came from outside: kind (archive, weights), name, sha256, size in bytes, origin in words
  record      the step's record.json: began, ended, seconds, machine, versions, …
  changes     what no longer holds: kind, subject and what
  differences the same in words, and which outputs are missing
environments  where the models' environments differ: steps that made models, and the facts that set them apart
processors    where steps ran on several kinds of processors: each kind, and its steps
"""

import json
from dataclasses import asdict, replace
from typing import Any

from workflow.audit.facts import Audit, judge, list_brought, list_differences
from workflow.audit.lineage import Item, Step


def render(audit: Audit) -> str:
    """Return the audit as JSON, indented."""
    content = {
        "asked": list(audit.asked),
        "holds": not audit.differences,
        "differences": audit.differences,
        "steps": [_describe(step) for step in audit.steps],
        "environments": [asdict(environment) for environment in audit.environments],
        "processors": audit.processors,
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"


def _describe(step: Step) -> dict[str, Any]:
    facts = {"name": step.name, "description": step.description, "command": step.command, "commit": step.commit}
    return {
        **{name: fact for name, fact in facts.items() if fact},
        "state": judge(step),
        "params": step.params,
        "code": [_describe_item(item) for item in step.code],
        "inputs": [_describe_item(item) for item in step.inputs],
        "outputs": [_describe_item(replace(item, producer=None)) for item in step.outs],
        **({"brought": found} if (found := [_leave_out_unknown(asdict(one)) for one in list_brought(step)]) else {}),
        **({"record": step.record} if step.record else {}),
        "changes": [{"kind": one.kind, "subject": one.subject, "what": one.what} for one in step.changes],
        "differences": list_differences(step),
    }


def _describe_item(item: Item) -> dict[str, Any]:
    return _leave_out_unknown(asdict(item))


def _leave_out_unknown(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if fact is not None}
