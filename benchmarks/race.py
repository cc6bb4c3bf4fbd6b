"""Race the pipeline against the plain notebook script: same images, same networks, same epochs, same machine, one run.

    python -m benchmarks.race [--data ../shared/data/intel] [--baseline ../shared/baseline/td5_notebook.py] [--epochs 3]

Writes benchmarks/results.csv and prints it. A ratio is the notebook's figure over ours (above 1: ours is better).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas

from benchmarks import project
from darkroom.core import machine
from darkroom.core.files import write_table
from darkroom.reporting.tables import markdown

RESULTS = project.ROOT / "benchmarks" / "results.csv"
NETWORKS = {"cnn": "cnn", "cnn-bn": "cnn_bn", "cnn-bn-256-gap": "cnn_bn_256_gap"}
"""The project's networks and the notebook's names of them."""
WANTED_MEMORY = 0.6
"""Of the notebook's peak memory."""
REPEATS = 5
TRIVIAL = {
    "network": {
        "normalization": "none",
        "blocks": {"filters": [4], "kernel": 3, "padding": "valid", "activation": "relu", "batch_normalization": None}
        | {
            "strides": 1,
            "pooling": 4,
            "pooling_kind": "max",
            "dropout": 0.0,
            "dropout_first": False,
            "l2": 0.0,
            "residual": False,
        },
        "head": {
            "pooling": "global-average",
            "batch_normalization": None,
            "input_dropout": 0.0,
            "units": [],
            "activation": "relu",
            "dropout": [],
        }
        | {"l2": 0.0, "output": "softmax", "output_dropout": 0.0},
    },
    "training": {"optimizer": "adam", "momentum": 0.0, "learning_rate": 0.001, "epochs": 1, "batch_size": 32}
    | {"accumulation_steps": 1, "validation_split": 0.2, "precision": "float32"}
    | {"weight_decay": 0.0, "clip_norm": None, "schedule": None, "label_smoothing": 0.0, "mix": None}
    | {"augmentation": None, "class_weights": None, "callbacks": []},
}


def list_archives() -> list[str]:
    """Return the archives that the study learns from and is tested on; others may lie beside them."""
    splits = project.parameters(project.ROOT)["datasets"]["intel"]["splits"]
    return [name for names in splits.values() for name in names]


def notebook(script: Path, data: Path, folder: Path, *options: str, archives: Sequence[str] = ()) -> dict[str, Any]:
    """Run the notebook script on the unpacked archives, by default the study's, and return what it measured."""
    for archive in archives or list_archives():
        with zipfile.ZipFile(data / f"{archive}.zip") as opened:
            opened.extractall(folder)
    out = folder / "timings.json"
    command = [sys.executable, str(script), "--train", "seg_train", "--test", "seg_test", "--out", str(out), *options]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads(out.read_text(encoding="utf-8"))


def pipeline(data: Path, epochs: int, precision: str, folder: Path) -> dict[str, float]:
    """Run the whole study on the same archives; return seconds in all, of the models, and peak memory (MiB)."""
    project.leave_one_study(project.copied(folder))
    changes: dict[str, Any] = {f"models.{key}.training.epochs": epochs for key in NETWORKS}
    changes |= {f"models.{key}.training.precision": precision for key in NETWORKS}
    changes["datasets.intel.source"] = str(data)
    project.edit(folder, changes | {"studies.intel.models": list(NETWORKS)})
    views = project.timed(folder, "snakemake", "data/views/intel-150", "data/views/intel-256")
    evaluations = [f"results/intel/evaluations/{key}/metrics.json" for key in NETWORKS]
    models = project.timed(folder, "snakemake", *evaluations)
    rest = project.timed(folder, "snakemake")
    return {"total": views + models + rest, "models": models, "memory": peak_memory(folder)}


def peak_memory(folder: Path) -> float:
    """Return the highest peak memory of a stage (MiB).

    A training's is its process's own, as the notebook measures it; that of the others is what Snakemake sampled of the
    process and those around it.
    """
    trainings = [json.loads(file.read_text())["peak_memory_mib"] for file in (folder / "models").rglob("record.json")]
    logs = [
        file for file in (folder / "logs").rglob("*.tsv") if not {"train", "transfer", "finetune"} & set(file.parts)
    ]
    return max([*map(float, trainings), *(float(pandas.read_csv(file, sep="\t")["max_rss"].max()) for file in logs)])


