"""All studies of params.yaml, made small: from drawn archives in the real ones' formats to their worksheets."""

import re
from collections import Counter
from contextlib import AbstractContextManager, chdir, nullcontext
from pathlib import Path
from typing import Any

import pandas
import pytest

from benchmarks.project import ROOT, copied, edit, parameters, run
from darkroom.pages.handout import read_handout
from darkroom.pipeline import template
from darkroom.worksheet.words import WORDS
from stages import worksheet
from tests.support import in_process
from tests.support.cited_numbers import find_uncited, list_numbers, read_answers
from tests.support.course_questions import list_ids
from tests.support.drawing import without_drawing
from tests.support.english_words import find_english
from tests.support.pages import list_shapes, split_questions
from tests.support.small_study import SMALL

pytestmark = pytest.mark.slow

DOCUMENTED = ["intel", "cifar10", "waste", "cats-dogs", "mnist"]
"""Studies that follow a course document."""
SIZES = {"intel-150": 32, "intel-256": 96, "intel-180": 32, "waste-320": 32, "cats-dogs-64": 16}
SIZES |= {"cats-dogs-64-variants": 16, "cats-dogs-150": 32, "cats-dogs-150-grey": 32, "intel-64": 32, "intel-96": 48}
KEPT = {"cifar10-batch": ["16"], "cifar10-optimizer": ["momentum"], "cifar10-remedy": ["l2"]}
KEPT |= {"cats-dogs-remedy": ["augmentation"], "cats-dogs-rate": ["low"], "cats-dogs-batch": ["8"]}
KEPT |= {"mnist-rate": ["halved"], "cats-dogs-change": ["vertical-flip"]}
LEFT_OUT = {
    "cnn",
    "cnn-bn",
    "cnn-bn-256-flatten",
    "efficientnetlite0",
    "efficientnetlite0-finetuned",
}  # see small_study
LEFT_OUT |= {f"waste-efficientnetlite0-finetuned-{part}" for part in ("two-thirds", "all")}
LEFT_OUT |= {"cats-dogs-1block", "mnist-lecture", "mnist-dense"}
LEFT_OUT |= {"residual-96-flips", "lite2-224", "lite2-224-finetuned", "lite2-224-flips"}  # see test_ensembles


def small_configuration(document: dict[str, Any]) -> dict[str, Any]:
    """What params.yaml becomes: the same studies on fewer and smaller images, mostly for an epoch."""
    changes: dict[str, Any] = {f"views.{view}.size": size for view, size in SIZES.items()}
    for section in ("models", "finetunes"):
        for key, entry in document[section].items():
            kept = [one for one in entry["training"]["callbacks"] if one["name"] != "BackupAndRestore"]
            changes |= {f"{section}.{key}.training.epochs": 1, f"{section}.{key}.training.callbacks": kept}
            changes[f"{section}.{key}.training.schedule"] = None  # which an epoch is too short for
    for sweep, names in KEPT.items():
        changes[f"sweeps.{sweep}.variants"] = {name: document["sweeps"][sweep]["variants"][name] for name in names}
    for study, entry in document["studies"].items():
        changes[f"studies.{study}.models"] = [name for name in entry["models"] if name not in LEFT_OUT]
    changes |= {"studies.waste.summary_only": [], "studies.cats-dogs.summary_only": []}  # of larger images
    for dataset, entry in document["datasets"].items():
        changes[f"datasets.{dataset}.synthetic.train_per_class"] = 12 if entry["draw"] is None else 24
        changes[f"datasets.{dataset}.synthetic.test_per_class"] = 4 if entry["splits"]["test"] else 0
    changes |= {f"evaluation.{shown}": 2 for shown in ("worst", "gallery", "ambiguous")}
    changes["sweeps.cats-dogs-augmentation.variants.written.training.epochs"] = 2
    for key, entry in document["explanations"].items():
        least = {"images": 1, "filters": 4, "grad_cam": 2, "gallery": 2, "augmented": 2}
        changes |= {f"explanations.{key}.{shown}": min(number, entry[shown]) for shown, number in least.items()}
    changes["finetunes.waste-efficientnetlite0-finetuned-third.unfreeze"] = 6
    changes["models.cats-dogs-efficientnetlite0.network.backbone"] = "mobile"
    changes["backbones.mobile"] = SMALL["backbones"]["mobile"]
    changes |= {"census.gallery": 2, "datasets.cifar10.draw.validation": 4}
    changes["datasets.cats-dogs.draw"] = {"seed": 42, "train": 16, "validation": None, "test": 8}
    return changes


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All studies, made stage by stage."""
    folder = copied(tmp_path_factory.mktemp("studies") / "project")
    edit(folder, small_configuration(parameters(ROOT)))
    run(folder, "darkroom.pipeline.plan")
    in_process.make(folder, within=drawing_one_of_each())
    return folder


def drawing_one_of_each() -> in_process.Within:
    """Draw the figures of an evaluation and a sweep of each study: the others' would be the same in other numbers."""
    seen: set[tuple[str, str]] = set()

    def within(stage: template.Stage) -> AbstractContextManager[None]:
        if stage.verb not in ("evaluate", "sweep"):
            return nullcontext()
        kind = (stage.verb, Path(stage.outs[0]).parts[1])
        is_first = kind not in seen
        seen.add(kind)
        return nullcontext() if is_first else without_drawing()

    return within


