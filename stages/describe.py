"""Describe a network that is not trained: its layers and its parameters.

Reads a prepared view, for the size of its images and its classes; writes layers.csv and summary.json into a folder.
Weights are drawn at random and thrown away, so pretrained ones need not be there.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core import runtime
from darkroom.core.backend import keras
from darkroom.core.filenames import LAYERS, SUMMARY
from darkroom.core.files import replace_folder, write_json, write_table
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import View
from darkroom.networks import layer_table, network
from darkroom.params.backbone import Backbone
from darkroom.params.base import read_entry, validate
from darkroom.params.model import Model, Runtime
from darkroom.params.sweeps import find_model
from darkroom.params.transfer import FineTune, TransferModel
from darkroom.pipeline import command
from darkroom.transfer_learning import architectures, backbone


def main(argv: Sequence[str] | None = None) -> None:
    """Describe the network that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a model, variant or fine-tune of params.yaml")
    parser.add_argument("--origin", help="the model whose network it has, itself but of a fine-tune")
    parser.add_argument("--view", type=Path, help="folder of the prepared view")
    parser.add_argument("--out", type=Path, help="folder to write")
    given = command.parse(parser, "describe", argv)
    runtime.start(read_entry(Runtime, "runtime"), "float32", 1)
    whole = build(given.origin, open_view(given.view))
    if given.key != given.origin:
        unfrozen = read_entry(FineTune, "finetunes", given.key).unfreeze
        backbone.unfreeze(backbone.find_unfrozen(whole), unfrozen)
    layers, inside = layer_table.tabulate_layers(whole), backbone.find_backbone(whole)
    about = {"model": given.key, **layer_table.count_parameters(layers)}
    with replace_folder(given.out) as folder:
        write_table(folder / LAYERS, layers)
        write_json(folder / SUMMARY, about if inside is None else {**about, "backbone": backbone.describe(inside)})


def build(name: str, view: View) -> keras.Model:
    """Return a model's network for the images of a view, untrained.

    Raises:
        UserError: it takes no images of this size.
    """
    entry, where, places = find_model(name)
    if "backbone" not in entry["network"]:
        return network.build(validate(Model, entry, where, places).network, view.shape, len(view.classes))
    model = validate(TransferModel, entry, where, places)
    below = read_entry(Backbone, "backbones", model.network.backbone)
    inside = architectures.build(below.architecture, below.alpha, view.shape)
    preprocessing = architectures.make_preprocessing(below.architecture)
    return backbone.build_on_backbone(model.network, inside, preprocessing, len(view.classes))


if __name__ == "__main__":
    command.run(main)
