"""Ensembles in params.yaml: what their members must have in common, and what the plan makes of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from darkroom.params.document import load
from darkroom.pipeline import artifacts, planning
from tests.support.refusals import one_line

MODELS = ["cnn", "cnn-bn", "efficientnetlite0", "efficientnetlite0-finetuned"]
Project = Callable[..., Path]


def with_ensemble(members: list[str], models: list[str] | None = None, **entry: Any) -> dict[str, Any]:
    """Edits of params.yaml: the ensemble ``both`` in a study that lists it behind ``models``."""
    return {
        "ensembles.both": {"members": members, **entry},
        "studies.intel.models": [*(models or MODELS), "both"],
        "explanations": {},
    }


def test_every_replicate_of_a_member_counts(project: Project) -> None:
    project({**with_ensemble(["cnn", "cnn-bn"]), "models.cnn.replicates": 2, "models.cnn-bn.replicates": 1})
    planned = planning.make_plan(load())
    both = planned["combinations"]["both"]
    assert both["members"] == "cnn cnn-replicate-2 cnn-bn" and both["view"] == "intel-150"
    assert both["at"] == {"members": "ensembles.both.members", "flips": "defaults.ensembles.flips"}
    evaluation = planned["evaluations"]["both"]
    assert (evaluation["home"], evaluation["curves"], evaluation["study"]) == ("ensembles", "view.json", "intel")
    assert planned["evaluations"]["cnn"]["home"] == "intel"
    comparison = planned["comparisons"]["intel"]
    assert comparison["models"].split()[-1] == "both" and "both" not in comparison["trained"]
    assert comparison["combined"] == "both=cnn,cnn-replicate-2,cnn-bn"


def test_folds_and_fine_tunes_may_be_members(project: Project) -> None:
    edits = {"models.efficientnetlite0.replicates": {"folds": 5}}
    project({**with_ensemble(["efficientnetlite0-finetuned"], MODELS[2:]), **edits})
    members = planning.make_plan(load())["combinations"]["both"]["members"].split()
    assert members == [f"efficientnetlite0-finetuned{end}" for end in ("", *(f"-replicate-{n}" for n in range(2, 6)))]


def test_a_registry_is_told_what_an_ensemble_is(project: Project, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(with_ensemble(["cnn", "cnn-bn"], flips="horizontal"))
    (folder / "dvc.yaml").write_bytes((root / "dvc.yaml").read_bytes())
    parameters = load()
    one = artifacts.list_artifacts(parameters, planning.make_plan(parameters))["both"]
    assert one["path"] == "ensembles/both/model.keras" and "stage:combine" in one["labels"]
    assert one["desc"].startswith("Mean of the probabilities of cnn, cnn-bn, each on an image and its mirror image,")


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        (with_ensemble([]), "ensembles.both.members: []: list should have at least 1 item"),
        (with_ensemble(["cnn", "cnn"]), "ensembles.both.members: ['cnn', 'cnn']: names cnn twice; name it once"),
        (with_ensemble(["cnn", "dnn"]), "ensembles.both.members: 'dnn': no such entry; allowed: cnn, cnn-bn"),
        (with_ensemble(["both"]), "ensembles.both.members: 'both': is an ensemble itself; name its members"),
        (
            with_ensemble(["cnn"]),
            "ensembles.both.members: cnn: is one training run alone; name another model, or",
        ),
        (
            with_ensemble(["cnn", "efficientnetlite0"]),
            "ensembles.both.members: cnn, efficientnetlite0: are of the views intel-150, intel-180; name members of",
        ),
        (
            with_ensemble(["cnn", "cnn-bn"], ["cnn"]),
            "studies.intel.models: 'both': is an ensemble with 'cnn-bn', which this study must list too",
        ),
        (
            with_ensemble(["cnn", "cnn-bn"], flips="vertical"),
            "ensembles.both.flips: 'vertical': input should be 'horizo",
        ),
        (
            with_ensemble(["cnn", "cnn-bn"], folds=2),
            "ensembles.both.folds: unknown key; did you mean 'flips'? Allowed here: base, members",
        ),
        ({"ensembles.cnn": {"members": ["cnn", "cnn-bn"]}}, "ensembles.cnn: a model has this name; choose another"),
        (
            {**with_ensemble(["cnn", "cnn-bn"]), "studies.intel.doubts": "both"},
            "studies.intel.doubts: both: an ensemble, which has no features; name one of its members: cnn, cnn-bn",
        ),
        (
            {**with_ensemble(["cnn", "cnn-bn"]), "explanations": {"both": {"layers": [1], "classes": []}}},
            "explanations.both: an ensemble, which has no layers of its own; name one of its members: cnn, cnn-bn",
        ),
    ],
)
def test_what_is_no_ensemble(project: Project, edits: dict[str, Any], line: str) -> None:
    project(edits)
    one_line(load, line)
