"""dvc.yaml with its templates filled in: one entry per stage and key.

DVC has its own reader; this one is used where importing DVC would cost a second: at every start of Snakemake, and
when a stage is run by hand with its key alone. It knows what dvc.yaml here uses: vars files, foreach over a mapping,
and ``${a.b}`` within strings.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import read

FILE = Path("dvc.yaml")
CHECK = "plan"
"""The stage that makes nothing: it checks that the others are those that params.yaml asks for."""
EXPRESSION = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Stage:
    """A stage of dvc.yaml for one key; ``name`` is what DVC calls it.

    ``params`` maps a file of parameters to the dotted keys that the stage depends on.
    """

    verb: str
    key: str | None
    command: str
    deps: tuple[str, ...]
    params: Mapping[str, tuple[str, ...]]
    outs: tuple[str, ...]

    @property
    def name(self) -> str:
        """The stage's address for ``dvc repro``."""
        return self.verb if self.key is None else f"{self.verb}@{self.key}"


def read_definitions(root: Path = Path()) -> dict[str, Any]:
    """Return dvc.yaml's stages that make something, unfilled.

    Raises:
        UserError: dvc.yaml is missing or no valid YAML.
    """
    return {verb: content for verb, content in read(root / FILE)["stages"].items() if verb != CHECK}


def read_documents(root: Path = Path()) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return dvc.yaml's stages that make something, unfilled, and the values that fill them.

    Raises:
        UserError: a file is missing or no valid YAML.
    """
    values = read(root / PARAMETERS)
    for file in read(root / FILE).get("vars", []):
        values |= read(root / file)
    return read_definitions(root), values


def read_check(root: Path = Path()) -> Stage:
    """Return the stage ``CHECK``."""
    return _make_stage(CHECK, None, read(root / FILE)["stages"][CHECK], {})


def read_stages(root: Path = Path()) -> dict[str, Stage]:
    """Return every stage of dvc.yaml by its name (``train@cnn``)."""
    return expand(*read_documents(root))


def expand(definitions: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Stage]:
    """Return every stage by its name, of dvc.yaml's ``definitions`` filled with ``values``.

    Raises:
        UserError: a command is none that DVC keeps as it is.
    """
    found = (stage for verb, definition in definitions.items() for stage in _expand(verb, definition, values))
    return {stage.name: stage for stage in found}


def fill_definition(stage: Stage, definitions: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what dvc.yaml says of a stage, with its options, filled with ``values``."""
    whole = definitions[stage.verb]
    if stage.key is None:
        return _fill_through(whole, values)
    return _fill_through(whole["do"], {**values, "key": stage.key, "item": _find_items(whole, values)[stage.key]})


def _fill_through(node: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        return {fill(key, values): _fill_through(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill_through(one, values) for one in node]
    return fill(node, values) if isinstance(node, str) else node


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Return ``text`` with each ``${a.b}`` replaced by the value found under these keys.

    Raises:
        KeyError: there is no such value.
    """

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in match[1].strip().split("."):
            found = found[part]
        return str(found)

    return EXPRESSION.sub(value, text)


def list_paths(entries: list[Any]) -> list[str]:
    """Return the paths of a deps, outs, metrics or plots list, whose entries may carry options."""
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def list_params(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the dotted keys that a stage depends on, unfilled, by their file."""
    found: dict[str, list[str]] = {}
    for entry in definition.get("params", []):
        for file, keys in ({str(PARAMETERS): [entry]} if isinstance(entry, str) else entry).items():
            found.setdefault(file, []).extend(keys)
    return found


def list_outs(definition: Mapping[str, Any]) -> list[str]:
    """Return the paths that a stage writes, unfilled: its outs, metrics and plots."""
    return [path for section in ("outs", "metrics", "plots") for path in list_paths(definition.get(section, []))]


def _expand(verb: str, definition: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Stage]:
    if "foreach" not in definition:
        yield _make_stage(verb, None, definition, values)
        return
    for key, item in _find_items(definition, values).items():
        yield _make_stage(verb, key, definition["do"], {**values, "key": key, "item": item})


def _find_items(definition: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    items: Any = values
    for part in EXPRESSION.fullmatch(definition["foreach"])[1].split("."):  # type: ignore[index]
        items = items[part]
    return items


def _make_stage(verb: str, key: str | None, definition: Mapping[str, Any], values: Mapping[str, Any]) -> Stage:
    def fill_all(texts: list[str]) -> tuple[str, ...]:
        return tuple(fill(text, values) for text in texts)

    command = fill(definition["cmd"], values)
    if command != " ".join(command.split()):
        raise UserError(
            f"{FILE}: {verb}: its command holds two spaces together, or begins or ends in one; where DVC breaks a line "
            f"there, it reads back another command: {command!r}"
        )
    return Stage(
        verb=verb,
        key=key,
        command=command,
        deps=fill_all(list_paths(definition.get("deps", []))),
        params={file: fill_all(keys) for file, keys in list_params(definition).items()},
        outs=fill_all(list_outs(definition)),
    )
