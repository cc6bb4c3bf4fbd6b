"""Every way in which two classes in two splits may be delivered, on real bytes, from the source to the images."""

import hashlib
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas
import pytest

from darkroom.archives import contents
from darkroom.archives.reading import find_reading
from darkroom.archives.shards import ENDINGS
from darkroom.images.decoding.formats import find_file
from stages import fetch, unzip
from tests.support import kinds_of_deliveries as kinds
from tests.support.data_sets import dataset
from tests.support.kinds_of_deliveries import READ, REFUSED, Delivery
from tests.support.refusals import one_line

Project = Callable[..., Path]


@pytest.fixture
def deliver(project: Project, mine: Path) -> Callable[[Delivery], pandas.DataFrame]:
    """Bring a delivery from the user's folder to images, and return their index."""

    def run(delivery: Delivery) -> pandas.DataFrame:
        delivery.make(mine)
        splits = {"train": ["train"], "validation": [], "test": ["test"]}
        edits = {"source": str(mine), "splits": splits, **delivery.settings}
        project({f"datasets.intel.{key}": value for key, value in edits.items()})
        fetch.main(["intel", "--out", "raw"])
        unzip.main(["intel", "--raw", "raw", "--out", "images"])
        return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)

    return run


@pytest.mark.parametrize("delivery", READ.values(), ids=READ)
def test_what_is_read(
    deliver: Callable[[Delivery], pandas.DataFrame],
    mine: Path,
    capsys: pytest.CaptureFixture[str],
    delivery: Delivery,
) -> None:
    index = deliver(delivery)
    files = delivery.files or kinds.BOTH
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert dict(zip(index["file"], index["sha256"], strict=True)) == expected
    assert all(find_file(Path("images", file)).read_bytes() == files[file] for file in index["file"])
    said = capsys.readouterr().err
    for words in delivery.noted:
        assert words in said
    table = Path("images/suspicions.csv")
    found = pandas.read_csv(table)[["kind", "subject"]] if table.exists() else pandas.DataFrame()
    assert list(found.itertuples(index=False, name=None)) == list(delivery.suspicions)
    endings = (".zip", ".csv", *ENDINGS.get(delivery.settings.get("layout", ""), ()))
    raw = {path: path.read_bytes() for path in Path("raw").rglob("*") if path.is_file()}
    assert all(path.name.endswith(endings) for path in raw)
    fetch.main(["intel", "--out", "raw"])
    assert {path: path.read_bytes() for path in Path("raw").rglob("*") if path.is_file()} == raw


@pytest.mark.parametrize("delivery", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(deliver: Callable[[Delivery], pandas.DataFrame], mine: Path, delivery: Delivery) -> None:
    one_line(lambda: deliver(delivery), *delivery.refused)
    assert not Path("images").exists()
    assert not list(mine.parent.rglob("evil.jpg"))
    assert not any(path.name.startswith(".") for path in Path().iterdir())


def test_the_manifest_has_what_was_delivered(deliver: Callable[[Delivery], pandas.DataFrame], mine: Path) -> None:
    deliver(READ["`train.tar.gz`"])
    manifest = pandas.read_csv("raw/manifest.csv").set_index("name")
    assert list(manifest.index) == ["test.zip", "train.tar.gz"]
    assert manifest.loc["train.tar.gz", "sha256"] == hashlib.sha256((mine / "train.tar.gz").read_bytes()).hexdigest()


def test_the_table_of_the_page_is_that_of_the_tests() -> None:
    page = kinds.PAGE.read_text(encoding="utf-8")
    assert f"{kinds.BEGIN}{kinds.compose()}{kinds.END}" in page, "run python -m tests.support.kinds_of_deliveries"


def read_members(archive: Path) -> tuple[int, int]:
    """Count the members of an archive. Return them, and the most bytes that Python held meanwhile."""
    reading = find_reading("pets", dataset())
    tracemalloc.start()
    with contents.open_archive(archive, reading, archive.parent) as members:
        count = sum(1 for _ in members)
    return count, tracemalloc.get_traced_memory()[1]


@pytest.mark.slow
def test_a_tar_of_many_members_is_read_in_little_memory(mine: Path) -> None:
    """Their headers are more than a tar of a few batches may have; tarfile alone would hold each of them.

    In a process of its own: how often Python collects what is no longer used depends on what other tests have left.
    """
    small = kinds.picture(1)
    with tarfile.open(mine / "train.tar", "w") as opened:
        for number in range(20_000):
            member = tarfile.TarInfo(f"train/{('cat', 'dog')[number % 2]}/{number}.jpg")
            member.size = len(small)
            opened.addfile(member, io.BytesIO(small))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        count, peak = another.submit(read_members, mine / "train.tar").result()
    assert count == 20_000 and peak < 8 << 20
