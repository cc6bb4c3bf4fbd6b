"""Update the tables of README.md and of the pages below docs/ from the results in docs/subsets/ and benchmarks/.

    python -m benchmarks.pages

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas

from darkroom.core.files import write_text
from darkroom.reporting.tables import markdown

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
SUBSETS, BEST, PARTS, RECIPE = (ROOT / f"docs/{name}" for name in ("subsets", "best", "parts/parts", "recipe/recipe"))
FOLDERS = ("best", "parts", "recipe", "subsets")
"""Of docs/: each has published results, and a README that shows them."""
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")), *(ROOT / f"docs/{folder}/README.md" for folder in FOLDERS))
SINCE_RENAMED = {"right": "correct"}
"""Columns of published tables that are called otherwise today."""
BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z]+) -->\n\n)(?:(?!<!-- end).)*(<!-- end -->)", re.DOTALL)


def tabulate_models() -> str:
    """Return the comparison of the intel study on the subset of real photographs."""
    table = pandas.read_csv(SUBSETS / "intel/comparison/models.csv").rename(columns=SINCE_RENAMED)
    shown = table[
        ["model", "correct", "images", "accuracy", "low", "high", "loss", "parameters", "epochs", "best_epoch"]
    ]
    shown = shown.rename(columns={"low": "95 % from", "high": "to", "best_epoch": "best epoch"})
    share = dict.fromkeys(("accuracy", "95 % from", "to"), ".1%")
    return markdown(shown, {**share, "loss": ".3f"})


def tabulate_best() -> str:
    """Return what the networks of the study intel-best reach on validation and test images, and what they cost."""
    folder = BEST / "intel-best"
    table = pandas.read_csv(folder / "comparison/models.csv")
    costs = pandas.read_csv(folder / "costs/costs.csv").set_index("model")["peak_memory_mib"]
    shown = table[["model", "val_accuracy", "correct", "images", "accuracy", "low", "high", "parameters", "epochs"]]
    shown = shown.assign(**{"peak memory (MiB)": table["model"].map(costs)})
    shown = shown.rename(columns={"val_accuracy": "on validation images", "low": "95 % from", "high": "to"})
    share = dict.fromkeys(("on validation images", "accuracy", "95 % from", "to"), ".1%")
    return markdown(shown, {**share, "epochs": ",.0f", "peak memory (MiB)": ",.0f"})


def tabulate_parts() -> str:
    """Return what a network with batch normalization learns of batches that are whole, and of some in parts."""
    table = pandas.read_csv(PARTS / "sweeps/parts/sweep.csv")
    memory = pandas.read_csv(PARTS / "costs/costs.csv").set_index("model")["peak_memory_mib"]
    shown = table[["model", "train_loss", "val_loss", "correct", "images", "accuracy", "low", "high", "p_corrected"]]
    shown = shown.assign(**{"peak memory (MiB)": table["model"].map(memory)})
    names = {"train_loss": "training loss", "val_loss": "validation loss", "low": "95 % from", "high": "to"}
    share = dict.fromkeys(("accuracy", "95 % from", "to"), ".1%")
    loss = dict.fromkeys(("training loss", "validation loss"), ".3f")
    shown = shown.rename(columns={**names, "p_corrected": "corrected p"})
    return markdown(shown, {**share, **loss, "corrected p": ".1g", "peak memory (MiB)": ",.0f"})


def tabulate_recipe() -> str:
    """Return what a recipe for training loses without each of its ingredients."""
    table = pandas.read_csv(RECIPE / "sweeps/recipe/sweep.csv")
    shown = table[["model", "val_accuracy", "correct", "images", "accuracy", "low", "high", "accuracy_change"]]
    shown = shown.assign(corrected=table["p_corrected"], model=table["model"].str.removeprefix("recipe-"))
    names = {"val_accuracy": "on validation images", "low": "95 % from", "high": "to", "accuracy_change": "change"}
    share = dict.fromkeys(("on validation images", "accuracy", "95 % from", "to"), ".1%")
    shown = shown.rename(columns={**names, "corrected": "corrected p"})
    return markdown(shown, {**share, "change": "+.1%", "corrected p": ".1g"})


def tabulate_csv(name: str) -> str:
    """Return a table of benchmarks/ as it was written."""
    return markdown(pandas.read_csv(ROOT / "benchmarks" / f"{name}.csv", dtype=str, keep_default_na=False))


def tabulate_studies() -> str:
    """Return the test accuracies that the documents give, beside ours."""
    table = pandas.read_csv(ROOT / "benchmarks/studies.csv", dtype=str, keep_default_na=False)
    shown = table[table["quantity"] == "test accuracy"].drop(columns="quantity")
    named = {"document": "test accuracy in the document", "public": "in public work", "parameters": "its parameters"}
    return markdown(shown.rename(columns=named))


def tabulate_quantities() -> str:
    """Return every figure of the documents, or of public work where they give none, beside ours."""
    table = pandas.read_csv(ROOT / "benchmarks/studies.csv", dtype=str, keep_default_na=False)
    return markdown(table.rename(columns={"public": "public work"}))


def tabulate_memory() -> str:
    """Return the highest memory that any training of each study took."""
    rows = []
    for file in sorted(SUBSETS.glob("*/costs/costs.csv")):
        table = pandas.read_csv(file)
        highest = table.loc[table["peak_memory_mib"].idxmax()]
        rows.append({"study": file.parts[-3], "peak memory (MiB)": highest["peak_memory_mib"], "of": highest["model"]})
    return markdown(pandas.DataFrame(rows), {"peak memory (MiB)": ",.0f"})


def tabulate_scaling() -> str:
    """Return the workflow's own cost, a column for each number of models."""
    table = pandas.read_csv(ROOT / "benchmarks/scaling.csv", dtype=str, keep_default_na=False)
    own = table[table["section"] != "peers"].assign(models=lambda rows: rows["models"].astype(int))
    wide = own.pivot(index=["what", "unit"], columns="models", values="value").reindex(
        pandas.MultiIndex.from_frame(own[["what", "unit"]].drop_duplicates())
    )
    return markdown(
        wide.fillna("").reset_index().rename(columns=lambda name: f"{name} models" if isinstance(name, int) else name)
    )


