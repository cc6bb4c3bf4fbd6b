"""References between the sections of params.yaml: every name that one gives must be an entry of another."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from darkroom.core.errors import UserError
from darkroom.params.data import Dataset
from darkroom.params.ensemble import check_ensembles, refuse_ensemble
from darkroom.params.folds import check_folds
from darkroom.params.model import Model, Study
from darkroom.params.replicates import Folds
from darkroom.params.sweeps import list_variants
from darkroom.params.training import Fit, ValidationSplit
from darkroom.params.transfer import TransferModel
from darkroom.params.yaml_files import FILE

if TYPE_CHECKING:  # it imports this module
    from darkroom.params.document import Parameters

SAME = ("dataset", "mode", "corrupt", "duplicates", "class_order")
"""Keys of a view that decide which images it has, with which channels and labels."""
RESERVED = {
    "doubts",
    "all",
    "fetch",
    "unzip",
    "augment",
    "census",
    "prepare",
    "divide",
    "shard",
    "pretrained",
    "train",
    "transfer",
    "finetune",
    "combine",
    "describe",
    "ensembles",
    "evaluate",
    "explain",
    "compare",
    "sweep",
    "worksheet",
    "page",
    "costs",
    "timings",
    "records",
}
"""Names of rules, and of the folders beside the studies' models and results; no study may have one."""


def check(parameters: "Parameters") -> None:
    """Check every name that a section gives of another's entry, and what models need of their data.

    Raises:
        UserError: one line that names the key, its value and what is allowed.
    """
    _check_data(parameters)
    _check_sweeps(parameters)
    sections: dict[str, Mapping[str, object]] = {
        "models": parameters.trained,
        "finetunes": parameters.finetunes,
        "ensembles": parameters.ensembles,
    }
    for section, keys in sections.items():
        for key in keys:
            if re.search(r"-replicate-\d+$", key):
                raise UserError(
                    f"{FILE}: {section}.{key}: names that end in -replicate-<n> are those of replicates; choose another"
                )
    for key, model in parameters.trained.items():
        _check_model(parameters, key, model)
    _check_fine_tunes(parameters)
    check_ensembles(parameters)
    _check_studies(parameters)
    for key in parameters.explanations:
        refuse_ensemble(parameters, f"explanations.{key}", key, "which has no layers of its own")
        _check_named("explanations", key, {**parameters.trained, **parameters.finetunes})


def _check_data(parameters: "Parameters") -> None:
    for key, augmented in parameters.augmented.items():
        if key in parameters.datasets:
            raise UserError(f"{FILE}: augmented.{key}: a dataset has this name; choose another")
        _check_named(f"augmented.{key}.dataset", augmented.dataset, parameters.datasets)
    for key, view in parameters.views.items():
        _check_named(f"views.{key}.dataset", view.dataset, {**parameters.datasets, **parameters.augmented})


def _check_sweeps(parameters: "Parameters") -> None:
    taken = {**parameters.models, **parameters.finetunes}
    for key, content in parameters.sweeps.items():
        _check_named(f"sweeps.{key}.of", content.of, parameters.models)
    for name, sweep, variant in list_variants(parameters.sweeps):
        if name in taken:
            raise UserError(
                f"{FILE}: sweeps.{sweep}.variants.{variant}: it would be trained as {name}, which is taken; rename it"
            )
        taken[name] = parameters.models[parameters.sweeps[sweep].of]


def _check_model(parameters: "Parameters", key: str, model: Model | TransferModel) -> None:
    where = f"models.{key}"
    if key in parameters.variants:
        where = "sweeps.{}.variants.{}".format(*parameters.variants[key])
    _check_named(f"{where}.view", model.view, parameters.views)
    if isinstance(model, TransferModel):
        _check_named(f"{where}.network.backbone", model.network.backbone, parameters.backbones)
    own = _validates(_dataset(parameters, model))
    if isinstance(model.replicates, Folds):
        check_folds(where, model.training.validation_split, model.replicates, own)
    fraction = model.training.validation_split
    shown = fraction.fraction if isinstance(fraction, ValidationSplit) else fraction
    if fraction is not None and own:
        raise UserError(
            f"{FILE}: {where}.training.validation_split: {shown}: the dataset has validation images of its own; "
            "write null"
        )
    if fraction is not None and parameters.views[model.view].dataset in parameters.augmented:
        raise UserError(
            f"{FILE}: {where}.training.validation_split: {shown}: variants of one image would train and validate; "
            "write null, and let the dataset's draw or splits set validation images apart"
        )
    if fraction is None and not own:
        _check_monitors(where, model.training)


def _dataset(parameters: "Parameters", model: Model | TransferModel) -> Dataset:
    return parameters.datasets[parameters.dataset_of(model.view)]


def _validates(dataset: Dataset) -> bool:
    """Return whether a dataset has validation images of its own."""
    return bool(dataset.splits.validation or (dataset.draw and dataset.draw.validation))


