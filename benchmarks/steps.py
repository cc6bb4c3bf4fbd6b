"""Time the steps of a sweep's variants, apart from other jobs: batch sizes, optimizers.

    make benchmark PART=steps [ARGS="--sweeps cifar10-batch --rounds 7"]

Each variant of params.yaml trains as the stages train it, on noise of its view's size and with one thread. Every round
takes the variants in another order, and each for some epochs, of which the first, which compiles, is not timed; so what
slows the machine down for a while slows all of them. Writes benchmarks/steps.csv: the median over the rounds, the
fastest and the slowest, and how much of the time the processor was this process's own. Where that is less than 95 %,
something ran beside it, and no table is written.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import pandas

from benchmarks import gpu, project
from darkroom.core import kernels, program, runtime
from darkroom.core.errors import UserError
from darkroom.core.files import write_table
from darkroom.networks import network
from darkroom.params.document import load
from darkroom.params.model import Model
from darkroom.params.sweeps import list_variants
from darkroom.reporting.tables import markdown

OUT = project.ROOT / "benchmarks/steps.csv"
SWEEPS = ("cifar10-batch", "cifar10-optimizer")
EPOCHS = 4
"""Of each training; those after the first are timed."""
ALONE = 0.95
"""The share of the time that this process must have had the processor."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, write the table and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", nargs="+", default=list(SWEEPS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=4096)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args(argv)
    out, parameters = given.out.resolve(), load()
    sweeps = {name: parameters.sweeps[name] for name in given.sweeps}
    variants = {sweep.of: parameters.trained[sweep.of] for sweep in sweeps.values()}
    variants |= {name: parameters.trained[name] for name, _, _ in list_variants(sweeps)}
    runtime.start(parameters.runtime.model_copy(update={"threads": 1}), "float32")
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for turn in range(given.rounds):
            order = random.Random(turn).sample(list(variants), len(variants))
            for name in order:
                side = parameters.views[variants[name].view].size
                times = time_training(variants[name], side, given.images)
                found.append({"model": name, **times})
                print(f"round {turn + 1} of {given.rounds}, {name}: {times['step'] * 1000:.2f} ms a step", flush=True)
    table = summarize(found, variants)
    print(markdown(table))
    least = min(row["share"] for row in found)
    if least < ALONE:
        raise UserError(f"something ran beside this: only {least:.0%} of a time was its own; run it alone again")
    write_table(out, table)


def time_training(model: Any, side: int, images: int) -> dict[str, float]:
    """Return the seconds of a step, and the share of them that this process computed, of a training's later epochs."""
    assert isinstance(model, Model)
    view = gpu.make_view(side, images)
    made = network.build(model.network, view.shape, gpu.CLASSES)
    network.set_normalization(made, [view.read_learning(numpy.arange(256))])
    kernels.fuse_batch_normalization(made)
    kernels.draw_cheaper_masks(made)
    fit = {key: value for key, value in model.training.model_dump().items() if key != "validation_split"}
    marks: list[tuple[float, float]] = []
    settings = {**fit, "epochs": EPOCHS, "callbacks": []}
    gpu.train_epochs(made, view, view.read_learning, settings, lambda: marks.append((time.perf_counter(), own_time())))
    elapsed, own = (last - first for first, last in zip(marks[0], marks[-1], strict=True))
    steps = (EPOCHS - 1) * -(-images // model.training.batch_size)
    return {"step": elapsed / steps, "image": elapsed / (images * (EPOCHS - 1)), "share": own / elapsed}


def own_time() -> float:
    """Return the seconds that this process has computed."""
    used = os.times()
    return used.user + used.system


def summarize(found: Sequence[Mapping[str, Any]], variants: Mapping[str, Any]) -> pandas.DataFrame:
    """Return a row for each variant: what it varies, and its times over the rounds."""
    rows: Iterator[dict[str, Any]] = (
        {
            "model": name,
            "batch size": one.training.batch_size,
            "optimizer": one.training.optimizer + (f", momentum {one.training.momentum}" * bool(one.training.momentum)),
            "rounds": len(own := [row for row in found if row["model"] == name]),
            **spread("ms a step", [1e3 * row["step"] for row in own]),
            "images a second": f"{1 / statistics.median(row['image'] for row in own):,.0f}",
            "own share of the time": f"{min(row['share'] for row in own):.2f}",
        }
        for name, one in variants.items()
    )
    return pandas.DataFrame(rows)


def spread(name: str, values: Sequence[float]) -> dict[str, str]:
    """Return the median, the least and the largest of ``values``, as text."""
    return {name: f"{statistics.median(values):.2f}", "from": f"{min(values):.2f}", "to": f"{max(values):.2f}"}


if __name__ == "__main__":
    program.run(main)