def nothing_to_do(count: int, folder: Path) -> float:
    """Return the median seconds of a `snakemake` with nothing to do, with ``count`` trivial models that are made."""
    project.leave_one_study(project.copied(folder))
    names = [f"trivial-{number}" for number in range(count)]
    models = {name: {"view": "intel-150", "replicates": 1, **TRIVIAL} for name in names}
    project.edit(folder, {"models": models, "finetunes": {}})
    small = {"train_per_class": 4, "test_per_class": 2}
    project.edit(folder, {f"datasets.intel.synthetic.{key}": value for key, value in small.items()})
    project.edit(folder, {"studies.intel.models": names, "views.intel-256.size": 16, "views.intel-150.size": 16})
    project.run(folder, "snakemake")
    return statistics.median(project.timed(folder, "snakemake") for _ in range(REPEATS))


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 by itself."""
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(machine.describe()["features"])


def race(data: Path, script: Path, epochs: int, folder: Path) -> Iterator[dict[str, Any]]:
    """Run everything and yield one row per measure."""
    said = folder / "notebook"
    said.mkdir()
    plain = notebook(script, data, said, "--epochs", str(epochs), "--models", ",".join(NETWORKS.values()))
    seconds = sum(plain["steps"][name]["seconds"] for name in NETWORKS.values())
    for precision, wanted in {"float32": 1.3, "mixed_bfloat16": 2.2}.items():
        if precision != "float32" and not has_bfloat16():
            continue
        ours = pipeline(data, epochs, precision, folder / precision)
        yield row(f"scratch models, {precision}", "s", ours["models"], seconds, f"ratio >= {wanted}")
        yield row(f"archives to results, {precision}", "s", ours["total"], plain["total_seconds"], "")
        yield compare_memory(f"peak memory of any stage, {precision}", ours["memory"], plain)
    four, forty = (nothing_to_do(count, folder / f"trivial-{count}") for count in (4, 40))
    yield row("snakemake with nothing to do, 4 models", "s", four, None, "< 2 s")
    yield row("the same with 40 models", "s", forty, None, f"< {1.5 * four:.2f} s (1.5 times)")


def row(measure: str, unit: str, ours: float, theirs: float | None, wanted: str) -> dict[str, Any]:
    """Return a row of the results."""
    ratio = None if theirs is None else round(theirs / ours, 2)
    return {
        "measure": measure,
        "unit": unit,
        "darkroom": round(ours, 2),
        "notebook": theirs,
        "ratio": ratio,
        "wanted": wanted,
    }


def compare_memory(measure: str, ours: float, plain: dict[str, Any]) -> dict[str, Any]:
    """Return the row of our peak memory, MiB, beside that of the notebook, by what it measured."""
    theirs = plain["peak_memory_mib"]
    return row(measure, "MiB", ours, theirs, f"< {WANTED_MEMORY * theirs:.0f} MiB")


def add_sides(parser: argparse.ArgumentParser) -> None:
    """Let a command line name the data, and the script to race."""
    parser.add_argument("--data", type=Path, default=project.ROOT.parent / "shared/data/intel")
    parser.add_argument("--baseline", type=Path, default=project.ROOT.parent / "shared/baseline/td5_notebook.py")


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a race's command line: the data, the script to race, the epochs of the scratch models."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_sides(parser)
    parser.add_argument("--epochs", type=int, default=3)
    return parser


def checked(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options, or end where what they name is not there."""
    for path in (options.data, options.baseline):
        if not path.exists():
            sys.exit(f"error: {path.name} is not beside this checkout; name it with --data and --baseline")
    return options


def main() -> None:
    """Race, write the results and print them."""
    options, rows = checked(parser(__doc__).parse_args()), []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for measured in race(options.data.resolve(), options.baseline.resolve(), options.epochs, Path(folder)):
            rows.append(measured)
            write_table(RESULTS, pandas.DataFrame(rows))
    print(markdown(pandas.DataFrame(rows).astype(object).fillna("")))
    print(f"{options.epochs} epochs each, in {time.perf_counter() - began:.0f} s; written to {RESULTS.name}")


if __name__ == "__main__":
    main()
