"""A few faults of the campaign, on a small study: all is as in an undisturbed run, and nobody sees a traceback."""

from pathlib import Path

import pytest

from benchmarks.faults.__main__ import faults
from benchmarks.faults.examination import examine
from benchmarks.faults.study import Base, made

pytestmark = pytest.mark.slow

TRIED = {
    "gone: .dvc/tmp": "",
    "gone: .snakemake": "",
    "gone: dvc.lock": "",
    "flipped: a byte of an output of evaluate": "outputs on disk are not those that dvc.lock records: evaluate@",
    "cache: flipped of an output of train, which is gone": "[models/intel/model-0001/model.keras] corrupt in DVC's",
    "replaced: a folder of outputs by a dead link": "error: data/views: a link to nowhere, which leads nowhere",
    "document: dvc.lock with merge markers": "error: dvc.lock: ",
    "document: params.yaml with tabs for spaces": "error: params.yaml, line 2, column 1: not valid YAML",
    "document: .dvc/tmp/contents.json of other values": "",
    "clock: all files dated a year ahead (os.utime)": "",
    "company: a second snakemake beside a run": "error: a snakemake is at work here",
}
"""What is tried, and how what is reported begins; nothing where it need not be said."""
WELL = {"bytes": "same", "dvc status": "quiet", "second run": "nothing", "traceback": "no", "outcome": "whole"}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A finished study of two models."""
    return made(tmp_path_factory.mktemp("faults"), every_kind=False)


@pytest.mark.parametrize("name", TRIED)
def test_a_fault_is_survived(name: str, base: Base, tmp_path: Path) -> None:
    (fault,) = (one for one in faults() if f"{one.kind}: {one.name}" == name)
    row = examine(fault, base, tmp_path / "trial")
    assert row["reported"].startswith(TRIED[name])
    assert {column: row[column] for column in WELL} == WELL


def test_every_fault_has_a_name_of_its_own() -> None:
    names = [(one.kind, one.name) for one in faults()]
    assert len(set(names)) == len(names) >= 150
