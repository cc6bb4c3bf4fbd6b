"""Predictions for a user's own images equal those of the prepared view, from the model's folder alone."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pandas
import pytest

from darkroom.apps import image_files, predict, predicting
from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.predict import FORMATS
from darkroom.apps.predictions import Prediction, Presentation
from darkroom.apps.reading import Picture
from darkroom.core import runtime
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.images.decoding import pixels
from darkroom.images.prepared.shards import open_view
from darkroom.params.model import Runtime
from stages import prepare
from tests.support.brightness import sigmoid_network
from tests.support.decoding import DECODING, TONES
from tests.support.image_folders import picture, write_folder
from tests.support.trained_folders import CLASSES, scratch_network, transfer_network, write_model

# TensorFlow takes its threads once, before it computes anything: so now, before any test of any file runs.
runtime.start(Runtime(seed=13, threads=1, backend="tensorflow"))

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose folder no test changes."""
    return write_model(tmp_path_factory.mktemp("models") / "cnn", scratch_network())


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images, some of them hidden or none, in the working directory."""
    folder = tmp_path / "photos"
    for number, name in enumerate(["2.png", "10.png", "1.JPG", "b/3.png", "a/b/c.tif", "b-side/4.png"]):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(number).save(path)
    for name in (".hidden.png", ".trash/5.png", "__MACOSX/6.png", "b/._3.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        picture(0).save(folder / name)
    (folder / "notes.txt").write_text("no image", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Path("photos")


FOUND = ["1.JPG", "2.png", "10.png", "a/b/c.tif", "b/3.png", "b-side/4.png"]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("network", "preparation"),
    [
        (lambda: scratch_network(), {"resize": "stretch", "filter": "bicubic", "mode": "RGB"}),
        (lambda: transfer_network(channels=1), {"resize": "pad", "filter": "lanczos", "mode": "L"}),
    ],
    ids=["scratch", "transfer"],
)
def test_predictions_are_those_of_the_prepared_view(
    project: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Output,
    network: Callable[[], keras.Model],
    preparation: dict[str, str],
) -> None:
    suffixes = ("jpg", "png", "gif", "tif")
    contents = {f"train/{name}/{number}.png": picture(number) for number, name in enumerate(CLASSES)} | {
        f"test/{name}/{number}.{suffix}": picture(10 * place + number, 20 + 9 * number, 40 - 3 * place)
        for place, name in enumerate(CLASSES)
        for number, suffix in enumerate(suffixes)
    }
    images = write_folder(tmp_path / "images", contents)
    project({f"views.intel-150.{key}": value for key, value in ({"size": 24} | preparation).items()})
    prepare.main(["intel-150", "--images", str(images), "--of", "intel", "--out", "view"])
    view = open_view(Path("view"))
    original = write_model(tmp_path / "models/cnn", network(), **view.preparation)
    expected = numpy.asarray(
        keras.saving.load_model(original / "model.keras").predict_on_batch(
            view.read("test", numpy.arange(view.count("test")))
        )
    )
    index = pandas.read_csv("view/index.csv", keep_default_na=False)
    files = index.loc[index["split"] == "test", "file"].tolist()

    alone = shutil.move(original, tmp_path / "elsewhere")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    capsys.readouterr()
    predict.main([str(alone), *(str(images / file) for file in files), "--format", "csv"])
    found = rows(capsys.readouterr().out)
    assert list(found[0]) == ["file", "class", "probability", *(f"p_{name}" for name in CLASSES)]
    assert [row["file"] for row in found] == [str(images / file) for file in files]
    probabilities = numpy.array([[float(row[f"p_{name}"]) for name in CLASSES] for row in found])
    assert probabilities == pytest.approx(expected, abs=1e-6)
    assert [row["class"] for row in found] == [CLASSES[place] for place in expected.argmax(axis=1)]
    assert [float(row["probability"]) for row in found] == pytest.approx(expected.max(axis=1), abs=1e-6)
    assert len({row["class"] for row in found}) > 1
    assert not list(Path().iterdir())


def test_of_one_probability_both_classes_are_told(tmp_path: Path, photos: Path, capsys: Output) -> None:
    folder = write_model(tmp_path / "models/cnn", sigmoid_network(24), ["dark", "bright"])
    predict.main([str(folder), "photos", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    view = ModelFolder.open(str(folder)).view
    for row in found:
        brightness = pixels.read_image(Path(row["file"]), view, DECODING, TONES).mean() / 255
        bright = 1 / (1 + numpy.exp(3 - 6 * brightness))
        assert row["probabilities"] == pytest.approx({"dark": 1 - bright, "bright": bright}, abs=1e-4)
        assert row["class"] == ("bright" if bright > 0.5 else "dark")


def test_a_folder_is_searched_in_natural_order(model: Path, photos: Path, capsys: Output) -> None:
    predict.main([str(model), "photos", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert [row["file"] for row in found] == [f"photos/{name}" for name in FOUND]
    for row in found:
        assert list(row) == ["file", "class", "probability", "probabilities"]
        assert list(row["probabilities"]) == CLASSES
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert row["probabilities"][row["class"]] == row["probability"] == max(row["probabilities"].values())


def test_the_table_is_aligned_and_names_the_two_best(model: Path, photos: Path, capsys: Output) -> None:
    predict.main([str(model), "photos", "--format", "json"])
    expected = json.loads(capsys.readouterr().out)
    predict.main([str(model), "photos"])
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "class", "probability", "second", "probability"]
    assert len({len(line) for line in (head, *lines)}) == 1 and len(lines) == len(FOUND)
    for line, row in zip(lines, expected, strict=True):
        (first, one), (second, two) = sorted(row["probabilities"].items(), key=lambda item: -item[1])[:2]
        assert line.split() == [row["file"], first, f"{one:.1%}", second, f"{two:.1%}"]
        assert line.index(first, len(row["file"])) == head.index("class")


def test_damaged_images_are_named_and_the_others_predicted(model: Path, photos: Path, capsys: Output) -> None:
    (photos / "2.png").write_bytes(b"")
    (photos / "10.png").write_bytes((photos / "1.JPG").read_bytes()[:200])
    (photos / "gone.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"^3 of 7 images could not be read; the lines above name them$"):
        predict.main([str(model), "photos", "--format", "csv", "--out", "found.csv"])
    errors = [line for line in capsys.readouterr().err.splitlines() if "left out" in line]
    assert len(errors) == 3
    assert errors[0] == "[predict cnn] left out photos/2.png: zero bytes"
    assert errors[1].startswith("[predict cnn] left out photos/10.png: ")
    assert errors[2] == "[predict cnn] left out photos/gone.png: No such file or directory"
    left = [name for name in FOUND if name not in ("2.png", "10.png")]
    assert [row["file"] for row in rows(Path("found.csv").read_text(encoding="utf-8"))] == [
        f"photos/{name}" for name in left
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_where_no_image_can_be_read_nothing_is_written(model: Path, photos: Path, capsys: Output, form: str) -> None:
    for place in (["--out", "found"], []):
        with pytest.raises(UserError, match=r"^1 of 1 images could not be read"):
            predict.main([str(model), "photos/notes.txt", "--format", form, *place])
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("left out photos/notes.txt: not an image") == 2
    assert not Path("found").exists()


def test_a_file_that_is_named_needs_no_ending_and_counts_once(model: Path, photos: Path, capsys: Output) -> None:
    shutil.copyfile(photos / "2.png", "scan")
    given = ["scan", "photos/.hidden.png", "photos/a", "./scan", str(Path("photos/a/../a/b/c.tif").absolute())]
    predict.main([str(model), *given, "--format", "csv"])
    printed = capsys.readouterr()
    assert [row["file"] for row in rows(printed.out)] == ["scan", "photos/.hidden.png", "photos/a/b/c.tif"]
    assert "[predict cnn] 2 of the images named again, and predicted once\n" in printed.err


def test_the_images_of_an_archive_are_predicted_as_those_of_its_folder(
    model: Path, photos: Path, capsys: Output, tmp_path: Path
) -> None:
    shutil.make_archive("test", "zip", root_dir=tmp_path, base_dir="photos")
    predict.main([str(model), "photos", "--format", "csv"])
    expected = capsys.readouterr().out
    Path("moved").mkdir()
    Path("test.zip").rename("moved/test.zip")
    predict.main([str(model), "moved/test.zip", "photos/2.png", "--format", "csv", "--out", "found.csv"])
    found = Path("found.csv").read_text(encoding="utf-8")
    single = expected.splitlines()[2]
    assert single.startswith("photos/2.png,")
    wanted = expected.replace("photos/", "moved/test.zip/photos/") + f"{single}\n"
    for one, other in zip(rows(found), rows(wanted), strict=True):  # in another batch, a sum may end in another bit
        assert {key: one[key] for key in ("file", "class")} == {key: other[key] for key in ("file", "class")}
        numbers = [key for key in other if key not in ("file", "class")]
        assert [float(one[key]) for key in numbers] == pytest.approx([float(other[key]) for key in numbers], abs=1e-6)
    assert [row["file"] for row in rows(expected)] == [f"photos/{name}" for name in FOUND]


def test_an_archive_that_cannot_be_predicted(model: Path, photos: Path, capsys: Output) -> None:
    with zipfile.ZipFile("test.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.png", b"no image")
        archive.writestr("huge.png", bytes(3_000_000))
    with pytest.raises(UserError, match=r"^test\.zip: unpacks to .* --max-expansion allows 100 times"):
        predict.main([str(model), "test.zip"])
    with pytest.raises(UserError, match=r"^2 of 2 images could not be read"):
        predict.main([str(model), "test.zip", "--max-expansion", "5000"])
    assert "left out test.zip/a/1.png: not an image" in capsys.readouterr().err
    with zipfile.ZipFile("none.zip", "w") as archive:
        archive.writestr("notes.txt", b"")
    with pytest.raises(UserError, match=r"^none\.zip: no images in this archive"):
        predict.main([str(model), "none.zip"])
    with pytest.raises(UserError, match=r"^test\.zip: is one of the images"):
        predict.main([str(model), "test.zip", "--max-expansion", "5000", "--out", "test.zip"])


@pytest.mark.parametrize(
    ("images", "line"),
    [
        (["photos", "no.png", "nor this"], r"^no\.png, nor this: no such file or folder$"),
        (["photos", "empty"], "^empty: no images in this folder"),
        (["photos/.trash/..", "empty/in"], "^empty/in: no images in this folder"),
    ],
)
def test_missing_paths_and_empty_folders_are_named(model: Path, photos: Path, images: list[str], line: str) -> None:
    Path("empty/in").mkdir(parents=True)
    Path("empty/in/text.txt").touch()
    with pytest.raises(UserError, match=line):
        predict.main([str(model), *images])


def test_the_images_themselves_are_never_overwritten(model: Path, photos: Path) -> None:
    before = (photos / "2.png").read_bytes()
    with pytest.raises(UserError, match=r"^photos/b/\.\./2\.png: is one of the images"):
        predict.main([str(model), "photos", "--out", "photos/b/../2.png"])
    with pytest.raises(UserError, match=r"^photos: is a folder"):
        predict.main([str(model), "photos", "--out", "photos"])
    assert (photos / "2.png").read_bytes() == before


def test_the_ending_of_the_file_gives_the_format(model: Path, photos: Path) -> None:
    for name, start in {"a.csv": "file,", "a.json": "[\n{", "a.txt": "file  "}.items():
        predict.main([str(model), "photos/2.png", "--out", f"new/{name}"])
        assert Path("new", name).read_text(encoding="utf-8").startswith(start)
    predict.main([str(model), "photos/2.png", "--out", "a.csv", "--format", "json"])
    assert json.loads(Path("a.csv").read_text(encoding="utf-8"))[0]["file"] == "photos/2.png"


def test_what_every_result_must_say_is_in_every_format(tmp_path: Path, photos: Path, capsys: Output) -> None:
    folder = write_model(tmp_path / "drawn", scratch_network(), note="synthetic images, drawn by a program")
    for form in FORMATS:
        predict.main([str(folder), "photos", "--format", form])
        printed = capsys.readouterr()
        said = "synthetic images, drawn by a program"
        assert said not in printed.err and (printed.out.count(said) == 1 or form in ("csv", "json"))
        if form == "table":
            assert printed.out.splitlines()[-1] == "note: synthetic images, drawn by a program"
        elif form == "csv":
            assert set(pandas.read_csv(io.StringIO(printed.out))["note"]) == {"synthetic images, drawn by a program"}
        elif form == "json":
            assert {one["note"] for one in json.loads(printed.out)} == {"synthetic images, drawn by a program"}


def test_names_of_any_bytes_give_one_line_each(model: Path, photos: Path, capsys: Output) -> None:
    folder = Path("odd")
    folder.mkdir()
    for name in (b"a\nb,c.png", b"\xff.png", "größe \u202f.png".encode()):
        picture(1).save(Path(os.fsdecode(b"new.png")))
        Path("new.png").rename(folder / os.fsdecode(name))
    (folder / os.fsdecode(b"\xfe\n.png")).touch()
    for form in FORMATS:
        with pytest.raises(UserError, match="1 of 4 images"):
            predict.main([str(model), "odd", "--format", form, "--out", "found"])
        text = Path("found").read_text(encoding="utf-8")
        assert form == "html" or len(text.splitlines()) == {"table": 4, "csv": 4, "json": 5}[form]
        assert "a\\nb,c.png" in text.replace("\\\\", "\\") and "größe \u202f.png" in text
        assert r"left out odd/\udcfe\n.png: zero bytes" in capsys.readouterr().err


def test_results_come_while_images_are_still_being_read(model: Path) -> None:
    taken = []

    def endless() -> Iterator[tuple[str, Picture]]:
        while True:
            taken.append(1)
            yield "a.png", Picture(numpy.zeros((24, 24, 3), dtype=numpy.uint8))

    opened = ModelFolder.open(str(model))
    first = next(predicting.predict_batches(opened.network(), endless(), opened))
    assert first.file == "a.png" and first.probabilities.shape == (4,)
    assert len(taken) == predicting.BATCH


def test_two_classes_and_one_are_tabled() -> None:
    row = Prediction("a.png", numpy.array([0.25, 0.75]))
    assert list(FORMATS["table"]([row], Presentation(["sea", "mountains"], width=5)))[1].split() == [
        "a.png",
        "mountains",
        "75.0%",
        "sea",
        "25.0%",
    ]
    assert list(FORMATS["table"]([Prediction("a.png", numpy.ones(1))], Presentation(["sea"], width=5)))[1].split() == [
        "a.png",
        "sea",
        "100.0%",
    ]


def test_digits_count_as_numbers_wherever_they_stand() -> None:
    names = ["x/10", "x/9b/1", "x1", "x01", "x2", "9", "x/9"]
    ordered = sorted((Path(name) for name in names), key=image_files.order_naturally)
    assert [path.as_posix() for path in ordered] == ["9", "x/9", "x/9b/1", "x/10", "x01", "x1", "x2"]


def a_models_home(home: Path, model: Path) -> None:
    for name in ("intel/cnn", "intel/cnn-bn", "own/cnn"):
        shutil.copytree(model, home / "models" / name)


def test_a_model_is_found_by_its_name(model: Path, photos: Path, tmp_path: Path) -> None:
    a_models_home(tmp_path, model)
    for given in ("cnn-bn", "intel/cnn-bn", "models/intel/cnn-bn", "models/intel/cnn-bn/model.keras"):
        assert ModelFolder.open(given).folder == Path("models/intel/cnn-bn")
    assert ModelFolder.open("own/cnn/").folder == Path("models/own/cnn")
    assert ModelFolder.open("cnn-bn").name == "cnn-bn"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("cnn", "^cnn: 2 models have this name; give one of intel/cnn, own/cnn$"),
        ("vgg", "^vgg: no such folder or model; in models there is intel/cnn, intel/cnn-bn, own/cnn$"),
        ("models/vgg", "^models/vgg: no such folder or model"),
        ("models/intel", "^models/intel: not a whole model's folder: no model.keras .*holds the models cnn, cnn-bn;"),
        ("models", "it holds the models intel/cnn, intel/cnn-bn, own/cnn; give one of them$"),
        ("photos", r"^photos: not a whole model's folder: .*; it holds \.hidden\.png, .* and 1 more; give a folder"),
        ("photos/2.png", r"^photos/2\.png: not a model: give a model's folder, or the model\.keras in it$"),
        ("empty", "^empty: .*; it holds nothing; give a folder that training has written$"),
    ],
)
def test_what_is_no_model_is_told_with_what_there_is(
    model: Path, photos: Path, tmp_path: Path, given: str, line: str
) -> None:
    a_models_home(tmp_path, model)
    Path("empty").mkdir()
    for name in ("x1", "x2", "x3"):
        (photos / name).touch()
    with pytest.raises(UserError, match=line) as caught:
        predict.main([given, "photos"])
    assert "\n" not in str(caught.value)


def test_no_models_at_all_are_told(photos: Path) -> None:
    with pytest.raises(UserError, match=r"^cnn: no such folder or model; and models in this directory holds none$"):
        predict.main(["cnn", "photos"])


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def edited(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        content = json.loads(path.read_text(encoding="utf-8")) | changes
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    return change


@pytest.mark.parametrize(
    ("file", "fault", "line"),
    [
        ("model.keras", truncated, r"model\.keras: not a whole Keras model \("),
        ("model.keras", lambda path: path.write_bytes(b""), r"model\.keras: not a whole Keras model \("),
        (
            "model.keras",
            Path.unlink,
            r"cnn: not a whole model's folder: no model\.keras; it holds summary\.json, view\.",
        ),
        ("view.json", Path.unlink, r"cnn: not a whole model's folder: no view\.json; copy the model's folder"),
        ("summary.json", Path.unlink, r"cnn: not a whole model's folder: no summary\.json; copy the model's folder"),
        ("view.json", truncated, r"view\.json: not valid JSON \("),
        ("view.json", lambda path: path.write_bytes(b"[1]"), r"view\.json: expected an object"),
        ("view.json", edited(size=None), r"view\.json: size: Field required"),
        ("view.json", edited(filter="sharp"), r"view\.json: filter: Input should be 'nearest'"),
        ("view.json", edited(classes="sea"), r"view\.json: classes: expected a list of names"),
        (
            "view.json",
            edited(size=32),
            r"takes images of \(24, 24, 3\) and distinguishes 4 classes, .* says \(32, 32, 3\) and 4",
        ),
        ("view.json", edited(mode="L"), r"takes images of \(24, 24, 3\) .* says \(24, 24, 1\)"),
        ("view.json", edited(classes=["a", "b"]), r"distinguishes 4 classes, but view\.json .* and 2 \(a, b\)"),
    ],
)
def test_a_damaged_model_gives_one_line(
    model: Path, photos: Path, capsys: Output, file: str, fault: Callable[[Path], None], line: str
) -> None:
    shutil.copytree(model, "models/cnn")
    fault(Path("models/cnn") / file)
    with pytest.raises(UserError, match=line) as caught:
        predict.main(["models/cnn", "photos", "--out", "found.csv"])
    assert "\n" not in str(caught.value) and "train" in str(caught.value)
    assert capsys.readouterr().out == "" and not Path("found.csv").exists()


def test_a_diverged_model_is_told(tmp_path: Path, photos: Path) -> None:
    network = scratch_network()
    network.set_weights([weight * numpy.nan for weight in network.get_weights()])
    folder = write_model(tmp_path / "cnn", network)
    with pytest.raises(UserError, match=r"model\.keras: predicts values that are no numbers: its training diverged"):
        predict.main([str(folder), "photos", "--out", "found.csv"])
    assert not Path("found.csv").exists()


def test_a_reader_may_leave_early(model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 (a descriptor)
        monkeypatch.setattr(sys, "stdout", stream)
        predict.main([str(model), "photos"])


def test_a_terminal_of_few_letters_shows_escapes(model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "2.png").rename("größe.png")
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
    predict.main([str(model), "größe.png"])
    assert b"gr\\xf6\\xdfe.png" in printed.getvalue()


@pytest.mark.slow
def test_the_command_says_what_failed_in_one_line(model: Path, photos: Path, root: Path) -> None:
    (photos / "2.png").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "darkroom.apps.predict", str(model), "photos", "--format", "csv"],
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert [row["file"] for row in rows(done.stdout)] == [f"photos/{name}" for name in FOUND if name != "2.png"]
    assert [line for line in done.stderr.splitlines() if not line.startswith("[predict cnn]")] == [
        "error: 1 of 6 images could not be read; the lines above name them"
    ]
