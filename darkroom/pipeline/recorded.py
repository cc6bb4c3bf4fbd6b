"""What dvc.lock records of files, as far as rooms need it that must not know the workflow: their hashes, by path."""

from pathlib import Path
from typing import Any

import yaml

from darkroom.core.errors import UserError
from darkroom.params.yaml_dialect import Loader

FILE = Path("dvc.lock")


def read_hashes(kind: str, stage: str | None = None) -> dict[str, str]:
    """Return the MD5 of each of the ``kind`` (``deps`` or ``outs``) of a stage, of all without one, by path.

    Nothing where there is no dvc.lock, or no such stage in it.

    Raises:
        UserError: the file is not what DVC writes.
    """
    if not FILE.is_file():
        return {}
    try:
        stages = yaml.load(FILE.read_text(encoding="utf-8"), Loader=Loader)["stages"] or {}
        chosen = stages.values() if stage is None else [stages.get(stage, {})]
        return {one["path"]: one["md5"] for content in chosen for one in _list(content, kind) if "md5" in one}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError):
        raise UserError(f"{FILE}: not what DVC writes; take it from git again: git checkout {FILE}") from None


def _list(content: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return content.get(kind) or []
