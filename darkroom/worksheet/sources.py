"""The files of an answer, as the paragraph below it names them: a few as they are, many by folder."""

from collections.abc import Iterable, Sequence
from os.path import commonpath
from pathlib import Path

FEW = 3
"""So many files are named by their whole paths."""


def name_sources(files: Sequence[Path], within: str) -> str:
    """Return the files in Markdown; where they are many, folders that hold the same ones are named together.

    Args:
        files: those of an answer.
        within: words between many files and the folder that holds them all.
    """
    if len(files) <= FEW:
        return _list_codes(file.as_posix() for file in files)
    root = Path(commonpath([file.parent for file in files]))
    names: dict[Path, list[str]] = {}
    for file in files:
        names.setdefault(file.parent, []).append(file.name)
    groups = [_list_codes(names.pop(root))] if root in names else []
    folders: dict[tuple[str, ...], list[str]] = {}
    for folder, held in names.items():
        folders.setdefault(tuple(sorted(held)), []).append(f"{folder.relative_to(root).as_posix()}/")
    groups += [f"{_list_codes(alike)} ({_list_codes(held)})" for held, alike in folders.items()]
    return f"{', '.join(groups)}{within}`{root.as_posix()}/`"


def _list_codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)
