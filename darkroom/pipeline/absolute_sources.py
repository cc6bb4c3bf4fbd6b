"""The local paths in a params.yaml made absolute, so that it leads to the same files from a clone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from darkroom.core.files import replace_file
from darkroom.params.kinds import DEFAULTS
from darkroom.pipeline import origins


def make_absolute(file: Path) -> None:
    """Write absolute paths into a params.yaml, in place of those that are relative to the folder of this process."""
    yaml = YAML()
    content = yaml.load(file.read_text(encoding="utf-8"))
    brought = (origins.DRAWING, origins.DOWNLOADING)
    _make_absolute(content, "datasets", "source", lambda source: origins.find_origin(source) not in brought)
    _make_absolute(content, "backbones", "weights", lambda weights: weights not in origins.WEIGHTS)
    with replace_file(file) as temporary, temporary.open("w", encoding="utf-8") as opened:
        yaml.dump(content, opened)


def _make_absolute(content: Any, section: str, key: str, is_path: Callable[[str], bool]) -> None:
    for entry in [*content[section].values(), content.get(DEFAULTS, {}).get(section, {})]:
        if key in entry and is_path(entry[key]):
            entry[key] = str(Path(entry[key]).expanduser().absolute())
