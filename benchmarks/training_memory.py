"""Measure what a training takes of memory when there are more images, beside the plain notebook script.

    python -m benchmarks.training_memory [--data ../shared/data/intel] [--baseline ../shared/baseline/td5_notebook.py]

The network with images of 256 pixels trains for an epoch, on seg_train and then with seg_train_more beside it. Writes
benchmarks/training_memory.csv. Other work beside it changes nothing but the time, which is not written.
"""

import argparse
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import project, race
from benchmarks.measured import Table
from darkroom.core.files import read_json

RESULTS = project.ROOT / "benchmarks/training_memory.csv"
MODEL = "cnn-bn-256-gap"
TRAIN = ("seg_train", "seg_train_more")
"""Archives of training images: the first alone, then both."""
TEST = "seg_test"


def measure_ours(data: Path, train: Sequence[str], folder: Path) -> tuple[int, float]:
    """Return the number of training images in a project on these archives, and the peak memory of its training, MiB."""
    project.leave_one_study(project.copied(folder))
    splits = {"train": list(train), "validation": [], "test": [TEST]}
    changes = {f"models.{MODEL}.training.epochs": 1, "studies.intel.models": [MODEL]}
    project.edit(folder, changes | {"datasets.intel.source": str(data), "datasets.intel.splits": splits})
    project.run(folder, "snakemake", f"models/intel/{MODEL}/record.json")
    images = read_json(next((folder / "data/views").glob("*/view.json")))["images"]["train"]
    return images, float(read_json(folder / f"models/intel/{MODEL}/record.json")["peak_memory_mib"])


def measure_notebook(script: Path, data: Path, train: Sequence[str], folder: Path) -> float | None:
    """Return the peak memory of the notebook script on these archives, MiB; ``None`` where there was not enough."""
    folder.mkdir()
    options = ("--epochs", "1", "--models", race.NETWORKS[MODEL])
    try:
        return float(race.notebook(script, data, folder, *options, archives=(*train, TEST))["peak_memory_mib"])
    except subprocess.CalledProcessError as error:
        if error.returncode != -signal.SIGKILL:
            raise
        return None


def main() -> None:
    """Measure both sides at both numbers of images."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    race.add_sides(parser)
    given = race.checked(parser.parse_args())
    data, script = given.data.resolve(), given.baseline.resolve()
    table = Table(RESULTS, ("images",), ("darkroom MiB", "notebook MiB", "share"))
    for count in range(1, len(TRAIN) + 1):
        with tempfile.TemporaryDirectory() as folder:
            images, ours = measure_ours(data, TRAIN[:count], Path(folder, "ours"))
            row = {"images": images, "darkroom MiB": f"{ours:.0f}", "notebook MiB": "not measured"}
            table.note(row)
            theirs = measure_notebook(script, data, TRAIN[:count], Path(folder, "notebook"))
            found = f"{theirs:.0f}" if theirs else "killed: out of memory"
            table.note(row | {"notebook MiB": found, "share": f"{ours / theirs:.2f}" if theirs else ""})


if __name__ == "__main__":
    main()