def _check_monitors(where: str, fit: Fit) -> None:
    for callback in fit.callbacks:
        watched = getattr(callback, "monitor", "")
        if watched.startswith("val_"):
            raise UserError(
                f"{FILE}: {where}.training.callbacks: {callback.name} monitors {watched}, but nothing "
                "validates; give validation_split, or let it monitor loss or accuracy"
            )


def _check_fine_tunes(parameters: "Parameters") -> None:
    for key, fine_tune in parameters.finetunes.items():
        if key in parameters.models:
            raise UserError(f"{FILE}: finetunes.{key}: a model has this name; choose another")
        base_model = parameters.models[parameters.origin(key)]
        if base_model.training.validation_split is None and not _validates(_dataset(parameters, base_model)):
            _check_monitors(f"finetunes.{key}", fine_tune.training)
        if fine_tune.view is not None:
            _check_view(parameters, key, fine_tune.view)


def _check_view(parameters: "Parameters", key: str, name: str) -> None:
    """Check that a fine-tune's view shows the images of its base's, in a size that the network takes."""
    where = f"{FILE}: finetunes.{key}.view: {name!r}"
    _check_named(f"finetunes.{key}.view", name, parameters.views)
    before = parameters.view_of(parameters.finetunes[key].base)
    _check_named(f"finetunes.{parameters.finetunes[key].base}.view", before, parameters.views)
    old, new = parameters.views[before], parameters.views[name]
    for field in SAME:
        if getattr(old, field) != getattr(new, field):
            raise UserError(
                f"{where}: its {field} is {getattr(new, field)}, that of {before}, which the base has, "
                f"{getattr(old, field)}; a fine-tune sees the same images: name a view that differs in size or looks"
            )
    if old.size != new.size and parameters.models[parameters.origin(key)].network.head.pooling == "flatten":
        raise UserError(
            f"{where}: of {new.size} pixels, but head.pooling: flatten makes the base's network one for {old.size}; "
            "name a view of that size, or a base with pooling: global-average"
        )


def _check_named(where: str, name: str, known: Mapping[str, object]) -> None:
    if name not in known:
        raise UserError(f"{FILE}: {where}: {name!r}: no such entry; allowed: {', '.join(known) or 'none is defined'}")


def _check_studies(parameters: "Parameters") -> None:
    home: dict[str, str] = {}
    described: dict[str, str] = {}
    for key, study in parameters.studies.items():
        if key in RESERVED:
            raise UserError(f"{FILE}: studies.{key}: this name is the workflow's own; choose another")
        for model in study.models:
            known = {**parameters.models, **parameters.finetunes, **parameters.ensembles}
            _check_named(f"studies.{key}.models", model, known)
            base = parameters.finetunes[model].base if model in parameters.finetunes else model
            _check_listed(f"studies.{key}.models: {model!r}: fine-tunes", base, study)
        for sweep in study.sweeps:
            _check_named(f"studies.{key}.sweeps", sweep, parameters.sweeps)
            _check_listed(f"studies.{key}.sweeps: {sweep!r}: varies", parameters.sweeps[sweep].of, study)
        members = parameters.members(key)
        for ensemble in set(study.models) & set(parameters.ensembles):
            for member in parameters.ensembles[ensemble].members:
                _check_member(f"studies.{key}.models: {ensemble!r}: is an ensemble with", member, members)
        for model in members:
            if model in home:
                raise UserError(f"{FILE}: studies.{key}: {model!r}: already in studies.{home[model]}; name it once")
            home[model] = key
        if study.doubts is not None:
            _check_named(f"studies.{key}.doubts", study.doubts, dict.fromkeys(members))
            refuse_ensemble(parameters, f"studies.{key}.doubts: {study.doubts}", study.doubts, "which has no features")
        for model in study.summary_only:
            _check_named(f"studies.{key}.summary_only", model, {**parameters.trained, **parameters.finetunes})
            if model in members:
                raise UserError(f"{FILE}: studies.{key}.summary_only: {model!r}: is trained; name it in one list alone")
            if model in described:
                other = described[model]
                raise UserError(
                    f"{FILE}: studies.{key}.summary_only: {model!r}: already in studies.{other}; name it once"
                )
            described[model] = key
        used = {parameters.dataset_of(parameters.view_of(model)) for model in [*members, *study.summary_only]}
        if len(used) > 1:
            raise UserError(
                f"{FILE}: studies.{key}.models: {study.models}: models of one study are tested on the same images, "
                f"but these use the datasets {', '.join(sorted(used))}"
            )


def _check_listed(where: str, model: str, study: Study) -> None:
    _check_member(where, model, study.models)


def _check_member(where: str, model: str, listed: Sequence[str]) -> None:
    if model not in listed:
        raise UserError(f"{FILE}: {where} {model!r}, which this study must list too")
