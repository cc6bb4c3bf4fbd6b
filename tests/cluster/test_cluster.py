"""The workflow on a real Slurm of two nodes: the same bytes as without it, each job where it belongs."""

import shutil
from concurrent.futures import Future
from pathlib import Path

import pytest

from benchmarks.project import edit, run
from darkroom.pipeline import template
from tests.cluster.slurm import Slurm
from tests.cluster.study import began, events, profile, start, study
from tests.support.small_study import results

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

PLACES = {
    None: {"fetch", "pretrained", "compare", "worksheet", "costs", "page"},
    "cpu": {"unzip", "augment", "census", "prepare", "divide", "shard"},
    "gpu": {"train", "transfer", "finetune", "evaluate", "explain"},
}
"""The stages of each partition; ``None`` is the machine that Snakemake runs on."""


@pytest.fixture
def changed(local: Path, tmp_path: Path) -> Path:
    """The study, made without a cluster, and then another number of epochs for one model."""
    shutil.copytree(local, tmp_path / "project", symlinks=True)
    edit(tmp_path / "project", {"models.plain.training.epochs": 3})
    return tmp_path / "project"


def test_the_study_is_the_same_on_slurm(slurm: Slurm, beside: Future[Path], tmp_path: Path) -> None:
    folder, settings = study(tmp_path / "project"), profile(tmp_path / "profile.yaml")
    before = len(slurm.jobs())
    running = start(slurm, folder, settings)
    assert running.end() == 0, running.said
    assert began(folder) == sorted(template.read_stages(folder))

    jobs = {job.number: job.fields for job in slurm.jobs()[before:]}
    assert {fields["JobState"] for fields in jobs.values()} == {"COMPLETED"}
    assert len(jobs) == 4  # one for the data, one for each model
    for event in events(folder):
        partition = jobs[event.job]["Partition"] if event.job else None
        assert event.stage.partition("@")[0] in PLACES[partition], event
        assert event.gpu == running.gpus.get(event.job or "")
        assert (event.gpu is not None) == (partition == "gpu")
    assert set(running.gpus.values()) == {"0", "1"}  # two trainings at once, each with a GPU of its own

    ours, theirs = results(folder), results(beside.result())
    assert len(ours) > 60
    assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} == set()
    assert "up to date" in run(folder, "dvc", "status").stdout
    again = start(slurm, folder, settings)
    assert again.end() == 0
    assert "Nothing to be done" in again.said


def test_a_training_that_requires_a_gpu_fails_at_once_where_there_is_none(
    slurm: Slurm, changed: Path, tmp_path: Path
) -> None:
    running = start(slurm, changed, profile(tmp_path / "profile.yaml", variables={"gpu": "required"}, retries=0))
    assert running.end() != 0
    assert "error: models.plain: DARKROOM_GPU: required: no GPU on" in running.said
    assert running.said.splitlines()[-1].startswith("error: train@plain: models.plain: DARKROOM_GPU: required: no GPU")
    assert began(changed) == ["train@plain"]


def test_what_slurm_refuses_is_told(slurm: Slurm, changed: Path, tmp_path: Path) -> None:
    running = start(slurm, changed, profile(tmp_path / "profile.yaml", variables={"gpus": "elsewhere"}))
    assert running.end() != 0
    assert "invalid partition specified: elsewhere" in running.said
    last = running.said.splitlines()[-1]
    assert last.startswith("error: ") and "invalid partition specified: elsewhere" in last
    assert began(changed) == []
