"""The figure of what a step and an epoch take, by batch size."""

from collections.abc import Mapping, Sequence

import pandas
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from darkroom.reporting.figures import pyplot

MEASURES = {"seconds_per_step": "Seconds per step", "seconds_per_epoch": "Seconds per epoch"}


def draw_steps(costs: pandas.DataFrame, lines: Mapping[str, Sequence[str]], title: str) -> Figure:
    """Return the seconds per step and per epoch of each training by its batch size, on logarithmic scales.

    Args:
        costs: model, batch_size, seconds_per_step, seconds_per_epoch; rows without a batch size are not shown.
        lines: models whose trainings, where their batch sizes differ, a line joins, by what it is called.
        title: stands above.
    """
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    known = costs.dropna(subset=["batch_size", *MEASURES])
    joined = {name: known[known["model"].isin(models)].sort_values("batch_size") for name, models in lines.items()}
    joined = {name: rows for name, rows in joined.items() if rows["batch_size"].nunique() > 1}
    for axis, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        axis.scatter(known["batch_size"], known[measure], s=18, color="0.6", label="each training", zorder=2)
        for name, rows in joined.items():
            axis.plot(rows["batch_size"], rows[measure], "o-", label=name, zorder=3)
        axis.set(xlabel="Batch size (images)", ylabel=label)
        if len(known):
            _scale_axes(axis, known["batch_size"])
        else:
            axis.text(0.5, 0.5, "no training has a record", ha="center", transform=axis.transAxes, color="0.5")
    figure.legend(*axes[0].get_legend_handles_labels(), frameon=False, fontsize=8, loc="outside lower left", ncols=4)
    figure.suptitle(title)
    return figure


def _scale_axes(axis: Axes, sizes: "pandas.Series[float]") -> None:
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    used = sorted(sizes.unique())
    axis.set_xticks(used, [f"{size:g}" for size in used])
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    for one in (axis.xaxis, axis.yaxis):
        one.set_minor_locator(NullLocator())
    axis.set_xlim(used[0] / 1.5, used[-1] * 1.5)
    axis.grid(color="0.93")
