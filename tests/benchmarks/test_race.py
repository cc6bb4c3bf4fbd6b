"""Both sides of the race see the same images."""

import zipfile
from pathlib import Path

from benchmarks.race import notebook

ARCHIVES = ("seg_test", "seg_train")
SCRIPT = """
import json, sys
from pathlib import Path
files = sorted(path.as_posix() for path in Path().rglob("*.jpg"))
Path(sys.argv[sys.argv.index("--out") + 1]).write_text(json.dumps(files), encoding="utf-8")
"""


def test_the_notebook_sees_the_archives_of_the_study_and_none_that_lies_beside(tmp_path: Path) -> None:
    for name in (*ARCHIVES, "seg_train_more"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name.removesuffix('_more')}/sea/{name}.jpg", b"")
    script, folder = tmp_path / "script.py", tmp_path / "unpacked"
    script.write_text(SCRIPT, encoding="utf-8")
    folder.mkdir()
    assert notebook(script, tmp_path, folder) == [f"{name}/sea/{name}.jpg" for name in ARCHIVES]
