"""The test cluster, and the same study made without one to compare with."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.project import snakemake
from darkroom.pipeline import template
from tests.cluster.slurm import Slurm, missing, running
from tests.cluster.study import study


@pytest.fixture(scope="session")
def slurm() -> Iterator[Slurm]:
    """A Slurm of two nodes, for all tests."""
    if said := missing():
        pytest.skip(said)
    with running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def beside(slurm: Slurm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Path]]:
    """The study, being made on this machine without a cluster, while a test makes it with one."""
    folder = study(tmp_path_factory.mktemp("local") / "project")
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(made, folder)


@pytest.fixture(scope="session")
def local(beside: Future[Path]) -> Path:
    """The study, made on this machine without a cluster."""
    return beside.result()


def made(folder: Path) -> Path:
    """Make a study without a cluster, and return its folder."""
    assert snakemake(folder) == sorted(template.read_stages(folder))
    return folder
