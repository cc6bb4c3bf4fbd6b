"""The memory that each image of a large data set takes in the stages that look at all of them."""

import io
import json
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
from PIL import Image

from benchmarks.measured import measure
from benchmarks.project import copied, edit, leave_one_study, run

pytestmark = pytest.mark.slow

FEW, MANY = 6_000, 22_000
MOST = {"unzip": 300, "census": 2100, "prepare": 1000, "hash images": 300}
"""Bytes an image, by which a peak may be higher where there are more."""
HASH = "import sys; from pathlib import Path; from workflow.hashes import content; content(Path(sys.argv[1]))"


def pack(file: Path, first: int, count: int) -> None:
    """Write an archive of images of 24×24 pixels, each another one, in two classes."""
    noise = numpy.random.default_rng(first)
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            buffer = io.BytesIO()
            Image.fromarray(noise.integers(0, 256, (24, 24, 3), dtype=numpy.uint8)).save(buffer, "BMP")
            archive.writestr(f"{file.stem}/{('sea', 'glacier')[number % 2]}/{number:010}.bmp", buffer.getvalue())


def measure_stages(folder: Path, count: int) -> dict[str, float]:
    """The peak memory, in bytes, of each stage, in a process of its own, with so many images."""
    (folder / "photographs").mkdir(parents=True)
    pack(folder / "photographs/learn.zip", 1, count)
    pack(folder / "photographs/exam.zip", 2, 20)
    project = copied(folder / "project")
    leave_one_study(project)
    splits = {"train": ["learn"], "validation": [], "test": ["exam"]}
    edit(
        project,
        {"datasets.intel.source": "../photographs", "datasets.intel.splits": splits, "views.intel-150.size": 8},
    )
    run(project, "darkroom.pipeline.plan")
    run(project, "stages.fetch", "intel")
    found = {}
    for verb, key in (("unzip", "intel"), ("census", "intel"), ("prepare", "intel-150")):
        run(project, f"stages.{verb}", key, "--record", "record.json")
        found[verb] = json.loads((project / "record.json").read_text())["peak_memory_mib"] * 2**20
    hashed = measure(project, [sys.executable, "-c", HASH, "data/images/intel"])
    assert hashed.status == 0, hashed.said
    return {**found, "hash images": hashed.memory * 2**20}


def test_an_image_takes_little_memory(tmp_path: Path) -> None:
    few, many = (measure_stages(tmp_path / str(count), count) for count in (FEW, MANY))
    each = {stage: (many[stage] - few[stage]) / (MANY - FEW) for stage in MOST}
    assert {stage: taken for stage, taken in each.items() if taken > MOST[stage]} == {}, each
