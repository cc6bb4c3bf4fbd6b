"""The archives that published studies were made of are packed again, byte for byte, from files of the same contents."""

import gzip
import io
from pathlib import Path
from zipfile import ZipFile

import pandas
import pytest

from benchmarks import public_archives
from darkroom.core.errors import UserError
from darkroom.core.files import sha256

DATA = Path(__file__).parents[3] / "shared/data"
MEMBERS = {"train/cat/1.jpg": b"a cat", "train/cat/2.jpg": b"another cat", "train/dog/1.jpg": b"a dog"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set of a zip, whose members are stored and dated as those published are, and a file as it is."""
    folder = tmp_path / "data"
    (folder / "pets").mkdir(parents=True)
    sources = tmp_path / "sources"
    for name, content in MEMBERS.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_bytes(content)
    public_archives._write_zip(folder / "pets/train.zip", [(name, sources / name) for name in MEMBERS], "0o644")
    (folder / "pets/labels.gz").write_bytes(gzip.compress(b"labels", mtime=0))
    public_archives.write_lists(folder, tmp_path)
    return folder


def test_archives_of_the_same_bytes(data: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for number, content in enumerate(MEMBERS.values()):
        (public / f"renamed {number}").write_bytes(content)
    (public / "labels").write_bytes((data / "pets/labels.gz").read_bytes())
    said = list(public_archives.pack([public], tmp_path / "out", tmp_path))
    assert said == ["pets/labels.gz: 1 files, the same bytes", "pets/train.zip: 3 files, the same bytes"]
    for name in ("pets/train.zip", "pets/labels.gz"):
        assert (tmp_path / "out" / name).read_bytes() == (data / name).read_bytes()


def test_what_is_not_found_is_named_and_nothing_is_written(data: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / "cat.jpg").write_bytes(b"a cat")
    said = list(public_archives.pack([public], tmp_path / "out", tmp_path))
    assert said[1] == "pets/train.zip: 2 of 3 not found, such as train/cat/2.jpg"
    assert not (tmp_path / "out").exists()
    assert data.is_dir()


def test_an_archive_that_comes_out_otherwise_is_refused(data: Path, tmp_path: Path) -> None:
    listed = pandas.read_csv(tmp_path / "archives.csv")
    listed.assign(mode="0o600").to_csv(tmp_path / "archives.csv", index=False)
    with pytest.raises(UserError, match=r"pets/train\.zip: other bytes"):
        list(public_archives.pack([tmp_path / "sources", data], tmp_path / "out", tmp_path))
    assert not list((tmp_path / "out").rglob("*.zip"))


@pytest.mark.skipif(not DATA.is_dir(), reason="the real archives are not there")
def test_the_published_lists_are_those_of_the_real_archives() -> None:
    listed = pandas.read_csv(public_archives.PLACE / public_archives.ARCHIVES)
    members = pandas.read_csv(public_archives.PLACE / public_archives.MEMBERS)
    for row in listed.itertuples():
        assert sha256(DATA / row.archive) == row.sha256
    with ZipFile(io.BytesIO((DATA / "cats_dogs/train.zip").read_bytes())) as archive:
        assert archive.namelist() == members[members["archive"] == "cats_dogs/train.zip"]["member"].tolist()
