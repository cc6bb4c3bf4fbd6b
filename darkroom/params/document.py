"""The whole of params.yaml, and what its sections ask of each other."""

from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from darkroom.core.errors import UserError
from darkroom.params import defaults, inheritance, joining, kinds, references, sweeps
from darkroom.params.augmentation import Augmented
from darkroom.params.backbone import Backbone
from darkroom.params.base import Name, Section, validate
from darkroom.params.census import Census
from darkroom.params.data import Dataset
from darkroom.params.ensemble import Ensemble
from darkroom.params.explanation import Explanation
from darkroom.params.joining import Full, Places
from darkroom.params.mistakes import describe_unknown_key, name_others
from darkroom.params.model import Evaluation, Model, Runtime, Study, Sweep
from darkroom.params.transfer import AnyModel, FineTune, TransferModel
from darkroom.params.view import Decoding, View
from darkroom.params.yaml_files import FILE, read


class Parameters(Section):
    """Everything that params.yaml holds."""

    runtime: Runtime
    datasets: dict[Name, Dataset]
    """Sets of images and where they come from."""
    augmented: dict[Name, Augmented]
    """Datasets whose training images get variants, written out as files beside them."""
    decoding: Decoding
    census: Census
    views: dict[Name, View]
    """Ways of bringing a dataset's images to one size and mode."""
    backbones: dict[Name, Backbone]
    """Networks without their last layers, and their weights."""
    models: dict[Name, AnyModel]
    """Networks, what they are trained on, and how."""
    finetunes: dict[Name, FineTune]
    """Trained models, trained on, whole or in part."""
    ensembles: dict[Name, Ensemble]
    """Trained models as one, whose probabilities are the mean of theirs."""
    sweeps: dict[Name, Sweep]
    """Variants of a model, each trained under the name ``<sweep>-<variant>``."""
    evaluation: Evaluation
    explanations: dict[Name, Explanation]
    """Figures to make of a training run, whose name is the key."""
    studies: dict[Name, Study]
    """Models that are compared on the same test images."""
    _document: dict[str, Any] = PrivateAttr(default_factory=dict)
    """The content of params.yaml, entries not in full."""

    @cached_property
    def variants(self) -> dict[str, tuple[str, str]]:
        """The sweep and the variant behind each name of a variant."""
        return {name: (sweep, variant) for name, sweep, variant in sweeps.list_variants(self.sweeps)}

    @cached_property
    def trained(self) -> dict[str, Model | TransferModel]:
        """Every model, and every variant of a sweep with its changes made, by name."""
        found = dict(self.models)
        for name, (sweep, variant) in self.variants.items():
            base, where = self.models[self.sweeps[sweep].of], f"sweeps.{sweep}.variants.{variant}"
            settings = self._change(sweep, variant)
            found[name] = validate(type(base), settings.value, where, settings.places)
        return found

    def complete_entry(self, section: str, key: str) -> Full:
        """Return an entry in full, and where each value stands; ``models`` have the sweeps' variants, too."""
        if section == "models" and key in self.variants:
            return self._change(*self.variants[key])
        return inheritance.complete_entry(self._document, section, key)

    def places(self, section: str, key: str) -> Places:
        """Return where each value that an entry may have stands, as dvc.yaml asks for it."""
        return defaults.spread(self.complete_entry(section, key).places)

    def _change(self, sweep: str, variant: str) -> Full:
        """Return the model that a sweep varies, with the changes of a variant."""
        of, changes = self.sweeps[sweep].of, self.sweeps[sweep].variants[variant]
        model = inheritance.complete_entry(self._document, "models", of)
        return joining.override(self._document, model, changes, f"sweeps.{sweep}.variants.{variant}")

    def origin(self, key: str) -> str:
        """Return the model that the fine-tune ``key`` goes back to, or the ensemble's first; of a model, itself."""
        while key in self.finetunes or key in self.ensembles:
            key = self.finetunes[key].base if key in self.finetunes else self.ensembles[key].members[0]
        return key

    def view_of(self, key: str) -> str:
        """Return the view that a model, fine-tune or ensemble is trained and tested on."""
        while key in self.finetunes or key in self.ensembles:
            if key in self.ensembles:
                key = self.ensembles[key].members[0]
            elif (view := self.finetunes[key].view) is not None:
                return view
            else:
                key = self.finetunes[key].base
        return self.trained[key].view

    def members(self, study: str) -> list[str]:
        """Return the models, fine-tunes, ensembles and variants of a study, in the order to show them."""
        content = self.studies[study]
        swept = {key: self.sweeps[key] for key in content.sweeps}
        return [*content.models, *(name for name, _, _ in sweeps.list_variants(swept))]

    def dataset_of(self, view: str) -> str:
        """Return the dataset that a view shows, itself or with variants of its training images."""
        shown = self.views[view].dataset
        return self.augmented[shown].dataset if shown in self.augmented else shown


def load(file: Path = FILE) -> Parameters:
    """Return params.yaml, validated as a whole.

    Raises:
        UserError: one line that names the key, its value and what is allowed.
    """
    parameters = complete(read(file))
    references.check(parameters)
    return parameters


def complete(document: dict[str, Any]) -> Parameters:
    """Return what params.yaml says with every entry in full; what entries ask of each other is not checked.

    Raises:
        UserError: as :func:`load`.
    """
    if unknown := [key for key in document if key not in (kinds.DEFAULTS, *Parameters.model_fields)]:
        allowed = [kinds.DEFAULTS, *Parameters.model_fields]
        raise UserError(f"{FILE}{describe_unknown_key(str(unknown[0]), allowed)}{name_others('unknown', unknown[1:])}")
    if missing := [key for key in Parameters.model_fields if key not in document]:
        asked = "every section must be given, {} where it has no entry"
        raise UserError(f"{FILE}: {missing[0]}: missing; {asked}{name_others('missing', missing[1:])}")
    kinds.check_entries(document)
    defaults.check(document)
    whole = inheritance.expand(document)
    parameters = validate(Parameters, whole.value, "", whole.places)
    parameters._document = document
    return parameters