def test_every_study_ends_in_all_its_outputs(studies: Path) -> None:
    assert all((studies / out).exists() for stage in template.read_stages(studies).values() for out in stage.outs)


def test_snakemake_plans_every_stage_of_every_study(tmp_path: Path) -> None:
    folder = copied(tmp_path / "project")
    planned = run(folder, "snakemake", "all", "--dry-run").stdout
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", planned, re.MULTILINE))
    stages = Counter(stage.verb for stage in template.read_stages(folder).values())
    assert {verb: int(jobs[verb]) for verb in stages} == stages


@pytest.mark.parametrize("study", ["intel", "intel-best", "cifar10", "waste", "cats-dogs", "mnist"])
def test_a_worksheet_answers_and_says_that_images_are_drawn(studies: Path, study: str) -> None:
    page = (studies / f"results/{study}/worksheet.md").read_text()
    assert "synthetic" in page.splitlines()[0]
    models = pandas.read_csv(studies / f"results/{study}/comparison/models.csv")
    assert all(name.replace("_", "\\_") in page for name in models["model"])


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("study", DOCUMENTED)
def test_a_worksheet_answers_every_question_from_the_files_it_names(studies: Path, study: str, language: str) -> None:
    answers = read_answers(write_worksheet(studies, study, language).read_text())
    assert list(answers) == list_ids(study)
    for key, answer in answers.items():
        assert not find_uncited(answer, studies), key


def write_worksheet(studies: Path, study: str, language: str) -> Path:
    """The worksheet of a study in a language."""
    edit(studies, {f"studies.{study}.language": language})
    out = f"results/{study}/in-{language}.md"
    with chdir(studies):
        worksheet.main([study, "--out", out])
    return studies / out


@pytest.mark.parametrize("study", DOCUMENTED)
def test_a_french_worksheet_has_no_english_and_the_numbers_of_the_english_one(studies: Path, study: str) -> None:
    files = {language: write_worksheet(studies, study, language) for language in ("en", "fr")}
    english, french = (split_questions(file.read_text()) for file in files.values())
    values = parameters(studies)
    titles = [entry["title"] for section in ("datasets", "sweeps") for entry in values[section].values()]
    assert find_english(files["fr"].read_text(), titles) == []
    assert len(french) == len(english) > len(list_ids(study))
    for (title, answer), (translated, said) in zip(english, french, strict=True):
        if not title.startswith(f"{study}-"):
            assert list_shapes(said) == list_shapes(answer), title
            assert list_numbers(said, decimal_comma=True) == list_numbers(answer, decimal_comma=False), title
        else:
            assert translated.split()[0] == title.split()[0]


@pytest.mark.parametrize("has_answers", [True, False])
@pytest.mark.parametrize("study", DOCUMENTED)
def test_french_handouts_have_the_questions_of_the_document(studies: Path, study: str, has_answers: bool) -> None:
    handout = read_handout(write_worksheet(studies, study, "fr"), "fr", has_answers)
    assert re.findall(rf"<(?:b|strong)>({study}-\d\d)\.", handout.body) == list_ids(study)
    assert (WORDS["fr"].stays in handout.body) == has_answers


def test_a_variant_of_every_sweep_is_compared_with_its_model(studies: Path) -> None:
    for file in sorted((studies / "results").glob("*/sweeps/*/sweep.csv")):
        table = pandas.read_csv(file)
        assert len(table) >= 2, file
    listed = sum(len(study["sweeps"]) for study in parameters(studies)["studies"].values())
    assert len(list((studies / "results").glob("*/sweeps/*/sweep.csv"))) == listed > 9
