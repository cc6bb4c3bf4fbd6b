"""What the documents of the studies report, beside what this code gave: writes benchmarks/studies.csv.

    python -m benchmarks.studies --from <checkout> [--from <another>]

Reads documents.csv (study, model, the model that stands for it where its weights are not to be had, the quantity, the
document's figure, or where it gives none that of public work on these images), and of each checkout its params.yaml,
comparisons (they say in what the model's settings differ from the document's) and censuses. Rows of a study that was
run in none of them stay as they were; of one that was, a figure whose model it lacks is empty.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas

from darkroom.census.counts import splits_of
from darkroom.core.files import write_table
from darkroom.core.provenance import note_on_images
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE
from darkroom.pipeline.template import read_documents

DOCUMENTS, OUT = Path(__file__).parent / "documents.csv", Path(__file__).parent / "studies.csv"
COLUMNS = ["study", "model", "quantity", "document", "public", "ours", "over seeds", "run in its place"]
COLUMNS += ["parameters", "images", "differs in"]
ACCURACY_OF = "accuracy of "


@dataclass(frozen=True)
class Run:
    """A study that was made in a checkout: its tables by model, and the images that it was made of, in words."""

    models: pandas.DataFrame
    means: pandas.DataFrame
    classes: pandas.DataFrame
    departures: pandas.DataFrame
    images: str

    def list_departures(self, model: str) -> str:
        """Return the settings in which a model differs from its document, each with the document's value and its own.

        How many images there are is said elsewhere.
        """
        found = self.departures[self.departures["model"] == model]
        others = found[~found["setting"].str.startswith("images.")]
        rows = others[["setting", "document", "here"]].itertuples(index=False)
        return "; ".join(f"{setting} {document} → {here}" for setting, document, here in rows)

    def average(self, model: str, quantity: str) -> str:
        """Return mean and deviation of a model's test accuracy over its seeds; nothing of other quantities, or of one.

        Percent, and points of it.
        """
        row = self.models.loc[model]
        if quantity != "test accuracy" or row["replicates"] == 1:
            return ""
        mean, deviation = float(row["mean_accuracy"]), float(row["sd_accuracy"])
        return f"{mean:.1%} ± {100 * deviation:.1f} ({row['replicates']})"

    def figure(self, model: str, quantity: str) -> str:
        """Return a model's figure as text; nothing, where the study has none such."""
        if quantity == "test accuracy":
            row = self.models.loc[model]
            return f"{row['accuracy']:.1%} ({row['low']:.1%} to {row['high']:.1%})"
        if quantity == "training accuracy":
            return f"{self.models.loc[model, 'train_accuracy']:.1%}"
        if quantity.startswith(ACCURACY_OF):
            found = self.classes[self.classes["class"] == quantity.removeprefix(ACCURACY_OF)]
            return "".join(f"{share:.1%}" for share in found[found["model"] == model]["accuracy"])
        column = "mean" if quantity == "mean over classes" else quantity
        return f"{self.means.loc[model, column]:.1%}" if column in self.means else ""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="checkouts", type=Path, action="append", required=True, help="where studies ran")
    parser.add_argument("--out", type=Path, default=OUT, help="table to write")
    given = parser.parse_args(argv)
    runs = {study: run for checkout in given.checkouts for study, run in made(checkout)}
    reported = pandas.read_csv(DOCUMENTS, dtype=str, keep_default_na=False)
    made_now = table(reported, runs)
    if given.out.exists():
        before = pandas.read_csv(given.out, dtype=str, keep_default_na=False).reindex(columns=COLUMNS, fill_value="")
        kept = before[~before["study"].isin(list(runs))]
        made_now = pandas.concat([kept, made_now[~made_now["study"].isin(kept["study"])]])
        order = {study: number for number, study in enumerate(dict.fromkeys(reported["study"]))}
        made_now = made_now.sort_values("study", key=lambda column: column.map(order), kind="stable")
    write_table(given.out, made_now)


def made(checkout: Path) -> Iterator[tuple[str, Run]]:
    """Yield each study of a checkout that has a comparison, with what it gave."""
    values = read_documents(checkout)[1]
    for study, planned in values["comparisons"].items():
        folder = checkout / "results" / study / "comparison"
        if not (folder / "models.csv").is_file():
            continue
        tables = {name: read(folder / f"{name}.csv") for name in ("models", "means")}
        by_model = {name: content.set_index("model") for name, content in tables.items()}
        dataset = read_entry(Dataset, "datasets", planned["dataset"], file=checkout / FILE)
        counted = read(checkout / "results/census" / planned["dataset"] / "classes.csv")
        single = {name: read(folder / f"{name}.csv") for name in ("classes", "departures")}
        yield study, Run(**by_model, **single, images=images(counted, dataset))


def read(file: Path) -> pandas.DataFrame:
    """Return a table in which a class may be called NA or 007."""
    return pandas.read_csv(file, dtype={"class": str}, keep_default_na=False, na_values={"val_accuracy": [""]})


def images(counted: pandas.DataFrame, dataset: Dataset) -> str:
    """Return how many images each split has, and whether they are made up."""
    each = ", ".join(f"{counted[split].sum():,} {split}" for split in splits_of(counted))
    return f"{each}{f' ({note_on_images(dataset.source)})' if note_on_images(dataset.source) else ''}"


def table(reported: pandas.DataFrame, runs: Mapping[str, Run]) -> pandas.DataFrame:
    """Return each of the reported figures beside ours, that of the model itself before that of its stand-in."""
    rows = []
    for row in reported.to_dict("records"):
        run = runs.get(row["study"])
        known = [name for name in (row["model"], row["stand_in"]) if run is not None and name in run.models.index]
        ours: dict[str, Any] = {}
        if run is not None and known:
            ours = {"ours": run.figure(known[0], row["quantity"]), "images": run.images}
            ours |= {"over seeds": run.average(known[0], row["quantity"])}
            ours |= {"parameters": f"{run.models.loc[known[0], 'parameters']:,}"}
            ours |= {"run in its place": known[0] if known[0] != row["model"] else ""}
            ours |= {"differs in": run.list_departures(known[0])}
        rows.append({name: row.get(name, "") for name in COLUMNS} | ours)
    return pandas.DataFrame(rows, columns=COLUMNS)


if __name__ == "__main__":
    main()
