"""Sources of every layout: folders, several files behind one address, competitions; hashes of all that is fetched."""

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import kagglehub
import pytest
import requests

from darkroom.archives import manifest
from darkroom.core.errors import UserError
from darkroom.params.data import Dataset
from stages import fetch
from tests.support.data_sets import dataset, records, write_idx, write_tar

Project = Callable[..., Path]
PAIRS = [f"{name}-{kind}-ubyte.gz" for name in ("t10k", "train") for kind in ("images-idx3", "labels-idx1")]


@pytest.fixture
def digits(mine: Path) -> Path:
    """It holds two pairs of IDX files, and others."""
    for name in ("train", "t10k", "other"):
        write_idx(mine, name, [0, 1])
    (mine / "notes.txt").write_text("words")
    return mine


def digests(folder: Path, names: list[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def of(**changes: object) -> Dataset:
    """A data set of digits, by default in the user's folder."""
    splits = {"train": ["train"], "validation": [], "test": ["t10k"]}
    return dataset(**{"source": "../mine", "layout": "idx", "splits": splits} | changes)


def bring(dataset: Dataset, out: Path) -> list[str]:
    """Bring and check a data set's files; return their names."""
    out.mkdir()
    fetch.bring("digits", dataset, out)
    manifest.check_hashes("digits", dataset, manifest.list_files(out))
    return sorted(path.name for path in out.iterdir())


def refused(dataset: Dataset, out: Path, *words: str) -> None:
    with pytest.raises(UserError) as caught:
        bring(dataset, out)
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_the_pairs_that_the_splits_name(digits: Path, tmp_path: Path) -> None:
    assert bring(of(source=str(digits)), tmp_path / "out") == PAIRS
    for name in PAIRS:
        assert (tmp_path / "out" / name).read_bytes() == (digits / name).read_bytes()


def test_the_archive_that_holds_the_batches(mine: Path, tmp_path: Path) -> None:
    batches = {f"f/{name}.bin": records([0])[0] for name in ("data_batch_1", "test_batch")}
    write_tar(mine / "deep" / "pictures.tar.gz", {**batches, "f/batches.meta.txt": b"cat\n"})
    write_tar(mine / "deep" / "other.tgz", {"f/words.txt": b"x"})
    splits = {"train": ["data_batch_*"], "validation": [], "test": ["test_batch"]}
    for number, source in enumerate((mine, mine / "deep" / "pictures.tar.gz")):
        dataset = of(source=str(source), layout="cifar10-binary", splits=splits)
        assert bring(dataset, tmp_path / f"out{number}") == ["pictures.tar.gz"]
    missing = of(source=str(mine), layout="cifar10-binary", splits=splits | {"test": ["prove"]})
    refused(
        missing, tmp_path / "out", "splits.test: 'prove': no .tar.gz archive with a batch of that name", "other.tgz"
    )


def test_a_single_file_that_is_not_the_whole(digits: Path, tmp_path: Path) -> None:
    refused(of(source=str(digits / PAIRS[0])), tmp_path / "a", "a single file; give the folder of images and labels")
    splits = {"train": ["a"], "validation": [], "test": ["b"]}
    batches = of(source=str(digits / "notes.txt"), layout="cifar10-binary", splits=splits)
    refused(batches, tmp_path / "b", "no .tar.gz archive")


def test_hashes_hold_for_any_source(digits: Path, tmp_path: Path) -> None:
    right = digests(digits, PAIRS)
    assert bring(of(source=str(digits), sha256=right), tmp_path / "right") == PAIRS
    wrong = right | {PAIRS[1]: "0" * 64}
    words = ("datasets.digits.sha256", "0" * 64, PAIRS[1], right[PAIRS[1]])
    refused(of(source=str(digits), sha256=wrong), tmp_path / "wrong", *words)
    lacking = {name: right[name] for name in PAIRS[1:]}
    refused(of(source=str(digits), sha256=lacking), tmp_path / "lacking", f"{PAIRS[0]} was fetched and has none")
    more = right | {"words.gz": "0" * 64}
    refused(of(source=str(digits), sha256=more), tmp_path / "more", "words.gz was not fetched")
    refused(of(source=str(digits), sha256="0" * 64), tmp_path / "one", "one digest, but", "were fetched")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "https://host/a/", "sha256": "0" * 64}, "source ends in / and sha256 gives one for each file name"),
        ({"source": "https://host/a.gz", "sha256": {"a.gz": "0" * 64}}, "so sha256 must be one digest"),
        ({"source": "https://host/a/", "sha256": {"../a": "0" * 64}}, "sha256"),
        ({"source": "https://host/a/", "sha256": {"a": "0" * 63}}, "sha256"),
        ({"source": "kaggle:competitions"}, "kaggle:competitions/<name>"),
    ],
)
def test_a_source_that_cannot_be(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        of(**change)


def test_every_file_behind_an_address(digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def receive(url: str, known_hash: str, fname: str, path: Path, downloader: object) -> str:
        asked.append((url, known_hash))
        (path / fname).write_bytes((digits / fname).read_bytes())
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", receive)
    known = digests(digits, PAIRS)
    assert bring(of(source="https://host/digits/", sha256=known), tmp_path / "out") == PAIRS
    assert asked == [(f"https://host/digits/{name}", f"sha256:{known[name]}") for name in PAIRS]
    fewer = {name: known[name] for name in PAIRS if "train" in name}
    lacking = of(source="https://host/digits/", sha256=fewer)
    refused(lacking, tmp_path / "lacking", "splits.test: 't10k': no pair of IDX files", "https://host/digits/")


def test_a_competition(mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train.zip", "test1.zip"):
        with zipfile.ZipFile(mine / name, "w") as opened:
            opened.writestr(f"{name[:-4]}/cat.1.jpg", b"x")
    (mine / "sampleSubmission.csv").write_text("id,label\n")
    asked = []
    monkeypatch.setattr(kagglehub, "competition_download", lambda name: asked.append(name) or str(mine))
    drawn = {"seed": 1, "train": None, "validation": None, "test": 1}
    changes = {"layout": "class-in-name", "splits": {"train": ["train"], "validation": [], "test": []}, "draw": drawn}
    source = "kaggle:competitions/cats-and-dogs"
    assert bring(of(source=source, **changes), tmp_path / "out") == ["train.zip"]
    assert asked == ["cats-and-dogs"]
    table = {"names": ["sampleSubmission.csv"], "file": "id", "label": "label", "split": None, "group": None}
    changes |= {"layout": "csv", "table": {**table, "archives": None, "box": None, "box_form": None, "missing": "stop"}}
    assert bring(of(source=source, **changes), tmp_path / "table") == ["sampleSubmission.csv", "train.zip"]

    def refuse(name: str) -> str:
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(kagglehub, "competition_download", refuse)
    refused(of(source=source, **changes), tmp_path / "not", source, "accept the competition's rules", "by hand")
