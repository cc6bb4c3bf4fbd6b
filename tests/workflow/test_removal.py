"""What dvc.lock names outside the folders that stages write to is never removed, whoever wrote it."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from workflow import removal

OUTSIDE = ["../beside/kept", "/somewhere/else", "/", ".", "..", "stages", "stages/train.py", ".git/config", "data", "~"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_paths_that_are_no_stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    removed: list[Path] = []

    def note(paths: Iterable[Path]) -> int:  # in the place of a function that would do it, if the code were broken
        removed.extend(paths)
        return 0

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(removal, "remove", note)
    outs = [{"path": one, "md5": "0" * 32} for one in (path, "data/raw/intel")]
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"fetch@x": {"cmd": "x", "outs": outs}}}))
    pipeline = SimpleNamespace(definitions={"fetch": {"do": {"outs": ["data/raw/${key}"]}}}, producers={}, stages={})
    removal.clean(cast(Any, pipeline))
    assert set(removed) == {Path("data/raw/intel"), *map(Path, removal.MADE_BY_TOOLS)}
