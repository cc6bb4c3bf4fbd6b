"""What a study made and lacks is there again after the next run, and said; what a kill left half-written is gone."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import tampering, trivial
from benchmarks.project import edit, run
from darkroom.core import files
from tests.support import stub_study
from workflow import listings, reasons

pytestmark = pytest.mark.slow

GONE = ("data/raw/intel", "data/images/intel", "data/views/intel-150", "models/intel/model-0001")
GONE += ("results/intel/evaluations/model-0002", "results/census/intel/sizes.png", "results/intel/costs")
MAKERS = {"fetch@intel", "unzip@intel", "prepare@intel-150", "train@model-0001", "evaluate@model-0002"}
MAKERS |= {"census@intel", "costs@intel"}


def remove(folder: Path, *names: str) -> None:
    for name in names:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        else:
            (folder / name).unlink()


def states(folder: Path) -> dict[str, str]:
    """How each stage stands, by `make status`."""
    told = json.loads(run(folder, "workflow.status", "--format", "json").stdout)
    return {one["stage"]: one["state"] for one in told["stages"]}


def content(folder: Path) -> dict[str, bytes]:
    found = (file for top in ("data", "models", "results") for file in (folder / top).rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in found if file.name != reasons.MARK}


def test_what_is_missing_counts_as_such_and_is_taken_from_the_cache(stub: Path) -> None:
    before = content(stub)
    remove(stub, *GONE)
    assert {stage for stage, state in states(stub).items() if state == "missing"} == MAKERS
    assert set(states(stub).values()) == {"missing", "done"}
    assert "left" not in run(stub, "workflow.status").stdout
    dry = run(stub, "snakemake", "-n").stderr
    assert f"{reasons.MISSING}: " in dry
    assert not (stub / "data/raw/intel").exists()
    said = run(stub, "snakemake").stderr
    assert "restored data/images/intel from DVC's cache, missing before" in said
    assert "restored 6 files of models/intel/model-0001 from DVC's cache, missing before" in said
    assert "Nothing to be done" in said
    assert trivial.executed(stub) == []
    assert content(stub) == before
    assert set(states(stub).values()) == {"done"}
    assert "up to date" in run(stub, "dvc", "status").stdout


def test_a_dead_link_in_an_outputs_place_is_no_output(stub: Path) -> None:
    model = stub / "models/intel/model-0001/model.keras"
    kept = model.read_bytes()
    model.unlink()
    model.symlink_to("nowhere")
    assert states(stub)["train@model-0001"] == "missing"
    run(stub, "snakemake")
    assert model.read_bytes() == kept


def kept(folder: Path, file: str) -> Path:
    """Where DVC's cache keeps a file."""
    return folder / listings.place(Path(".dvc/cache"), tampering.md5(folder / file))


def flipped(file: Path) -> None:
    """Change a file as a broken disk would: nobody may write to it, then as before."""
    tampering.flip(file)
    file.chmod(0o444)


def half(file: Path) -> None:
    """Leave a file's first byte, and let its owner write to it, which DVC notices by itself."""
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:1])


@pytest.mark.parametrize("damage", [flipped, half])
@pytest.mark.parametrize("lose", [Path.unlink, half])
def test_what_is_corrupt_in_the_cache_is_put_aside_and_made_again(
    stub: Path, damage: Callable[[Path], None], lose: Callable[[Path], None]
) -> None:
    before = content(stub)
    held = kept(stub, stub_study.NETWORK)
    damage(held)
    lose(stub / stub_study.NETWORK)
    trivial.mark(stub, 0)
    said = run(stub, "snakemake").stderr
    aside = f".dvc/cache/corrupt/{held.parent.name}{held.name}"
    assert f"[{stub_study.NETWORK}] corrupt in DVC's cache, put aside: {aside}" in said
    assert (stub / aside).exists()
    assert "train@model-0002" in [stage for stage, _ in trivial.executed(stub)]
    assert content(stub).keys() == before.keys()
    assert "Nothing to be done" in run(stub, "snakemake").stderr
    assert "up to date" in run(stub, "dvc", "status").stdout
    (stub / stub_study.NETWORK).unlink()
    assert f"restored {stub_study.NETWORK}" in run(stub, "snakemake").stderr


def test_a_result_that_is_corrupt_in_the_cache_is_not_taken_from_a_run_before(stub: Path) -> None:
    edit(stub, {"evaluation.worst": 7})
    run(stub, "snakemake")
    trivial.forget(stub)
    edit(stub, {"evaluation.worst": 9})
    held = kept(stub, stub_study.METRICS)
    run(stub, "snakemake")
    flipped(held)
    trivial.forget(stub)
    edit(stub, {"evaluation.worst": 7})
    assert f"[{stub_study.METRICS}] corrupt in DVC's cache" in run(stub, "snakemake").stderr
    assert "evaluate@model-0002" in [stage for stage, _ in trivial.executed(stub)]
    assert "Nothing to be done" in run(stub, "snakemake").stderr


