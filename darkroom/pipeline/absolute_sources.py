"""The local paths in a params.yaml lead to the same files from a clone: made absolute, or by links beside it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from darkroom.core.files import replace_file
from darkroom.params.kinds import DEFAULTS
from darkroom.params.yaml_files import FILE
from darkroom.pipeline import origins


def make_absolute(file: Path) -> None:
    """Write absolute paths into a params.yaml, in place of those that are relative to the folder of this process."""
    yaml = YAML()
    content = yaml.load(file.read_text(encoding="utf-8"))
    for entry, key in _list_places(content):
        entry[key] = str(Path(entry[key]).expanduser().absolute())
    with replace_file(file) as temporary, temporary.open("w", encoding="utf-8") as opened:
        yaml.dump(content, opened)


def link_sources(folder: Path) -> None:
    """Let relative paths in the params.yaml of a clone lead to what they name from the folder of this process.

    Links are made beside the ``folder``, so that no parameter changes; what lies there stays.
    """
    content = YAML(typ="safe").load((folder / FILE).read_text(encoding="utf-8"))
    for path in (Path(entry[key]).expanduser() for entry, key in _list_places(content)):
        link = Path(os.path.normpath(folder / path))
        if not path.is_absolute() and path.exists() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())


def _list_places(content: Any) -> Iterator[tuple[Any, str]]:
    """Yield each entry that names a local path, with the key where it stands."""
    brought = (origins.DRAWING, origins.DOWNLOADING)
    checks: dict[tuple[str, str], Callable[[str], bool]] = {
        ("datasets", "source"): lambda source: origins.find_origin(source) not in brought,
        ("backbones", "weights"): lambda weights: weights not in origins.WEIGHTS,
    }
    for (section, key), is_path in checks.items():
        for entry in [*content[section].values(), content.get(DEFAULTS, {}).get(section, {})]:
            if key in entry and is_path(entry[key]):
                yield entry, key
