"""What an image costs in a large data set: time and memory of each stage before training, at several sizes.

    python -m benchmarks.many_images --images 1000 10000 100000

Draws photographs of 150×150 pixels, makes of each number of them a project in a folder that is kept, --cache, and
writes what it measures there, row by row, into benchmarks/many_images.csv. Sections: slope (each stage by itself),
memory (the same, of which only the memory is written, which no other load changes), loop (preparing beside a plain loop
with Pillow, at the middle number), large (the same at the largest number, the loop on one processor), and more (ten
images added to the largest number, in shards).

    python -m benchmarks.many_images --only large --images 100000
"""

import argparse
import os
import shutil
import sys
import time
import zipfile
from collections.abc import Collection, Sequence
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy
import psutil
from PIL import Image

from benchmarks import project
from benchmarks.measured import Table, measure
from darkroom.core.filenames import name_shards
from darkroom.core.files import read_json
from darkroom.core.parallel import map_in_order
from darkroom.core.progress import show_progress

RESULTS = project.ROOT / "benchmarks/many_images.csv"
CACHE = project.ROOT / ".scratch/many-images"
VIEW, SIZE, CLASSES = "intel-150", 150, ("glacier", "sea")
SHARDS, MORE = 16, 10
PIXELS = 3 * SIZE**2
"""Bytes of an image's pixels."""
LOOP_COPIES = 2
"""The loop holds each image by itself, and then all in one array."""
SECTIONS = ("slope", "memory", "loop", "large", "more")
TIMES = ("seconds", "ms an image")
STAGES = ("fetch", "unzip", "census", "prepare")
HASH = "import sys; from pathlib import Path; from workflow.hashes import content; content(Path(sys.argv[1]))"
READ = """
import sys; from pathlib import Path; import numpy
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.shards import open_view
view = open_view(Path(sys.argv[1])); rows = numpy.arange(view.count("train"))
batches = Batches(lambda rows: view.read("train", rows), view.labels("train"), rows, 64, 1, seed=1)
for number in range(len(batches)):
    batches[number]
"""
LOOP = """
import sys; from multiprocessing import Pool; from pathlib import Path; import numpy; from PIL import Image
def read(path):
    return numpy.asarray(Image.open(path).convert("RGB").resize((150, 150), Image.Resampling.BICUBIC))
paths, processes = sorted(Path(sys.argv[1]).glob("train/*/*.jpg")), int(sys.argv[2])
if processes == 1:
    pixels = [read(path) for path in paths]
else:
    with Pool(processes) as pool:
        pixels = list(pool.imap(read, paths, 64))
numpy.save(sys.argv[3], numpy.stack(pixels))
"""


