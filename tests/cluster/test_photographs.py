"""The intel study on photographs, through Slurm and without it: the same comparison, and the same bytes of all else."""

from pathlib import Path

import pytest

from benchmarks.project import copied, edit, git, leave_one_study, run
from tests.cluster import study
from tests.cluster.slurm import Slurm
from tests.cluster.study import began, profile, start
from tests.support.small_study import results

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

EPOCHS = {"models.cnn.training.epochs": 1, "models.efficientnetlite0.training.epochs": 2}
TUNED = "efficientnetlite0-finetuned"
STUDY = {
    **EPOCHS,
    f"finetunes.{TUNED}.training.epochs": 1,
    "studies.intel.models": ["cnn", "efficientnetlite0", TUNED],
}


def photographs(folder: Path, source: Path) -> Path:
    """A copy of the sources with the study on photographs at full size, cut to a few epochs."""
    leave_one_study(copied(folder))
    edit(folder, {"datasets.intel.source": str(source), **STUDY})
    run(folder, "darkroom.pipeline.plan")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    return folder


def test_photographs_give_the_same_comparison(
    slurm: Slurm, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = root.parent / "shared/data/intel"
    if not source.exists():
        pytest.skip(f"{source} is not here")
    monkeypatch.setattr(study, "END", 1800.0)
    local, folder = (photographs(tmp_path / name, source) for name in ("alone", "through-slurm"))
    run(local, "snakemake")
    running = start(slurm, folder, profile(tmp_path / "profile.yaml"))
    assert running.end() == 0, running.said
    comparison = "results/intel/comparison/models.csv"
    print((folder / comparison).read_text())
    assert (folder / comparison).read_bytes() == (local / comparison).read_bytes()
    assert results(folder) == results(local)
    assert len(began(folder)) == 14
    assert "up to date" in run(folder, "dvc", "status").stdout