def tabulate_peers() -> str:
    """Return the times of other tools for the same commands, a row for each tool."""
    table = pandas.read_csv(ROOT / "benchmarks/scaling.csv", dtype=str, keep_default_na=False)
    others = table[table["section"] == "peers"]
    wide = others.pivot(index="tool", columns="what", values="value").reindex(others["tool"].drop_duplicates())
    said = others.groupby("tool", sort=False)["said"].first()
    order = list(others["what"].drop_duplicates())
    return markdown(wide[order].fillna("").assign(said=said).reset_index())


def read_many_images(section: str) -> pandas.DataFrame:
    """Return the rows of a section of what images cost in large data sets."""
    table = pandas.read_csv(ROOT / "benchmarks/many_images.csv", keep_default_na=False)
    return table[table["section"] == section].copy()


def tabulate_slopes() -> str:
    """Return what an image costs in each stage, and the stage's memory, a pair of columns for each number of images.

    The last column is the memory that an image takes: the difference of the peaks at the two largest numbers of images,
    by the difference of these.
    """
    table = read_many_images("slope")
    rows: dict[str, dict[str, object]] = {}
    for (what, images), row in table.set_index(["what", "images"]).iterrows():
        cells = {f"ms an image, of {images:,}": row["ms an image"], f"peak MiB, of {images:,}": row["peak MiB"]}
        rows.setdefault(what, {"stage": what}).update(cells)
    peaks = table.astype({"peak MiB": float}).pivot(index="what", columns="images", values="peak MiB")
    few, many = peaks.columns[-2:]
    for what, more in ((peaks[many] - peaks[few]) * 2**20 / 1000 / (many - few)).items():
        rows[str(what)]["kB an image more"] = f"{more:.2f}"
    return markdown(pandas.DataFrame(rows.values()))