def draw(number: int) -> bytes:
    """Return a JPEG of smooth colours with noise, another one for each number."""
    random = numpy.random.default_rng(number)
    coarse = Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=numpy.uint8))
    smooth = numpy.asarray(coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC)).astype(numpy.int16)
    noisy = smooth + random.integers(-12, 13, smooth.shape, dtype=numpy.int16)
    buffer = BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(numpy.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def pack(archive: Path, first: int, count: int) -> None:
    """Write an archive of so many images in class folders."""
    photographs = map_in_order(draw, range(first, first + count), 256)
    with closing(photographs), zipfile.ZipFile(archive, "w") as opened:
        for number, photograph in enumerate(show_progress(photographs, count, f"draw {archive.name}", "images"), first):
            opened.writestr(f"{archive.stem}/{CLASSES[number % 2]}/{number:010}.jpg", photograph)


def make_project(cache: Path, count: int) -> Path:
    """Return a project on ``count`` training images, where nothing has run yet."""
    place = cache / str(count)
    if not (place / "photographs/exam.zip").exists():
        shutil.rmtree(place, ignore_errors=True)
        (place / "photographs").mkdir(parents=True)
        pack(place / "photographs/learn.zip", 0, count)
        pack(place / "photographs/exam.zip", 10**9, 20)
    (place / "photographs/learn-more.zip").unlink(missing_ok=True)
    shutil.rmtree(place / "project", ignore_errors=True)
    folder = project.copied(place / "project")
    project.leave_one_study(folder)
    splits = {"train": ["learn*"], "validation": [], "test": ["exam"]}
    project.edit(folder, {"datasets.intel.source": "../photographs", "datasets.intel.splits": splits})
    project.run(folder, "darkroom.pipeline.plan")
    return folder


def measure_slopes(folder: Path, count: int, table: Table, timed: bool) -> None:
    """Run each stage by itself, and what reads its results; unless it is ``timed``, times that are known stay."""
    for verb in STAGES:
        key, record = (VIEW if verb == "prepare" else "intel"), folder / ".scratch" / "record.json"
        began = time.perf_counter()
        project.run(folder, f"stages.{verb}", key, "--record", str(record))
        seconds = time.perf_counter() - began if timed else None
        note(table, count, verb, seconds, read_json(record)["peak_memory_mib"])
    programs = {
        "hash images": [HASH, "data/images/intel"],
        "hash view": [HASH, f"data/views/{VIEW}"],
        "read one epoch": [READ, f"data/views/{VIEW}"],
    }
    for what, program in programs.items():
        done = measure(folder, [sys.executable, "-c", *program])
        check(done.status, done.said)
        note(table, count, what, done.seconds if timed else None, done.memory)


def race_loop(folder: Path, count: int, table: Table, turns: int, loops_on: Collection[int]) -> None:
    """Prepare on one processor and on two, and in a plain loop on so many, several times in turn.

    The loop is left out, and that is said, where its pixels have no room in memory.
    """
    for verb in ("fetch", "unzip"):
        project.run(folder, f"stages.{verb}", "intel")
    processors = sorted(os.sched_getaffinity(0))[:2]
    needed, free = PIXELS * count * LOOP_COPIES, psutil.virtual_memory().available
    if needed > free:
        print(f"no loop over {count:,} images: it needs {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free")
    for turn in range(1, turns + 1):
        for used in (1, 2):
            bound = ["taskset", "-c", ",".join(map(str, processors[:used]))]
            ours = [*bound, sys.executable, "-m", "stages.prepare", VIEW]
            theirs = [*bound, sys.executable, "-c", LOOP, "data/images/intel", str(used), ".scratch/loop.npy"]
            loops = {"Pillow in a loop": theirs} if used in loops_on and needed <= free else {}
            for tool, command in {"Darkroom": ours, **loops}.items():
                done = measure(folder, command)
                check(done.status, done.said)
                note(table, count, f"prepare, turn {turn}", done.seconds, done.memory, "loop", tool, used)


def add_few(folder: Path, count: int, table: Table) -> None:
    """Prepare in shards by Snakemake, then with ten images more."""
    project.edit(folder, {f"views.{VIEW}.shards": SHARDS})
    targets = [f"data/views/{VIEW}/{name}" for name in ("index", *name_shards(VIEW, SHARDS))]
    for what, more in ((f"all, in {SHARDS} shards", False), (f"{MORE} images more", True), ("nothing to do", False)):
        if more:
            pack(folder.parent / "photographs/learn-more.zip", 2 * 10**9, MORE)
        began = time.perf_counter()
        executed = project.snakemake(folder, *targets)
        note(table, count, what, time.perf_counter() - began, None, "more")
        for stage in executed:
            verb, key = stage.split("@")
            place = f"{VIEW}/{key}" if verb == "shard" else key
            record = read_json(folder / f"results/records/{verb}/{place}/record.json")
            note(table, count, f"{what}: {stage}", record["seconds"], record["peak_memory_mib"], "more")


def note(
    table: Table,
    count: int,
    what: str,
    seconds: float | None,
    memory: float | None,
    section: str = "slope",
    tool: str = "Darkroom",
    processors: int | None = None,
) -> None:
    """Write a row; without ``seconds`` those of an earlier one stay."""
    row = {"section": section, "images": count, "what": what, "tool": tool, "processors": processors or ""}
    peak = "" if memory is None else f"{memory:.0f}"
    took = {name: table.find(row).get(name, "") for name in TIMES}
    if seconds is not None:
        took = dict(zip(TIMES, (f"{seconds:.2f}", f"{seconds * 1e3 / count:.3f}"), strict=True))
    table.note(row | took | {"peak MiB": peak})


def check(status: int, said: str) -> None:
    """Fail if a command did."""
    if status:
        raise RuntimeError(said[-2000:])


def main(argv: Sequence[str] | None = None) -> None:
    """Measure as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=["slope", "loop", "large", "more"])
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args(argv)
    table = Table(given.out, ("section", "images", "what", "tool", "processors"), (*TIMES, "peak MiB"))
    for section in ("slope", "memory"):
        for count in given.images if section in given.only else ():
            measure_slopes(make_project(given.cache, count), count, table, section == "slope")
    middle, largest = sorted(given.images)[len(given.images) // 2], max(given.images)
    if "loop" in given.only:
        race_loop(make_project(given.cache, middle), middle, table, 3, (1, 2))
    if "large" in given.only and ("loop" not in given.only or largest > middle):
        race_loop(make_project(given.cache, largest), largest, table, 1, (1,))
    if "more" in given.only:
        add_few(make_project(given.cache, largest), largest, table)


if __name__ == "__main__":
    main()
