"""params.yaml and the other YAML files read as DVC reads them, and written so that every reader reads the same.

PyYAML is imported where it is called: where nothing reads parameters, it need not be installed.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from darkroom.core.errors import UserError

FILE = Path("params.yaml")


def dump(document: Mapping[str, Any], **layout: Any) -> str:
    """Return a document as YAML, its keys in their order, with PyYAML's options of ``layout``."""
    import yaml

    from darkroom.params.yaml_dialect import Dumper

    return yaml.dump(document, Dumper=Dumper, sort_keys=False, **layout)


def read(file: Path = FILE) -> dict[str, Any]:
    """Return the document in ``file``, unvalidated; what is below its first level is shared, and must not be changed.

    Raises:
        UserError: the file is missing, is not YAML, or is not a mapping.
    """
    try:
        return parse(file.read_text(encoding="utf-8"), file)
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; run from the folder that holds it") from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: not UTF-8 text; save it in that encoding") from None


def parse(text: str, file: Path = FILE) -> dict[str, Any]:
    """Return the document that is the ``text`` of ``file``, as :func:`read` does.

    Raises:
        UserError: it is not YAML, or is not a mapping.
    """
    import yaml

    try:
        document = _parse(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise UserError(f"{file}{where}: not valid YAML ({problem})") from None
    if not isinstance(document, dict):
        raise UserError(f"{file}: expected keys at the top level, such as datasets: and models:")
    return dict(document)


@lru_cache(maxsize=4)
def _parse(text: str) -> Any:
    """Return a document; params.yaml is asked for in several places, and takes time with a thousand models."""
    import yaml

    from darkroom.params.yaml_dialect import Loader

    return yaml.load(text, Loader=Loader)


def find_line(dotted: str, file: Path = FILE) -> int | None:
    """Return the line, from 1, in which the key stands that is written with dots; ``None`` where none can be named."""
    import yaml

    from darkroom.params.yaml_dialect import Loader

    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    line = None
    for part in dotted.split("."):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        found = [(key, value) for key, value in pairs if key.value == part]
        found += [(item, item) for number, item in enumerate(items) if str(number) == part]
        if not found:
            return None
        key, node = found[0]
        line = key.start_mark.line + 1
    return line
