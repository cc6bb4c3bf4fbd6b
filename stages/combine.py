"""Combine trained models to one whose probabilities are the mean of theirs, perhaps over mirror images, too.

Reads the folders of the members and their view, and ensembles.<key> and runtime of params.yaml. Writes what
stages/train.py writes, but no history.csv: what has no training of its own has no curve. Images that no member was
trained on validate.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from darkroom.core import facts, runtime
from darkroom.core.filenames import LAYERS, NETWORK, SUMMARY
from darkroom.core.files import write_json, write_table
from darkroom.core.progress import note
from darkroom.core.provenance import OF_IMAGES, describe_record
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.networks import ensemble, layer_table, network_file
from darkroom.networks.members import divide_images, read_member, summarize_members
from darkroom.params.base import read_entry
from darkroom.params.ensemble import Ensemble
from darkroom.params.model import Runtime
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Combine the members of one ensemble.

    Raises:
        UserError: a member is missing, or is of another view.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="an ensemble of params.yaml")
    parser.add_argument("--members", nargs="+", help="its training runs")
    parser.add_argument("--models", type=Path, help="folder with a folder per training run")
    parser.add_argument("--view", type=Path, help="folder of the view that all were trained on")
    parser.add_argument("--out", type=Path, help="folder of the ensemble")
    given = command.parse(parser, "combine", argv)
    wish = read_entry(Ensemble, "ensembles", given.key)
    runtime.start(read_entry(Runtime, "runtime"))
    view = open_view(given.view)
    folders = {key: given.models / key for key in given.members}
    networks = {key: network_file.load_network(folder) for key, folder in folders.items()}
    for key, folder in folders.items():
        network_file.check_fit(networks[key], view, folder)
    summaries = {key: read_member(folder) for key, folder in folders.items()}
    combined = ensemble.combine(networks, wish.flips is not None)
    layers = layer_table.tabulate_layers(combined)
    train, validation = divide_images(summaries, view, given.models)
    about: dict[str, Any] = summarize_members(given.key, wish, summaries)
    about |= {"train_images": len(train), "validation_images": len(validation)}
    about |= ensemble.score(combined, view, validation) if len(validation) else {}
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / SUMMARY).unlink(missing_ok=True)  # written last: a folder without it is no whole model
    network_file.save(combined, given.out / NETWORK)
    write_table(given.out / LAYERS, layers)
    write_json(given.out / DESCRIPTION, view.preparation)
    write_json(given.out / SUMMARY, {**about, **layer_table.count_parameters(layers)})
    facts.tell(describe_record(about[OF_IMAGES]))
    note(f"combine {given.key}", f"{len(networks)} training runs, {len(train):,} training images")


if __name__ == "__main__":
    command.run(main)