def tabulate_loop() -> str:
    """Return the race of preparing against a plain loop: the median of its turns."""
    table = read_many_images("loop")
    table[["seconds", "peak MiB"]] = table[["seconds", "peak MiB"]].astype(float)
    fastest = table.groupby(["tool", "processors", "images"])[["seconds", "peak MiB"]].median().reset_index()
    loops = fastest[(fastest["tool"] != "Darkroom") & (fastest["processors"] == "1")]
    alone = fastest["images"].map(loops.set_index("images")["seconds"])
    shown = fastest.assign(**{"times the loop on one": (alone / fastest["seconds"]).round(2)})
    return markdown(shown, {"seconds": ".2f", "peak MiB": ",.0f"})


def tabulate_more() -> str:
    """Return what ten more images make of a large view in shards: runs, and the commands that they executed."""
    table = read_many_images("more")
    rows = []
    for what, images, seconds in table[["what", "images", "seconds"]].itertuples(index=False):
        run, _, stage = what.partition(": ")
        rows.append(
            {"run": run, "of images": images, "stage": stage.partition("@")[0] or "the whole run", "s": seconds}
        )
    groups = pandas.DataFrame(rows).groupby(["run", "of images", "stage"], sort=False)["s"]
    return markdown(groups.agg(["count", "sum"]).round(1).reset_index().rename(columns={"count": "jobs", "sum": "s"}))


def tabulate_sizes() -> str:
    """Return the sizes of what a study is read in, and where they were measured, the seconds of its page."""
    table = pandas.read_csv(ROOT / "benchmarks/page_sizes.csv")
    return markdown(table, {"kB": ",.0f"})


def tabulate_campaign() -> str:
    """Return what came of every fault that was injected."""
    table = read_campaign().drop(columns=["seconds", "date", "commit"])
    return markdown(table)


def tabulate_kinds() -> str:
    """Return how many faults of each kind were tried, and what came of them, and when that was."""
    table = read_campaign()
    rows = []
    for kind, some in [*table.groupby("kind", sort=False), ("all", table)]:
        row = {"kind": kind, "faults": len(some)}
        row |= {outcome: int((some["outcome"] == outcome).sum()) for outcome in ("whole", "stale", "lost", "stuck")}
        row["tracebacks"] = int((some["traceback"] != "no").sum())
        row["dvc status not quiet"] = int((some["dvc status"] != "quiet").sum())
        row["second run not idle"] = int((some["second run"] != "nothing").sum())
        rows.append(row | {name: ", ".join(sorted(set(some[name]))) for name in ("date", "commit")})
    return markdown(pandas.DataFrame(rows))


def read_campaign() -> pandas.DataFrame:
    """Return the table of faults as it was written."""
    return pandas.read_csv(ROOT / "benchmarks/campaign.csv", dtype=str, keep_default_na=False)


TABLES: dict[str, Callable[[], str]] = {
    "models": tabulate_models,
    "best": tabulate_best,
    "parts": tabulate_parts,
    "recipe": tabulate_recipe,
    "studies": tabulate_studies,
    "quantities": tabulate_quantities,
    "memory": tabulate_memory,
    "lineage": partial(tabulate_csv, "lineage"),
    "race": partial(tabulate_csv, "results"),
    "trainings": partial(tabulate_csv, "training_memory"),
    "pretrained": partial(tabulate_csv, "pretrained"),
    "scaling": tabulate_scaling,
    "peers": tabulate_peers,
    "faults": partial(tabulate_csv, "faults"),
    "campaign": tabulate_campaign,
    "kinds": tabulate_kinds,
    "stages": partial(tabulate_csv, "stages"),
    "slopes": tabulate_slopes,
    "loop": tabulate_loop,
    "more": tabulate_more,
    "sizes": tabulate_sizes,
    "large": partial(tabulate_csv, "large_images"),
}


def update_tables(text: str) -> str:
    """Return ``text`` with every table made anew."""
    return BLOCK.sub(lambda match: match[1] + TABLES[match["name"]]() + "\n" + match[3], text)


if __name__ == "__main__":
    for page in PAGES:
        write_text(page, update_tables(page.read_text(encoding="utf-8")))
