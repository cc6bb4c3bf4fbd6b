"""Training a network with frozen layers: what they give is computed once, and only what stands behind is fitted."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy

from darkroom.core import scratch
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.progress import Stopwatch, note
from darkroom.images.prepared.views import View
from darkroom.params.document import load
from darkroom.params.model import Runtime
from darkroom.params.transfer import FineTune, FineTuning, TransferTraining
from darkroom.training import callbacks, fitting, outcome
from darkroom.training.identity import Origin
from darkroom.transfer_learning import backbone, features
from darkroom.transfer_learning.prefix import Cut, FlatNetwork

FrozenTraining = TransferTraining | FineTuning


def train(
    whole: keras.Model,
    view: View,
    rows: fitting.Rows,
    training: FrozenTraining,
    settings: Runtime,
    facts: Mapping[str, Any],
    out: Path,
    task: str,
) -> None:
    """Fit the layers of ``whole`` that train, and write the whole network, from pixels to classes, to ``out``."""
    scratch.read_bound()  # a mistake there must not wait until the run is done
    watch = Stopwatch()
    fit, read = divide(whole, view, training, settings, facts["model"], task)
    prepared = watch.seconds
    batches, validation = rows.make_batches(read, view, training, facts["seed"])
    origin = Origin(whole, view, settings, facts)
    inside = backbone.find_backbone(whole)
    about = {**facts, "backbone": backbone.describe(inside)} if inside is not None else facts
    with ExitStack() as until:
        result = fitting.fit_model(
            fit, batches, validation, training, task, callbacks.find_log_folder(out), origin, until
        )
        outcome.write_model(out, whole, view, result, training, rows, about)
    outcome.tell_cost(result, rows, training, facts, prepared)
    scratch.trim()


def divide(
    whole: keras.Model, view: View, training: FrozenTraining, settings: Runtime, name: str, task: str
) -> tuple[keras.Model, Callable[[numpy.ndarray], Any]]:
    """Return the network to fit, which shares the layers of ``whole``, and what reads its inputs of given rows."""
    flat = FlatNetwork(whole)
    cut = explain_uncached(training) or flat.find_cut()
    if isinstance(cut, Cut):
        later = find_fine_tune_cuts(whole, flat, training, name, task)
        kept = {key: one for key, one in later.items() if one.frozen <= cut.frozen}  # the others will have changed
        return flat.behind(cut), features.read_or_compute(flat, cut, kept, view, settings, task)
    if any(layer.weights and not layer.trainable_weights for layer in flat.network.layers):
        note(task, f"the frozen layers are computed in every epoch: {cut}")
    return flat.network, view.read_learning


def explain_uncached(training: FrozenTraining) -> str:
    """Return why what the frozen layers give may not be kept, in a few words; nothing if it may."""
    if not training.cache_frozen:
        return "cache_frozen is false"
    changing = "augmentation" if training.augmentation else "mix" if training.mix else ""
    return f"{changing} gives them other images in each" if changing else ""


def find_fine_tune_cuts(
    whole: keras.Model, flat: FlatNetwork, training: FrozenTraining, name: str, task: str
) -> dict[str, Cut]:
    """Return where the fine-tunes that start from the model ``name`` will cut the network, by their names.

    They are looked up in params.yaml, though no stage declares them: what is computed ahead changes no result.
    """
    network, cuts = backbone.find_unfrozen(whole), {}
    for key, fine_tune in list_fine_tunes(name).items():
        if not explain_uncached(fine_tune.training) and fine_tune.training.precision == training.precision:
            try:
                with backbone.unfreeze_meanwhile(network, fine_tune.unfreeze):
                    cuts[key] = flat.find_cut()
            except UserError as error:  # it stops the fine-tune, not its base
                note(task, f"finetunes.{key}: {error}")
    return {key: cut for key, cut in cuts.items() if isinstance(cut, Cut)}


def list_fine_tunes(name: str) -> dict[str, FineTune]:
    """Return the fine-tunes of the model ``name``, on images of the same view, that a study asks for."""
    parameters = load()
    asked = {model for study in parameters.studies for model in parameters.members(study)}
    return {
        key: value
        for key, value in parameters.finetunes.items()
        if value.base == name and key in asked and parameters.view_of(key) == parameters.view_of(name)
    }
