"""Race transfer learning, fine-tuning and the whole study against the plain notebook script, on one machine.

    python -m benchmarks.pretrained [--data ../shared/data/intel] [--baseline ../shared/baseline/td5_notebook.py]
                                    [--weights FILE] [--epochs 3] [--seeds 3] [--only pair study accuracy]

pair      speed, with EfficientNetB0 and random weights, for as many epochs as the notebook ran (at most 10)
study     the whole of it, from archives to comparison; the scratch models for --epochs
accuracy  test accuracies over --seeds, with MobileNetV2's genuine weights (alpha 0.35) from FILE

Each runs both sides one after the other. Writes benchmarks/pretrained.csv, where rows of what was not run stay, and
benchmarks/stages.csv, where the time of the whole study went; prints both.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas

from benchmarks import project, race
from darkroom.core.files import read_json
from darkroom.reporting.tables import markdown

RESULTS = project.ROOT / "benchmarks" / "pretrained.csv"
STAGES = project.ROOT / "benchmarks" / "stages.csv"
PAIR = {"transfer": "efficientnetb0", "finetuned": "efficientnetb0-finetuned"}
"""The notebook's names of its pretrained models, and the project's."""
WANTED = {"transfer": 5, "finetuned": 4}
FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
RANDOM = {"architecture": "EfficientNetB0", "alpha": None, "weights": "none", "sha256": None}


def prepared(folder: Path, data: Path, backbone: dict[str, Any], models: list[str], changes: dict[str, Any]) -> Path:
    """Return a copy of the project whose pretrained pair stands on ``backbone``, with ``models`` in its study."""
    project.leave_one_study(project.copied(folder))
    changes = {"backbones.efficientnetb0": backbone, "datasets.intel.source": str(data), **changes}
    project.edit(folder, changes | {"studies.intel.models": models})
    return folder


def epochs_as(plain: dict[str, Any]) -> dict[str, Any]:
    """Return the edits that make both models train for the notebook's epochs, never fewer."""
    counts = {name: plain["steps"][name]["epochs"] for name in PAIR}
    never: list[Any] = []  # no callback that would stop earlier
    changes: dict[str, Any] = {}
    for section, name in (("models", "transfer"), ("finetunes", "finetuned")):
        place = f"{section}.{PAIR[name]}.training"
        changes |= {f"{place}.epochs": counts[name], f"{place}.callbacks": never}
    return changes


