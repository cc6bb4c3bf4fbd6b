"""Costs of training runs: the table of their records, steps and epochs, and the page with its answers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest

from darkroom.comparison.cost_script import compose_script
from darkroom.comparison.costs import (
    COLUMNS,
    group_by_batch_size,
    group_by_frozen,
    measure_steps,
    select_first_replicates,
    tabulate_costs,
)
from stages import costs
from tests.support.drawing import undrawn
from tests.support.evaluated_folders import EPOCHS, write_trained
from tests.support.pages import unwrap

MODELS = ["cnn", "cnn-bn", "cnn-bn-256-gap"]


@pytest.fixture
def study(project: Callable[..., Path]) -> Path:
    """A working folder with the records of two of three trainings, and of one that is gone."""
    folder = project()
    write_trained(folder / "trained/cnn")
    used = {"training.batch_size": 100, "network.normalization": "layer"}
    write_trained(folder / "trained/cnn-bn", used, peak_memory_mib=1234, seconds=31.5)
    write_trained(folder / "trained/removed", peak_memory_mib=9999)
    return folder


def run(out: str = "costs") -> None:
    costs.main(
        ["intel", "--models", *MODELS, "--combined", "-", "--trained", "trained", "--dataset", "intel", "--out", out]
    )


def test_the_table_repeats_the_records_that_there_are(study: Path) -> None:
    run()
    table = pandas.read_csv(study / "costs/costs.csv").set_index("model")
    assert table.index.tolist() == ["cnn", "cnn-bn"]
    assert table.loc["cnn", ["seconds", "frozen_seconds", "epochs", "peak_memory_mib"]].tolist() == [61.5, 7.5, 8, 812]
    assert table.loc["cnn", ["threads", "precision", "processor"]].tolist() == [1, "float32", "Abacus 9000"]
    assert table["images_per_second"].tolist() == [310.5, 310.5]
    assert table["features_per_second"].isna().all()
    page = (study / "costs/costs.md").read_text(encoding="utf-8")
    assert "Left out, as they have no record: cnn-bn-256-gap" in page
    assert unwrap(page).splitlines()[2:4] == [
        "- Elapsed training time: fastest cnn-bn (31.5 s, 8 epochs), slowest cnn (1 min 2 s, 8 epochs); the table has "
        "the others. Training all of them took 1 min 33 s.",
        "- Highest peak memory of a training run of this study: 1,234 MiB (cnn-bn).",
    ]
    assert page.splitlines()[0].endswith("(synthetic images, drawn by a program)")
    assert (study / "costs/steps.png").read_bytes().startswith(b"\x89PNG")
    script = (study / "costs/costs.js").read_text(encoding="utf-8")
    shown = json.loads(script.removeprefix("globalThis.trainingCosts = ").removesuffix(";\n"))
    places = [key for key, _ in shown["columns"]]
    first, second = ({key: row[places.index(key)] for key in places} for row in shown["rows"])
    assert first["model"] == ["cnn", "cnn"] and first["peak_memory_mib"] == [812, "812.0 MiB"]
    assert second["seconds"] == [31.5, "31.5 s"]


def test_the_script_of_costs_holds_a_dash_where_nothing_is_known() -> None:
    script = compose_script(tabulate_costs({"</script>": {"epochs": 3}}, {}))
    assert '["</script>", "</script>"]' in script, "a file of its own is no HTML"
    assert script.count('[null, "\\u2013"]') == 9 and script.isascii()


def test_features_of_frozen_layers_are_not_called_images() -> None:
    used: dict[str, dict[str, object]] = {"kept": {"training.cache_frozen": True}, "plain": {}}
    used |= {"every": {"training.cache_frozen": False}, "all": {"training.cache_frozen": True, "unfreeze": "all"}}
    records = {name: {"images_per_second": 448.6} for name in used}
    table = tabulate_costs(records, {name: {"hyperparameters": values} for name, values in used.items()})
    table = table.set_index("model")
    assert table["features_per_second"].dropna().index.tolist() == ["kept"]
    assert table["images_per_second"].dropna().index.tolist() == ["plain", "every", "all"]


@undrawn
def test_steps_are_updates_and_frozen_layers_are_apart(study: Path) -> None:
    run()
    table = pandas.read_csv(study / "costs/costs.csv").set_index("model")
    # 1,000 images in batches of 64: 15 and a rest of 40; accumulated from two parts each
    assert table["batch_size"].tolist() == [64, 100]
    assert table["steps_per_epoch"].tolist() == [16, 10]
    epoch = (61.5 - 7.5) / EPOCHS
    assert table["seconds_per_epoch"].tolist() == pytest.approx([epoch, (31.5 - 7.5) / EPOCHS])
    assert table.loc["cnn", "seconds_per_step"] == pytest.approx(epoch / 16)


def test_a_rest_too_small_for_a_batch_is_no_step() -> None:
    summary = {"train_images": 130, "hyperparameters": {"training.batch_size": 64, "training.accumulation_steps": 1}}
    assert measure_steps({"seconds": 10, "epochs": 5}, summary)["steps_per_epoch"] == 2


def test_without_any_record_the_table_is_empty(study: Path) -> None:
    shutil.rmtree(study / "trained")
    run()
    assert (study / "costs/costs.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert "No training run has left a record." in (study / "costs/costs.md").read_text()


def test_a_gpu_is_named_and_an_incomplete_record_borne() -> None:
    table = tabulate_costs({"cnn": {"seconds": 2.0, "machine": {"processor": "Abacus"}, "gpu": "Sun"}, "mlp": {}}, {})
    assert table["processor"].fillna("none").tolist() == ["Sun", "none"]
    assert table["seconds"].isna().tolist() == [False, True]
    assert table["steps_per_epoch"].isna().all()


@undrawn
def test_real_images_are_not_called_synthetic(study: Path, project: Callable[..., Path]) -> None:
    project({"datasets.intel.source": "../archives"})
    run()
    assert "synthetic" not in (study / "costs/costs.md").read_text(encoding="utf-8")


def test_models_are_joined_that_differ_in_batch_size_alone(study: Path) -> None:
    write_trained(study / "trained/cnn-replicate-2", {"training.batch_size": 8, "seed": 14})
    write_trained(study / "trained/small", {"training.batch_size": 8, "training.accumulation_steps": 1})
    write_trained(study / "trained/long", {"training.batch_size": 8, "training.epochs": 90})
    models = ["cnn", "cnn-replicate-2", "long", "small"]
    used = select_first_replicates(costs.read(study / "trained", models, "summary.json"))
    assert list(used) == ["cnn", "long", "small"]
    assert group_by_batch_size(used) == {"cnn with other batch sizes": ["cnn", "small"]}
    assert group_by_frozen(used) == []


def test_edits_of_params_that_no_training_used_change_no_cost(study: Path, project: Callable[..., Path]) -> None:
    run("one")
    sweep = {"title": "Batch", "of": "cnn-bn", "variants": {"8": {"training": {"batch_size": 8}}}}
    project({"sweeps": {"batch": sweep}, "studies.intel.sweeps": ["batch"], "models.cnn.training.epochs": 9})
    run("two")
    assert all(file.read_bytes() == (study / "two" / file.name).read_bytes() for file in (study / "one").iterdir())
