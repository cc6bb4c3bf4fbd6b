"""A view in shards on a real Slurm: each shard a job of its own, on several nodes, and the bytes of a local run."""

from pathlib import Path

import pytest

from benchmarks.project import copied, edit, leave_one_study, run, snakemake
from darkroom.core.filenames import name_shards
from darkroom.images.prepared.shards import open_view
from tests.cluster import study
from tests.cluster.configuration import NODES
from tests.cluster.slurm import Slurm
from tests.cluster.study import events, profile, start

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

VIEW, SHARDS = "intel-150", 4
NAMES = name_shards(VIEW, SHARDS)
DRAWN = {"train_per_class": 100, "test_per_class": 20, "width": 48, "height": 48}
TARGETS = [f"data/views/{VIEW}/{name}" for name in ("index", *NAMES)]
ALONE = {"shard": {"mem_mb": 9000}}
"""Two such jobs have no room on one node, so that as many nodes as there are work at once."""


def project(folder: Path) -> Path:
    """A copy of the sources with a view of drawn images in shards, where nothing has run yet."""
    leave_one_study(copied(folder))
    changes = {f"datasets.intel.synthetic.{name}": value for name, value in DRAWN.items()}
    edit(folder, {**changes, f"views.{VIEW}.size": 32, f"views.{VIEW}.shards": SHARDS})
    run(folder, "darkroom.pipeline.plan")
    return folder


def read_files(folder: Path) -> dict[str, bytes]:
    """The files of the lists and of the view, by their paths."""
    places = [folder / "data/lists" / VIEW, folder / "data/views" / VIEW]
    files = [file for place in places for file in place.rglob("*") if file.is_file() and not file.name.startswith(".")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_each_shard_is_a_job_of_its_own_on_several_nodes(
    slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "END", 1800.0)
    local, folder = project(tmp_path / "local"), project(tmp_path / "through-slurm")
    before = len(slurm.jobs())
    settings = profile(
        tmp_path / "profile.yaml", variables={"processors": "both", "cores": 1}, **{"set-resources": ALONE}
    )
    running = start(slurm, folder, settings, *TARGETS)
    assert running.end() == 0, running.said

    jobs = {job.number: job.fields for job in slurm.jobs()[before:]}
    assert {fields["JobState"] for fields in jobs.values()} == {"COMPLETED"}
    homes = {one.stage: jobs[one.job or ""] for one in events(folder) if one.stage.startswith("shard@")}
    assert sorted(homes) == [f"shard@{name}" for name in NAMES]
    assert len({fields["JobId"] for fields in homes.values()}) == SHARDS
    assert {fields["NodeList"] for fields in homes.values()} == set(NODES)

    assert {f"shard@{name}" for name in NAMES} <= set(snakemake(local, *TARGETS))
    ours, theirs = read_files(folder), read_files(local)
    assert len(ours) > 4 * SHARDS
    assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} == set()
    view = open_view(folder / "data/views" / VIEW)
    assert (view.count("train"), view.count("test")) == (600, 120)
