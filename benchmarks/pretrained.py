"""Race transfer learning, fine-tuning and the whole study against the plain notebook script, in one run on one machine.

    python -m benchmarks.pretrained [--data ../shared/data/intel] [--baseline ../shared/baseline/td5_notebook.py]
                                    [--weights FILE] [--epochs 3] [--seeds 3]

Speed with EfficientNetB0 and random weights, on both sides for as many epochs as the notebook ran (at most 10);
accuracy with MobileNetV2's genuine weights (alpha 0.35) from FILE. Writes benchmarks/pretrained.csv and
benchmarks/stages.csv, where the time of the whole study went, and prints both.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas

from benchmarks import project, race
from stages.files import read_json
from stages.tables import markdown

RESULTS = project.ROOT / "benchmarks" / "pretrained.csv"
STAGES = project.ROOT / "benchmarks" / "stages.csv"
PAIR = {"transfer": "efficientnetb0", "finetuned": "efficientnetb0-finetuned"}
"""The notebook's names of its pretrained models, and the project's."""
WANTED = {"transfer": 5, "finetuned": 4}
FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
MOBILE = {"architecture": "MobileNetV2", "alpha": 0.35, "sha256": None}


def prepared(folder: Path, data: Path, backbone: dict[str, Any], models: list[str], changes: dict[str, Any]) -> Path:
    """Return a copy of the project whose pretrained pair stands on ``backbone``, with ``models`` in its study."""
    project.copied(folder)
    changes = {"backbones.efficientnetb0": backbone, "datasets.intel.source": str(data), **changes}
    project.edit(folder, changes | {"studies.intel.models": models})
    return folder


def epochs_as(plain: dict[str, Any]) -> dict[str, Any]:
    """Return the edits that make both models train for the notebook's epochs, never fewer."""
    counts = {name: plain["steps"][name]["epochs"] for name in PAIR}
    changes: dict[str, Any] = {}
    for section, name in (("models", "transfer"), ("finetunes", "finetuned")):
        place = f"{section}.{PAIR[name]}.training"
        changes |= {f"{place}.epochs": counts[name], f"{place}.patience": counts[name]}
    return changes


def pair_rows(data: Path, plain: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the pair alone: one training at a time, so it gets every core."""
    changes = epochs_as(plain) | {"runtime.threads": len(os.sched_getaffinity(0))}
    backbone = {"architecture": "EfficientNetB0", "alpha": None, "weights": "none", "sha256": None}
    prepared(folder, data, backbone, list(PAIR.values()), changes)
    project.run(folder, "snakemake", "data/views/intel-180", "data/pretrained/efficientnetb0")
    rows, ours = [], {}
    for name, key in PAIR.items():
        ours[name] = project.timed(folder, "snakemake", f"results/intel/evaluations/{key}/metrics.json")
        step = plain["steps"][name]
        measure = f"{name}, {step['epochs']} epochs, test included"
        rows.append(race.row(measure, "s", ours[name], step["seconds"], f"ratio >= {WANTED[name]}"))
    both = sum(plain["steps"][name]["seconds"] for name in PAIR)
    rows.append(race.row("the two together", "s", sum(ours.values()), both, "ratio >= 5"))
    memory = race.peak_memory(folder)
    rows.append(race.row("peak memory of any of their stages", "MiB", memory, plain["peak_memory_mib"], "< 1741 MiB"))
    return rows


def study_rows(data: Path, plain: dict[str, Any], epochs: int, folder: Path) -> list[dict[str, Any]]:
    """Return the row of the whole study, from archives to comparison, and write where its time went."""
    changes = epochs_as(plain) | {f"models.{key}.training.epochs": epochs for key in race.NETWORKS}
    backbone = {"architecture": "EfficientNetB0", "alpha": None, "weights": "none", "sha256": None}
    prepared(folder, data, backbone, [*race.NETWORKS, *PAIR.values()], changes)
    seconds = project.timed(folder, "snakemake")
    stage_seconds(folder).to_csv(STAGES, index=False)
    measure = f"the whole study, {epochs} epochs from scratch and those above"
    memory = race.peak_memory(folder)
    return [
        race.row(measure, "s", seconds, plain["total_seconds"], ""),
        race.row("peak memory of any of its stages", "MiB", memory, plain["peak_memory_mib"], "< 1741 MiB"),
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


def accuracy_rows(data: Path, script: Path, weights: Path, seeds: int, folder: Path) -> list[dict[str, Any]]:
    """Return test accuracies over seeds, of both sides, with genuine weights."""
    theirs: dict[str, list[float]] = {name: [] for name in PAIR}
    for seed in range(seeds):
        place = folder / f"notebook-{seed}"
        place.mkdir(parents=True)
        options = ["--models", "transfer,finetuned", "--backbone", "mobilenetv2", "--weights", str(weights)]
        steps = race.notebook(script, data, place, *options, "--seed", str(seed))["steps"]
        for name in PAIR:
            theirs[name].append(steps[name]["accuracy"])
    changes = {"models.efficientnetb0.replicates": seeds}
    ours = prepared(folder / "ours", data, {**MOBILE, "weights": str(weights)}, list(PAIR.values()), changes)
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


def main() -> None:
    """Race, write the results and print them."""
    parser = race.parser(__doc__)
    parser.add_argument("--weights", type=Path, default=project.ROOT.parent / "shared/data/pretrained" / FILE)
    parser.add_argument("--seeds", type=int, default=3)
    options = race.checked(parser.parse_args())
    if not options.weights.exists():
        sys.exit(f"error: {options.weights.name} is not beside this checkout; name it with --weights")
    data, script, weights = (path.resolve() for path in (options.data, options.baseline, options.weights))
    with tempfile.TemporaryDirectory() as name:
        began, folder = time.perf_counter(), Path(name)
        said = folder / "notebook"
        said.mkdir()
        plain = race.notebook(script, data, said, "--epochs", str(options.epochs), "--weights", "none")
        rows = pair_rows(data, plain, folder / "pair")
        rows += study_rows(data, plain, options.epochs, folder / "study")
        rows += accuracy_rows(data, script, weights, options.seeds, folder / "accuracy")
    table = pandas.DataFrame(rows)
    table.to_csv(RESULTS, index=False)
    print(markdown(table.astype(object).fillna("")))
    print(markdown(pandas.read_csv(STAGES)))
    print(f"in {time.perf_counter() - began:.0f} s; written to {RESULTS.name} and {STAGES.name}")


if __name__ == "__main__":
    main()
