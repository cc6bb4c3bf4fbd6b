"""The profile for any scheduler, with Slurm's commands: what is lost is made again, and is the same."""

import shutil
from pathlib import Path

import pytest

from tests.cluster.slurm import Slurm
from tests.cluster.study import AFTER_ONE_MODEL, began, profile, start
from tests.support.small_study import results

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

LOST = (".dvc/cache", "data/views/intel-150", "models/intel/plain", "results/intel/evaluations/plain")
LOST += ("results/intel/comparison", "results/intel/costs")
"""A view, a model, and all that comes of it."""


def test_the_profile_for_any_scheduler_gives_the_same(slurm: Slurm, local: Path, tmp_path: Path) -> None:
    folder, before = tmp_path / "project", len(slurm.jobs())
    shutil.copytree(local, folder, symlinks=True)
    for lost in LOST:
        shutil.rmtree(folder / lost)
    settings = profile(tmp_path / "profile.yaml", "cluster-generic")
    running = start(slurm, folder, settings, "--seconds-between-status-checks=1")
    assert running.end() == 0, running.said
    assert began(folder) == AFTER_ONE_MODEL
    data, model = slurm.jobs()[before:]
    assert (data.fields["Partition"], model.fields["Partition"]) == ("cpu", "gpu")
    assert running.gpus == {model.number: "0"}
    assert results(folder) == results(local)
