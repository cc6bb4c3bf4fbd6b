"""Images of classes that bear the names of what DVC, git, Snakemake or Darkroom leave out are tracked all the same."""

import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.project import cloned, copied, edit, git, leave_one_study, run
from darkroom.core.files import BESIDE

pytestmark = pytest.mark.slow

OURS = (
    "logs",
    "exports",
    "dvc_plots",
    "cat.part",
    "a.part.b",
    "venv",
    "data",
    "models",
    "results",
    "workflow",
    "stages",
)
THEIRS = (
    "__pycache__",
    "dvc.yaml",
    "dvc.lock",
    "params.yaml",
    "x.dvc",
    "cache",
    "tmp",
    "runs",
    "HEAD",
    "objects",
    "refs",
)
THEIRS += (
    "locks",
    "metadata",
    "snakemake_timestamp",
    "core",
    "build",
    "dist",
    "CVS",
    "lost+found",
    "{class}",
    "$HOME",
    "%s",
)
CLASSES = (*OURS, *THEIRS)
FILES = ("1.png", "2.part.png", f"{BESIDE}3.png", "logs.png", "x.dvc.png", ".snakemake_timestamp.png")
HIDDEN = (".venv", ".snakemake", ".scratch", ".git", ".dvc", ".darkroom-1")
"""No hidden folder is a class."""


def image(value: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (8, 8), (value, 255 - value, value)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose images are of these classes, under a user's own list of files that git ignores."""
    (tmp_path / "ignored").write_text("*.lock\n*.yaml\ndata\nlogs\nmodels/\nworkflow\n*.png\n")
    (tmp_path / "gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path / 'ignored'}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copyfile(tmp_path / "gitconfig", tmp_path / ".gitconfig")
    (tmp_path / "images").mkdir()
    value = 0
    for split in ("train", "test"):
        with zipfile.ZipFile(tmp_path / f"images/{split}.zip", "w") as archive:
            for name in (*CLASSES, *HIDDEN):
                for file in FILES:
                    value += 1
                    archive.writestr(f"{name}/{file}", image(value % 256) + value.to_bytes(2, "big"))
    project = copied(tmp_path / "project")
    leave_one_study(project)
    splits = {"train": ["train"], "validation": [], "test": ["test"]}
    edit(project, {"datasets.intel.source": "../images", "datasets.intel.splits": splits})
    return project


def images(project: Path) -> list[Path]:
    return [file for file in (project / "data/images/intel").rglob("*") if file.suffix == ".png"]


def test_classes_of_any_name_are_tracked_pushed_and_cloned(folder: Path) -> None:
    said = run(folder, "snakemake", "data/images/intel").stderr
    count = 2 * len(CLASSES) * len(FILES)
    assert len(images(folder)) == count
    assert f"{2 * len(HIDDEN) * len(FILES)} left out, in hidden folders: " in said
    run(folder, "workflow.remote", "../storage")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Images")
    assert "dvc.lock" in git(folder, "ls-files")
    run(folder, "workflow.sharing", "push")
    clone = cloned(folder, folder.parent / "clone")
    run(clone, "workflow.sharing", "pull")
    assert len(images(clone)) == count
    for name in ("logs", "cat.part", "__pycache__", "dvc.yaml"):
        file = clone / f"data/images/intel/train/{name}/1.png"
        kept = file.read_bytes()
        file.write_bytes(image(0))
        assert f"data/images/intel/train/{name}/1.png is not what unzip@intel wrote" in (
            run(clone, "workflow.audit", "data/images/intel", "--verify", check=False).stdout
        )
        file.write_bytes(kept)
    assert run(clone, "workflow.audit", "data/images/intel", "--verify").stdout.startswith("verified: ")


def test_a_stage_whose_files_dvc_does_not_record_stops_and_is_executed_again_then(folder: Path) -> None:
    file = folder / ".dvcignore"
    kept = file.read_text()
    file.write_text(f"{kept}logs\n")
    for _ in range(2):
        done = run(folder, "snakemake", "data/images/intel", check=False)
        assert done.returncode == 1
        last = done.stderr.splitlines()[-1]
        assert last.startswith("error: unzip@intel: data/images/intel: holds "), last
        assert "test/logs/" in last and ".dvcignore" in last
        assert not (folder / "data/images/intel").exists()
    file.write_text(kept)
    run(folder, "snakemake", "data/images/intel")
    assert len(images(folder)) == 2 * len(CLASSES) * len(FILES)
