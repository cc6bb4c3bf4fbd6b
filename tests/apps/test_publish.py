"""A published model has a card that a hub reads, with the numbers of its evaluation and a snippet that runs."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from benchmarks.project import git
from darkroom.apps import predict, publish
from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.core.provenance import NOTES
from darkroom.params.model import Runtime
from tests.support.brightness import sigmoid_network
from tests.support.card_projects import (
    LEAK,
    SUMMARY,
    read_markdown_table,
    write_census,
    write_evaluated,
    write_images,
    write_lock,
    write_sources,
)
from tests.support.evaluated_folders import CLASSES
from tests.support.image_folders import picture
from tests.support.refusals import one_line
from tests.support.trained_folders import scratch_network, write_model

# TensorFlow takes its threads once, before it computes anything: so now, before any test of any file runs.
runtime.start(Runtime(seed=13, threads=1, backend="tensorflow"))

FILES = ["README.md", "model.keras", "summary.json", "view.json"]
SNIPPET = re.compile(r"```python\n(.+?)```", re.DOTALL)
HOSTILE = ["<script>alert(1)", "a | b", "*sea* & `x`", "[x](y)"]
MODEL = Path("models/intel/cnn/model.keras")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model's folder, to be read and copied."""
    folder = write_model(tmp_path_factory.mktemp("trained") / "cnn", scratch_network(classes=3), CLASSES)
    (folder / "summary.json").write_text(json.dumps(SUMMARY), encoding="utf-8")
    return folder


@pytest.fixture
def evaluated(project: Callable[..., Path], root: Path, trained: Path) -> Path:
    """A project whose model cnn is trained and evaluated, on drawn images."""
    folder = project()
    write_sources(folder, root)
    shutil.copytree(trained, MODEL.parent)
    write_evaluated(Path("results/intel/evaluations/cnn"))
    write_census(Path("results/census/intel"))
    write_images(Path("data/images/intel"), Path("data/raw/intel"))
    return folder


def test_a_model_may_be_a_link_into_the_cache(evaluated: Path) -> None:
    MODEL.rename("cached")
    MODEL.symlink_to(evaluated / "cached")
    publish.main(["cnn", "hub"])
    assert read_card(Path("hub"))[1].data.eval_results and not Path("hub/model.keras").is_symlink()


def read_card(folder: Path) -> tuple[str, ModelCard]:
    text = (folder / "README.md").read_text(encoding="utf-8")
    return text, ModelCard(text)


def test_the_hub_reads_the_card_and_the_card_has_the_numbers(evaluated: Path, capsys: pytest.CaptureFixture) -> None:
    content = MODEL.read_bytes()
    write_lock(evaluated, MODEL, content, content)
    for arguments in ("init --quiet", "add dvc.yaml dvc.lock", "commit --quiet --message Start"):
        git(evaluated, *arguments.split())
    publish.main(["cnn", "hub", "--licence", "cc-by-4.0"])
    assert capsys.readouterr().out.startswith("hub: README.md, model.keras, summary.json, view.json; read README.md")
    assert sorted(path.name for path in Path("hub").iterdir()) == FILES
    assert Path("hub/model.keras").read_bytes() == content
    text, card = read_card(Path("hub"))
    data = card.data
    assert (data.license, data.library_name, data.pipeline_tag) == ("cc-by-4.0", "keras", "image-classification")
    assert data.tags[0] == "synthetic" and data.metrics == ["accuracy", "f1"]
    accuracy, f1 = data.eval_results
    assert accuracy.metric_value == pytest.approx(120 / 180, abs=1e-4) and f1.metric_type == "f1"
    assert accuracy.dataset_name == f"Intel natural scenes ({NOTES['drawn']})" and accuracy.dataset_split == "test"
    assert "95 % interval 0.5950 to 0.7314" in accuracy.metric_name
    assert ModelCard(str(card)).data.to_dict() == data.to_dict()
    table = read_markdown_table(text, "class").set_index("class")
    assert table.loc["wald"].tolist() == ["60", "50.0%", "37.7%", "62.3%", "60.0%", "46.2%", "72.4%", "0.545"]
    assert "Weakest: wald, of which it recognises 50.0% (30 of 60; 95 %: 37.7% to 62.3%)" in text
    assert "would be right for 60 of 180 (33.3%); the interval of the model's accuracy lies above that" in text
    assert "**1 group of the same images in more than one split (1 test image also among those of training)**" in text
    assert "**1 group of the same images under more than one label**" in text and LEAK in text
    assert text.index(NOTES["drawn"].capitalize()) < text.index("## Intended use")
    assert (
        f"| `{hashlib.sha256(content).hexdigest()}` |" in text
        and "dvc.lock`, MD5 | `" in text
        and "the file is another" not in text
    )
    assert "| training.epochs | 10 |" in text and "seg\\_train.zip (drawn), 10 bytes" in text
    assert str(evaluated) not in text and str(Path.home()) not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("nothing", "it has not been evaluated yet"),
        ("summary", "the evaluation that is here is of another training run"),
        ("lock", "the evaluation that dvc.lock records is of another model.keras"),
    ],
)
def test_results_of_another_model_are_not_shown(evaluated: Path, change: str, said: str) -> None:
    if change == "nothing":
        shutil.rmtree("results/intel/evaluations/cnn")
    if change == "summary":
        Path("results/intel/evaluations/cnn/summary.json").write_text(json.dumps({**SUMMARY, "epochs": 7}))
    if change == "lock":
        write_lock(evaluated, MODEL, b"older", b"older")
    publish.main(["cnn", "hub"])
    text, card = read_card(Path("hub"))
    assert f"**Not known: {said}" in text and "| accuracy" not in text and "Weakest" not in text
    assert card.data.eval_results is None and card.data.license == "unknown"
    assert ("the file is another" in text) == (change == "lock")


