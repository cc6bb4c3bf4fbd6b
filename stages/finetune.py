"""Train a model on, whole or in part, on the same images, perhaps at another size.

Reads a prepared view and the folder of the base, a trained model or another fine-tune, which stays as it is; writes
what stages/train.py writes. The images that validated the base validate again. What the layers that stay frozen give
is computed once for all epochs.
"""

import argparse
from collections.abc import Sequence

from darkroom.core import kernels, runtime
from darkroom.core.provenance import NOTES, OF_IMAGES
from darkroom.images.prepared.shards import open_view
from darkroom.networks.copies import resize_input
from darkroom.networks.network_file import check_fit, load_network
from darkroom.networks.recomputation import recompute_large_maps
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime
from darkroom.params.transfer import FineTune
from darkroom.pipeline import command
from darkroom.training import outcome
from darkroom.transfer_learning import backbone, frozen
from darkroom.transfer_learning.base import INHERITED, INHERITED_FOLD, read_summary, select_inherited, split_base_rows


def main(argv: Sequence[str] | None = None) -> None:
    """Fine-tune as the command line says."""
    folders = {
        "view": "folder of the view that the base was trained on, or of another one of the same images",
        "base": "folder of the model to start from",
        "out": "folder of the trained model",
    }
    command.run_training("finetune", "finetunes.{}".format, __doc__, folders, finetune, argv)


def finetune(options: argparse.Namespace) -> None:
    """Fine-tune and write the model that ``options`` describe."""
    settings, chosen = read_entry(Runtime, "runtime"), read_entry(FineTune, "finetunes", options.model)
    training = chosen.training
    seed = runtime.start(settings, training.precision, options.replicate.number)
    view, whole, base = open_view(options.view), load_network(options.base), read_summary(options.base)
    if chosen.view is not None:
        whole = resize_input(whole, view.shape)
    check_fit(whole, view, options.base)
    whole = backbone.set_precision(whole, training.precision)
    backbone.unfreeze(backbone.find_unfrozen(whole), chosen.unfreeze)
    if backbone.find_backbone(whole) is None:
        kernels.fuse_batch_normalization(whole)
        kernels.avoid_faulty_gradients(whole)
        recompute_large_maps(whole)
    rows = split_base_rows(base, view, options.base)
    facts = {"model": options.model, "replicate": options.replicate.number, "seed": seed, "base": base["model"]}
    facts |= {name: base[name] for name in (*INHERITED, *INHERITED_FOLD) if name in base}
    facts[OF_IMAGES] = NOTES[options.images_are]
    used = {name: value for name, value in outcome.list_hyperparameters(chosen, seed).items() if name != "view"}
    facts["hyperparameters"] = select_inherited(base["hyperparameters"]) | used
    if chosen.view is not None:
        facts["hyperparameters"]["view"] = chosen.view
    frozen.train(whole, view, rows, training, settings, facts, options.out, f"finetune {options.key}")


if __name__ == "__main__":
    command.run(main)
