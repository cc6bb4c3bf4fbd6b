"""params.yaml is validated as a whole and by section, and every mistake gives one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from darkroom.core.errors import UserError
from darkroom.params import schema
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.document import load
from darkroom.params.references import RESERVED
from darkroom.params.view import View
from darkroom.params.yaml_files import read


def test_schema_has_not_drifted(root: Path) -> None:
    assert (root / "workflow" / "params.schema.json").read_text(encoding="utf-8") == schema.dump_schema(), (
        "run make schema"
    )


def test_params_name_their_schema_and_fit_it(root: Path) -> None:
    text = (root / "params.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith("$schema=workflow/params.schema.json")
    jsonschema.validate(yaml.safe_load(text), json.loads(schema.dump_schema()))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        (
            "models.cnn.network.blocks.dropuot",
            0.2,
            "models.cnn.network.blocks.dropuot: unknown key; did you mean 'dropout'? Allowed here: filters, kernel",
        ),
        ("runtme", {}, "runtme: unknown key; did you mean 'runtime'? Allowed here: defaults, runtime, datasets"),
        ("datasets.intel.archive", "x", "datasets.intel.archive: unknown key; allowed here: base, title, source"),
        (
            "models.cnn.training.epochs",
            "twenty",
            "models.cnn.training.epochs: 'twenty': input should be a valid integer",
        ),
        ("models.cnn.training.epochs", 0, "models.cnn.training.epochs: 0: input should be greater than or equal to 1"),
        ("views.intel-150.resize", "crop", "views.intel-150.resize: 'crop': input should be 'stretch' or 'pad'"),
        (
            "models.cnn.training.precision",
            "float16",
            "models.cnn.training.precision: 'float16': input should be 'float32' or 'mixed_bfloat16'",
        ),
        (
            "models.cnn.training.cache_frozen",
            True,
            "models.cnn.training.cache_frozen: unknown key; allowed here: optimizer, momentum, weight_decay",
        ),
        (
            "models.efficientnetb0.network.blocks",
            {},
            "models.efficientnetb0.network.blocks: unknown key; allowed here: backbone, head",
        ),
        (
            "models.efficientnetb0.network.head.dropout",
            [0.5],
            "models.efficientnetb0.network.head: units are [256, 128] and dropout [0.5]: give one rate for each layer",
        ),
        (
            "models.efficientnetb0.network.backbone",
            "vgg",
            "models.efficientnetb0.network.backbone: 'vgg': no such entry; allowed: efficientnetlite0, efficientnetb0",
        ),
        (
            "backbones.efficientnetb0.architecture",
            "EfficientNetB9",
            "backbones.efficientnetb0.architecture: 'EfficientNetB9': input should be 'EfficientNetLite0', ",
        ),
        (
            "backbones.efficientnetb0.weights",
            "weights.pth",
            "backbones.efficientnetb0.weights: 'weights.pth': allowed: imagenet, package, none, or the path",
        ),
        (
            "backbones.efficientnetb0.weights",
            "package",
            "backbones.efficientnetb0: weights: package: only EfficientNetLite0, EfficientNetLite1, ",
        ),
        (
            "backbones.efficientnetlite0.weights",
            "imagenet",
            "backbones.efficientnetlite0: weights: imagenet: Keras has none of EfficientNetLite0; allowed: package",
        ),
        (
            "backbones.efficientnetb0.alpha",
            0.5,
            "backbones.efficientnetb0: architecture EfficientNetB0 has no alpha; write alpha: null",
        ),
        (
            "finetunes.efficientnetb0-finetuned.base",
            "dnn",
            "finetunes.efficientnetb0-finetuned.base: 'dnn': no such entry; allowed: cnn, cnn-bn, ",
        ),
        (
            "finetunes.efficientnetb0-finetuned.base",
            "efficientnetb0-finetuned",
            "finetunes.efficientnetb0-finetuned.base: goes back to itself: efficientnetb0-finetuned <- ",
        ),
        (
            "finetunes.efficientnetb0-finetuned.unfreeze",
            0,
            "finetunes.efficientnetb0-finetuned.unfreeze: 0: allowed: a number of last layers, the name of the first",
        ),
        (
            "finetunes.efficientnetb0-finetuned.view",
            "intel-512",
            "finetunes.efficientnetb0-finetuned.view: 'intel-512': no such entry; allowed: intel-150, intel-256",
        ),
        (
            "finetunes.efficientnetb0-finetuned.view",
            "waste-320",
            "finetunes.efficientnetb0-finetuned.view: 'waste-320': its dataset is waste, that of intel-180, which the ",
        ),
        (
            "finetunes.larger",
            {"base": "cnn", "unfreeze": "all", "view": "intel-256"},
            "finetunes.larger.view: 'intel-256': of 256 pixels, but head.pooling: flatten makes the base's network one",
        ),
        (
            "studies.intel.models",
            ["cnn", "efficientnetlite0-finetuned"],
            "studies.intel.models: 'efficientnetlite0-finetuned': fine-tunes 'efficientnetlite0', which this study",
        ),
        ("models.cnn.view", "intel-512", "models.cnn.view: 'intel-512': no such entry; allowed: intel-150, intel-256"),
        ("views.intel-150.dataset", "cats", "views.intel-150.dataset: 'cats': no such entry; allowed: intel, cifar10"),
        (
            "studies.intel.models",
            ["cnn", "resnet"],
            "studies.intel.models: 'resnet': no such entry; allowed: cnn, cnn-bn",
        ),
        ("studies.intel.models", ["cnn", "cnn"], "studies.intel: 'cnn': already in studies.intel"),
        (
            "datasets.intel.source",
            "ftp://host/a.zip",
            "datasets.intel.source: 'ftp://host/a.zip': allowed: synthetic, kaggle:",
        ),
        ("datasets.intel.source", "kaggle:intel", "datasets.intel.source: 'kaggle:intel': write kaggle:<owner>/<name>"),
        (
            "datasets.intel.source",
            "https://host/a.zip",
            "datasets.intel: source is an https address, so sha256 must be given",
        ),
        (
            "datasets.intel.synthetic",
            None,
            "datasets.intel: source is synthetic, so the keys below synthetic: must be given",
        ),
        ("models.cnn.training.learning_rate", "fast", "models.cnn.training.learning_rate: 'fast': input should be a"),
        (
            "models.cnn.training.learning_rate",
            float("inf"),
            "models.cnn.training.learning_rate: inf: input should be a finite",
        ),
        ("runtime.seed", 5_000_000_000, "runtime.seed: 5000000000: input should be less than or equal to"),
        (
            "studies.train",
            {"models": ["cnn"], "sweeps": [], "without": [], "confidence": 0.9, "correction": "holm"},
            "studies.train: this name is the workflow's own",
        ),
        ("models.cnn.training.accumulation_steps", 3, "batch_size 64 is not a multiple of accumulation_steps 3"),
        ("models.cnn.replicates", 10**15, f"models.cnn.replicates: {10**15}: allowed: a whole number from 1 to"),
        (
            "models.cnn.replicates",
            {"folds": 1},
            "models.cnn.replicates: allowed: a whole number from 1 to 1000, or {folds",
        ),
        (
            "models.cnn.replicates",
            {"fold": 5},
            "models.cnn.replicates: allowed: a whole number from 1 to 1000, or {folds",
        ),
        ("models.cnn.replicates", {"folds": 4}, "models.cnn.training.validation_split: 0.2: each of the 4 folds of"),
        (
            "models.waste-efficientnetlite0.replicates",
            {"folds": 4},
            "models.waste-efficientnetlite0.replicates: folds: 4: the dataset has validation images of its own; write",
        ),
        ("models.mnist-lecture.replicates", {"folds": 4}, "validation_split: null: each of the 4 folds of replicates"),
        ("runtime.threads", 10**12, f"runtime.threads: {10**12}: input should be less than or equal to"),
        ("views.Big", {}, "views.Big: 'Big': string should match pattern"),
        (
            "datasets.intel.sha256",
            "abc",
            "datasets.intel.sha256: 'abc': string should match pattern '^[0-9a-f]{64}$', or a valid dictionary",
        ),
        (
            "datasets.intel.sha256",
            {"a.zip": "abc"},
            "datasets.intel.sha256.a.zip: 'abc': string should match pattern '^[0-9a-f]{64}$'",
        ),
        (
            "defaults.training.class_weights",
            "even",
            "defaults.training.class_weights: 'even': input should be 'balanced', or a valid dictionary",
        ),
        (
            "models.cnn.network.blocks.strides",
            [2, 1],
            "models.cnn.network.blocks: filters are [32, 64, 64, 128, 256] and strides [2, 1]: give one number, or",
        ),
        (
            "models.cnn.network.blocks.strides",
            0,
            "models.cnn.network.blocks.strides: 0: input should be greater than or equal to 1",
        ),
        (
            "models.cnn.network.blocks.residual",
            True,
            "models.cnn.network.blocks: residual: true needs padding: same and batch_normalization, such as {momentum",
        ),
        (
            "defaults.blocks.pooling_kind",
            "mean",
            "defaults.blocks.pooling_kind: 'mean': input should be 'max' or 'average'",
        ),
        (
            "defaults.blocks.pooling",
            ["none"],
            "defaults.blocks.pooling.0: 'none': input should be a valid integer",
        ),
    ],
)
def test_a_mistake_gives_one_line(project: Callable[..., Path], key: str, value: object, expected: str) -> None:
    project({key: value})
    with pytest.raises(UserError) as caught:
        load()
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_named(project: Callable[..., Path]) -> None:
    folder = project()
    document = yaml.safe_load((folder / "params.yaml").read_text())
    del document["models"]["cnn"]["training"]["epochs"]
    (folder / "params.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(UserError, match=r"models\.cnn\.training\.epochs: missing"):
        load()


def test_all_that_an_entry_lacks_or_must_not_have_is_named_unknown_keys_first(project: Callable[..., Path]) -> None:
    folder = project()
    document = yaml.safe_load((folder / "params.yaml").read_text())
    dataset = document["datasets"]["intel"]
    del document["defaults"]["datasets"], dataset["title"]
    dataset |= {"sha265": "0" * 64, "layouts": "../mine"}
    (folder / "params.yaml").write_text(yaml.safe_dump(document))
    lines = (folder / "params.yaml").read_text().splitlines()
    wrong, other = (next(n for n, one in enumerate(lines, 1) if key in one) for key in ("layouts:", "sha265:"))
    with pytest.raises(UserError) as raised:
        load()
    said = str(raised.value)
    assert said.startswith(f"params.yaml, line {wrong}: datasets.intel.layouts: unknown key; did you mean 'layout'? ")
    assert "? Allowed here: base, title, " in said
    assert f"; unknown, too: sha265 (line {other}; did you mean 'sha256'?); missing, too: title, source, sha256" in said
    assert "\n" not in said


def test_all_sections_that_are_unknown_or_missing_are_named(project: Callable[..., Path]) -> None:
    folder = project()
    (folder / "params.yaml").write_text("mdels: {}\nstudie: {}\n")
    with pytest.raises(UserError, match=r"^params\.yaml, line 1: mdels: .*'models'\? A.*; unknown, too: studie$"):
        load()
    (folder / "params.yaml").write_text("models: {}\nstudies: {}\n")
    with pytest.raises(UserError, match=r"^params\.yaml: runtime: missing; .*; missing, too: datasets, augmented, "):
        load()


def test_broken_yaml_gives_the_line(project: Callable[..., Path]) -> None:
    folder = project()
    (folder / "params.yaml").write_text("runtime: {seed: 1\nviews: [")
    with pytest.raises(UserError, match=r"params\.yaml, line \d+, column \d+: not valid YAML"):
        load()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("2020-99-99", "month must be in 1..12"),
        (str(10**30), "a number beyond 64 bits"),
        (str(-(10**30)), "a number beyond 64 bits"),
        ("9" * 5000, "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits"),
    ],
)
def test_a_value_that_no_library_takes_gives_its_line(project: Callable[..., Path], value: str, problem: str) -> None:
    folder = project()
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("  seed: 13", f"  seed: {value}", 1))
    with pytest.raises(UserError) as raised:
        load()
    assert re.fullmatch(
        rf"params\.yaml, line \d+, column 9: not valid YAML \({re.escape(problem)}\)", str(raised.value)
    )


def test_a_mistake_of_an_entry_as_a_whole_names_the_entry(project: Callable[..., Path]) -> None:
    project({"datasets.intel.synthetic": None})
    with pytest.raises(UserError, match=r"^params\.yaml: datasets\.intel: source is synthetic, so the keys below"):
        read_entry(Dataset, "datasets", "intel")


def test_a_date_is_shown_as_it_is_written(project: Callable[..., Path]) -> None:
    folder = project()
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("  seed: 13", "  seed: 2020-01-02", 1))
    with pytest.raises(UserError, match=r"^params\.yaml: runtime\.seed: 2020-01-02: input should be a valid integer"):
        load()


def test_a_repeated_key_gives_its_line(project: Callable[..., Path]) -> None:
    folder = project()
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("  seed: 13", "  seed: 13\n  seed: 14", 1))
    with pytest.raises(UserError, match=r"params\.yaml, line \d+, column 3: not valid YAML \(the key 'seed' again\)"):
        load()


def test_a_key_that_is_a_list_gives_its_line(project: Callable[..., Path]) -> None:
    (project() / "params.yaml").write_text("runtime: {[seed]: 1}\n")
    with pytest.raises(UserError, match=r"params\.yaml, line 1, column 11: not valid YAML \(a key must be a name"):
        load()


def test_a_figure_of_more_images_than_can_be_drawn_is_refused(project: Callable[..., Path]) -> None:
    project({"evaluation.gallery": 501})
    with pytest.raises(UserError, match=r"evaluation\.gallery: 501: input should be less than or equal to 500"):
        load()


def test_no_study_can_be_called_as_a_rule_is(root: Path) -> None:
    files = [root / "workflow/Snakefile", *(root / "workflow/rules").glob("*.smk")]
    rules = re.findall(r"^rule (\w+):", "".join(file.read_text() for file in files), re.MULTILINE)
    assert {*rules, "records", "ensembles"} == RESERVED


def test_text_in_another_encoding_is_refused(project: Callable[..., Path]) -> None:
    folder = project()
    (folder / "params.yaml").write_bytes("runtime: é".encode("latin-1"))
    with pytest.raises(UserError, match=r"params\.yaml: not UTF-8 text"):
        load()


def test_a_capital_in_a_name_is_refused_with_the_name(project: Callable[..., Path]) -> None:
    project({"models.CNN": {}})
    with pytest.raises(UserError, match=r"models\.CNN"):
        load()


def test_a_missing_entry_names_those_that_exist(project: Callable[..., Path]) -> None:
    project()
    with pytest.raises(UserError, match="no entry 'intel-512'; there is intel-150, intel-256"):
        read_entry(View, "views", "intel-512")


def test_values_are_what_dvc_takes_them_for(tmp_path: Path) -> None:
    from dvc.utils.serialize import load_yaml

    written = "no off y 12:30 1e-05 1E5 5.e3 .5 -.inf 0x1f 0o17 0b11 1_000 +12 2001-01-01 ~ TRUE '1e-05' '012'"
    file = tmp_path / "params.yaml"
    file.write_text("".join(f"key{number}: {text}\n" for number, text in enumerate(written.split())) + "empty:\n")
    ours, theirs = read(file), load_yaml(file)
    assert ours == theirs
    assert [type(value) for value in ours.values()] == [type(value) for value in theirs.values()]