@pytest.mark.parametrize("found", ["a link to nowhere, which leads nowhere", "a file"])
def test_what_is_in_the_place_of_a_folder_of_outputs_is_named(stub: Path, found: str) -> None:
    remove(stub, "data/views")
    if found == "a file":
        (stub / "data/views").touch()
    else:
        (stub / "data/views").symlink_to("nowhere")
    said = run(stub, "snakemake", check=False).stderr.splitlines()[-1]
    assert said == f"error: data/views: {found}, where a folder of outputs belongs; mend or remove it"


def test_an_editors_lock_is_in_no_ones_way(stub: Path) -> None:
    (stub / "darkroom/core/.#files.py").symlink_to("user@host.1234:5678")
    (stub / "data/views/intel-150/extra").symlink_to("nowhere")
    stub_study.comment(stub, "darkroom/training/fitting.py")
    run(stub, "snakemake")
    assert "train@model-0001" in [stage for stage, _ in trivial.executed(stub)]
    (stub / "data/views/intel-150/extra").unlink()
    assert "up to date" in run(stub, "dvc", "status").stdout


def test_what_the_cache_lacks_too_is_made_again_with_all_that_reads_it(stub: Path) -> None:
    shutil.rmtree(stub / ".dvc/cache")
    remove(stub, "models/intel/model-0001")
    assert states(stub)["train@model-0001"] == "missing"
    said = run(stub, "snakemake").stderr
    assert f"{reasons.MISSING}: train@model-0001" in said
    executed = [stage for stage, _ in trivial.executed(stub)]
    of_study = {f"{verb}@intel" for verb in ("compare", "costs", "page", "worksheet")}
    assert {*executed} == {"train@model-0001", "evaluate@model-0001", *of_study}
    assert len(executed) == len(set(executed))
    assert "Nothing to be done" in run(stub, "snakemake").stderr


def test_archives_come_back_without_their_source_and_are_not_asked_for_where_nothing_needs_them(stub: Path) -> None:
    shutil.rmtree(stub.parent / "archives")
    remove(stub, "data/raw/intel")
    assert "restored data/raw/intel from DVC's cache" in run(stub, "snakemake").stderr
    (stub / "data/raw/intel/content").write_text("edited")
    said = run(stub, "snakemake", "data/raw/intel").stderr
    assert "restored data/raw/intel, as fetch@intel wrote it" in said
    shutil.rmtree(stub / ".dvc/cache")
    remove(stub, "data/raw/intel", "data/images/intel")
    said = run(stub, "snakemake").stderr
    assert f"{reasons.LACKING}: fetch@intel, unzip@intel" in said
    assert "Nothing to be done" in said
    assert {stage for stage, state in states(stub).items() if state == "missing"} == {"fetch@intel", "unzip@intel"}
    edit(stub, {"census.gallery": 3})
    done = run(stub, "snakemake", check=False)
    assert done.stderr.splitlines()[-1].startswith("error: params.yaml: datasets.intel.source: '../archives': no such")


def test_only_what_the_command_line_names_is_restored(stub: Path) -> None:
    models = {"studies.another": json.loads(json.dumps({**study(stub), "models": ["model-0002"]}))}
    edit(stub, models | {"studies.intel.models": ["model-0001"]})
    run(stub, "snakemake")
    remove(stub, "models/another/model-0002", "results/intel/costs")
    said = run(stub, "snakemake", "intel").stderr
    assert (stub / "results/intel/costs/costs.csv").exists()
    assert not (stub / "models/another/model-0002").exists()
    assert "another" not in said
    assert states(stub)["train@model-0002"] == "missing"


def study(folder: Path) -> dict:
    from darkroom.params.yaml_files import read

    return read(folder / "params.yaml")["studies"]["intel"]


def test_what_a_killed_process_left_half_written_is_swept(stub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stub)
    with subprocess.Popen(["true"]) as ended:
        pass
    places = (
        "data/images",
        "models/intel",
        "results/intel/evaluations/model-0001",
        "workflow",
        ".dvc/tmp/darkroom/records",
        ".",
    )
    left, at_work = [], []
    for place in places:
        for number, found in ((ended.pid, left), (os.getpid(), at_work)):
            monkeypatch.setattr(os, "getpid", lambda number=number: number)
            path = files.name_beside(Path(place) / "x.csv")
            monkeypatch.undo()
            monkeypatch.chdir(stub)
            path.mkdir(parents=True)
            (path / "half").touch()
            found.append(path)
    said = run(stub, "snakemake").stderr
    assert [path for path in left if path.exists()] == []
    assert all(f"removed {path} (0 bytes); a process that was killed left it half-written" in said for path in left)
    assert [path for path in at_work if not path.exists()] == []
    assert "Nothing to be done" in said  # nor do those count as what a comparison reads
    assert "up to date" in run(stub, "dvc", "status").stdout


def test_what_another_machine_writes_is_given_a_day(tmp_path: Path) -> None:
    path = tmp_path / f"{files.BESIDE}0123abcd-1-{'0' * 8}.npy"
    path.touch()
    assert not files.is_abandoned(path)
    yesterday = path.stat().st_mtime - files.FORGOTTEN - 1
    os.utime(path, (yesterday, yesterday))
    assert files.is_abandoned(path)
    assert not files.is_abandoned(tmp_path / "gone" / path.name)
    assert not files.is_abandoned(tmp_path / f"{files.BESIDE}mine.npy")
