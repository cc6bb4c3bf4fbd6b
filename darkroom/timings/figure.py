"""What jobs took, in a figure: the seconds of the longest, and their memory."""

import pandas
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from darkroom.reporting.figures import pyplot
from darkroom.reporting.tables import cell
from darkroom.timings.page import NONE

SHOWN = 30
"""Jobs in the figure."""
DRAWN = {"seconds": "Seconds", "peak_memory_mib": "Peak memory (MiB)"}
COLOURS = {True: ("C0", "command executed"), False: ("0.75", "outputs restored, nothing computed")}


def figure(found: pandas.DataFrame) -> Figure:
    """Return bars of the seconds of the longest jobs beside bars of their memory, those that only restored in grey."""
    longest = found.sort_values("seconds", ascending=False, ignore_index=True).head(SHOWN)
    size = (9.5, 1.4 + 0.24 * max(len(longest), 2))
    drawn, axes = pyplot.subplots(1, 2, figsize=size, sharey=True, layout="constrained")
    for axis, (column, label) in zip(axes, DRAWN.items(), strict=True):
        colours = [COLOURS[executed][0] for executed in longest["executed"]]
        bars = axis.barh(longest.index, longest[column].fillna(0), height=0.7, color=colours)
        axis.bar_label(bars, [cell(value, ",.0f") for value in longest[column]], fontsize=7, padding=2)
        axis.set(xlabel=label, ylim=(max(len(longest), 1) - 0.5, -0.5))
        axis.margins(x=0.1)
        axis.set_xlim(left=0)
        axis.spines["left"].set_visible(False)
        axis.tick_params(axis="y", length=0)
    axes[0].set_yticks(longest.index, longest["verb"] + "@" + longest["key"])
    keys = [Patch(color=colour, label=said) for colour, said in COLOURS.values()]
    drawn.legend(handles=keys, frameon=False, fontsize=8, loc="outside lower left", ncols=2)
    more = f"The {SHOWN} longest of {len(found):,} jobs" if len(found) > SHOWN else "All jobs, the longest first"
    drawn.suptitle(more if len(found) else NONE)
    return drawn