@pytest.mark.parametrize("view", [{"resize": "stretch"}, {"resize": "pad", "filter": "bilinear-sampled"}])
@pytest.mark.parametrize("outputs", [4, 1])
def test_the_snippet_predicts_what_this_project_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, view: dict[str, str], outputs: int
) -> None:
    monkeypatch.chdir(tmp_path)
    network, classes = (scratch_network(), HOSTILE) if outputs == 4 else (sigmoid_network(24), HOSTILE[1:3])
    write_model(Path("mine/cnn"), network, classes, note="random weights, no pretraining", **view)
    publish.main(["mine/cnn", "hub"])
    publish.main(["mine/cnn", "hub"])  # an earlier one is replaced
    image = picture(3, 50, 31)
    image.getexif()[274] = 6
    image.save("hub/photo.jpg", exif=image.getexif())
    monkeypatch.chdir("hub")
    capsys.readouterr()
    exec(SNIPPET.findall(read_card(Path())[0])[0], {})
    found = [line.split(" ", 1) for line in capsys.readouterr().out.splitlines()]
    predict.main([".", "photo.jpg", "--format", "json"])  # the folder is a model like any other
    expected = json.loads(capsys.readouterr().out)[0]
    assert {name: share for share, name in found} == {
        name: f"{probability:.1%}" for name, probability in expected["probabilities"].items()
    }
    assert found[0][1] == expected["class"]


def test_no_name_is_taken_for_markdown_or_html(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    summary = {"hyperparameters": {"<b>": ["|", "\u202e"], "x": {"y": float("nan")}}, "epochs": "many", "seed": 1}
    summary |= {"weights": "<i>file</i>\n# heading", "note": "*bold* \x1b[31m", "train_images": True}
    write_model(Path("a <b>"), scratch_network(), HOSTILE)
    Path("a <b>/summary.json").write_text(json.dumps(summary))
    Path("a <b>/record.json").write_text('{"seconds": Infinity, "machine": 3, "versions": {"<u>": "|"}}')
    publish.main(["a <b>", "hub"])
    text, card = read_card(Path("hub"))
    page = text.split("---\n", 2)[2].replace(SNIPPET.findall(text)[0], "")
    assert not re.search(r"(?<!\\)<(?!this folder>)", page)
    assert "\x1b" not in text and "\u202e" not in text and "\n# heading" not in text
    assert "\\*sea\\* & \\`x\\`" in page and "It took" not in page and "Epochs" not in page
    assert card.data.tags == ["darkroom", "image-classification"]
    assert "the model lies in no project that has evaluated it" in page and "commit of the project | not known" in page


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("file", "file: is a file; name a folder"),
        ("photos", "photos: holds something else (a.jpg)"),
        ("copied", "copied: holds something else (model.keras)"),
        ("mine/cnn", "mine/cnn: the model's folder lies there"),
        ("mine/cnn/hub", "mine/cnn/hub: the model's folder lies there"),
        ("mine", "mine: the model's folder lies there"),
        ("here", "here: is the folder that this runs in"),
        ("here/..", "here/..: the model's folder lies there"),
    ],
)
def test_what_is_there_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: Path, out: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained, "mine/cnn")
    shutil.copytree(trained, "copied")
    for name in ("photos/a.jpg", "file"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("mine", encoding="utf-8")
    Path("here").mkdir()
    before = sorted(tmp_path.rglob("*"))
    if out == "here":
        monkeypatch.chdir("here")
    one_line(lambda: publish.main([str(tmp_path / "mine/cnn"), str(tmp_path / out)]), words)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("licence", ["", "a b", "x" * 65, "mit\nname: y"])
def test_a_licence_is_an_identifier(trained: Path, licence: str) -> None:
    one_line(lambda: publish.main([str(trained), "hub", "--licence", licence]), "--licence: ", "apache-2.0")


def test_a_damaged_model_is_not_published(tmp_path: Path, trained: Path) -> None:
    folder = shutil.copytree(trained, tmp_path / "cnn")
    (folder / "model.keras").write_bytes((folder / "model.keras").read_bytes()[:-400])
    with pytest.raises(UserError, match="not a whole Keras model"):
        publish.main([str(folder), str(tmp_path / "hub")])
    assert not (tmp_path / "hub").exists()
