"""Compare: the models of a study side by side.

Reads the evaluations of the training runs it is given, the census' warnings.csv, and studies.<key> and datasets.<key>
of params.yaml. Writes a folder with models.csv, replicates.csv, pairs.csv, classes.csv, means.csv, finetuning.csv
and departures.csv (without rows, where no model is a fine-tune, or differs from its document), comparison.md,
accuracy.png, curves.png and classes.png. Only the training runs named enter, whatever else lies there.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas

from darkroom.comparison.figures import draw_figures
from darkroom.comparison.page import compose_page
from darkroom.comparison.tables import compare_models
from darkroom.core.files import replace_folder, write_table, write_text
from darkroom.core.progress import note as say
from darkroom.evaluation import evaluations
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.pipeline import command
from darkroom.reporting import figures


def main(argv: Sequence[str] | None = None) -> None:
    """Compare the models of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--models", nargs="+", help="its training runs, in the order to show them")
    parser.add_argument("--evaluations", type=Path, help="folder with an evaluation per training run")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--warnings", type=Path, help="the census' warnings on that dataset")
    parser.add_argument("--out", type=Path, help="folder to write the comparison to")
    arguments = command.parse(parser, "compare", argv)
    study, dataset = read_entry(Study, "studies", arguments.key), read_entry(Dataset, "datasets", arguments.dataset)
    evaluated = {key: evaluations.open_evaluation(arguments.evaluations, key) for key in arguments.models}
    firsts = evaluations.first_replicates(evaluated)
    tables = compare_models(arguments.key, evaluated, firsts, study)
    note = evaluations.qualification(firsts.values(), dataset)
    with replace_folder(arguments.out) as folder:
        for name, table in vars(tables).items():
            write_table(folder / f"{name}.csv", table)
        page = compose_page(tables, firsts, arguments.key, study, dataset, read_warnings(arguments.warnings))
        write_text(folder / "comparison.md", page)
        for name, figure in draw_figures(tables, firsts, study.confidence, dataset.title).items():
            figures.save(figure, folder / f"{name}.png", note)
    say(f"compare {arguments.key}", f"{len(tables.models)} models, {len(tables.replicates)} training runs")


def read_warnings(file: Path) -> list[str]:
    """Return what the census warns of, in sentences."""
    return list(pandas.read_csv(file, dtype=str, keep_default_na=False)["what"])


if __name__ == "__main__":
    command.run(main)