def notebook(options: argparse.Namespace, folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the notebook script in a new folder and return what it measured."""
    folder.mkdir(parents=True)
    return race.notebook(options.baseline, options.data, folder, *arguments)


def pair_rows(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the pair alone: one training at a time, so it gets every core."""
    models = ["--models", ",".join(PAIR), "--weights", "none"]
    plain = notebook(options, folder / "notebook", *models)
    changes = epochs_as(plain) | {"runtime.threads": len(os.sched_getaffinity(0))}
    ours = prepared(folder / "ours", options.data, RANDOM, list(PAIR.values()), changes)
    project.run(ours, "snakemake", "data/views/intel-180", "data/pretrained/efficientnetb0")
    rows, starts, alone = [], 0.0, 0.0
    for name, key in PAIR.items():
        starts += project.timed(ours, "snakemake", f"results/intel/evaluations/{key}/metrics.json")
        seconds = read_json(ours / f"models/intel/{key}/record.json")["seconds"] + test_seconds(ours, key)
        alone += seconds
        step = plain["steps"][name]
        measure = f"{name}: {step['epochs']} epochs and the test, as the notebook times them, without process starts"
        rows.append(race.row(measure, "s", seconds, step["seconds"], f"ratio >= {WANTED[name]}"))
    both = sum(plain["steps"][name]["seconds"] for name in PAIR)
    rows.append(race.row("the two together", "s", alone, both, "ratio >= 5"))
    rows.append(
        race.row("the two together, with our processes' starts, figures and pages", "s", starts, both, "ratio >= 4.5")
    )
    memory = race.peak_memory(ours)
    rows.append(race.compare_memory("peak memory of any of their stages", memory, plain))
    return rows


def test_seconds(folder: Path, key: str) -> float:
    """Return the seconds in which a trained model predicts the test images, its first call's preparations included."""
    command = [sys.executable, str(Path(__file__).with_name("prediction_time.py"))]
    command += [f"models/intel/{key}", "data/views/intel-180"]
    variables = {**project.environment(), "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=variables)
    return float(done.stdout.split()[-1])


def study_rows(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return the row of the whole study, from archives to comparison, and write where its time went."""
    plain = notebook(options, folder / "notebook", "--epochs", str(options.epochs), "--weights", "none")
    changes = epochs_as(plain) | {f"models.{key}.training.epochs": options.epochs for key in race.NETWORKS}
    ours = prepared(folder / "ours", options.data, RANDOM, [*race.NETWORKS, *PAIR.values()], changes)
    seconds = project.timed(ours, "snakemake")
    stage_seconds(ours).to_csv(STAGES, index=False)
    counts = " and ".join(str(plain["steps"][name]["epochs"]) for name in PAIR)
    measure = f"the whole study: {options.epochs} epochs from scratch, {counts} of the pretrained models"
    memory = race.peak_memory(ours)
    return [
        race.row(measure, "s", seconds, plain["total_seconds"], "ratio >= 3.2"),
        race.compare_memory("peak memory of any of its stages", memory, plain),
    ]


def stage_seconds(folder: Path) -> pandas.DataFrame:
    """Return how many jobs of each stage ran and their seconds in all, the longest first."""
    logs = sorted((folder / "logs").rglob("*.tsv"))
    seconds = [
        (log.relative_to(folder / "logs").parts[0], float(pandas.read_csv(log, sep="\t")["s"].sum())) for log in logs
    ]
    table = pandas.DataFrame(seconds, columns=["stage", "seconds"]).groupby("stage")["seconds"].agg(["size", "sum"])
    table = table.rename(columns={"size": "jobs", "sum": "seconds"}).sort_values("seconds", ascending=False)
    table["share"] = table["seconds"] / table["seconds"].sum()
    return table.round(3).reset_index()


def accuracy_rows(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Return test accuracies over seeds, of both sides, with genuine weights."""
    seeds, weights = options.seeds, options.weights
    theirs: dict[str, list[float]] = {name: [] for name in PAIR}
    for seed in range(seeds):
        arguments = ["--models", ",".join(PAIR), "--backbone", "mobilenetv2", "--weights", str(weights)]
        steps = notebook(options, folder / f"notebook-{seed}", *arguments, "--seed", str(seed))["steps"]
        for name in PAIR:
            theirs[name].append(steps[name]["accuracy"])
    backbone = {"architecture": "MobileNetV2", "alpha": 0.35, "weights": str(weights), "sha256": None}
    changes = {"models.efficientnetb0.replicates": seeds}
    ours = prepared(folder / "ours", options.data, backbone, list(PAIR.values()), changes)
    project.run(ours, "snakemake")
    rows = []
    for name, key in PAIR.items():
        keys = [key, *(f"{key}-replicate-{number}" for number in range(2, seeds + 1))]
        metrics = [read_json(ours / "results/intel/evaluations" / one / "metrics.json") for one in keys]
        accuracies = [one["accuracy"] for one in metrics]
        spread = max(map(statistics.stdev, (accuracies, theirs[name]))) if seeds > 1 else float("nan")
        measure = (
            f"{name} with MobileNetV2's weights, mean test accuracy of {seeds} seeds (largest deviation {spread:.4f})"
        )
        figures = {"darkroom": statistics.mean(accuracies), "notebook": statistics.mean(theirs[name])}
        rounded = {side: round(figure, 4) for side, figure in figures.items()}
        rows.append(race.row(measure, "", figures["darkroom"], None, "differ by less than the deviation") | rounded)
    return rows


SECTIONS = {"pair": pair_rows, "study": study_rows, "accuracy": accuracy_rows}


def main() -> None:
    """Race, write the results and print them."""
    parser = race.parser(__doc__)
    parser.add_argument("--weights", type=Path, default=project.ROOT.parent / "shared/data/pretrained" / FILE)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    options = race.checked(parser.parse_args())
    if not options.weights.exists():
        sys.exit(f"error: {options.weights.name} is not beside this checkout; name it with --weights")
    for name in ("data", "baseline", "weights"):
        setattr(options, name, getattr(options, name).resolve())
    began = time.perf_counter()
    for section in options.only:
        with tempfile.TemporaryDirectory() as folder:
            keep(section, SECTIONS[section](options, Path(folder)))
    for file in (RESULTS, STAGES):
        print(markdown(pandas.read_csv(file).astype(object).fillna("")))
    print(f"in {time.perf_counter() - began:.0f} s; written to {RESULTS.name} and {STAGES.name}")


def keep(section: str, rows: list[dict[str, Any]]) -> None:
    """Write the rows of a section into the results, in the place of its earlier ones."""
    table = pandas.DataFrame(rows)
    table.insert(0, "section", section)
    known = pandas.read_csv(RESULTS) if RESULTS.exists() else table
    others = [known[known["section"] == name] for name in SECTIONS if name != section]
    order = pandas.concat([table, *others]).sort_values(
        "section", key=lambda column: column.map(list(SECTIONS).index), kind="stable"
    )
    order.to_csv(RESULTS, index=False)


if __name__ == "__main__":
    main()
