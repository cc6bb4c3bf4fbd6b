"""Every source gives the archives that the splits name; the user's files are only read, and a mistake is one line."""

import hashlib
import os
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import kagglehub
import pandas
import pytest
import requests

from benchmarks.project import edit
from darkroom.archives import download, resuming
from darkroom.core.errors import UserError
from darkroom.params.document import load
from darkroom.pipeline import plan
from stages import fetch, unzip
from tests.support.refusals import one_line

Project = Callable[..., Path]
IMAGES = ("cat/1.jpg", "dog/1.jpg")


def archive(path: Path, *prefixes: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for name in (f"{prefix}{image}" for prefix in prefixes for image in IMAGES):
            opened.writestr(name, name)
    return path


def class_folders(folder: Path) -> Path:
    for name in IMAGES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return content, time, mode and number of names of everything below a folder."""
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else None,
            path.lstat().st_mtime_ns,
            path.lstat().st_mode,
            path.lstat().st_nlink,
        )
        for path in folder.rglob("*")
    }


@pytest.fixture
def pets(project: Project) -> Callable[..., Path]:
    """A project whose dataset comes from a source, by default the user's folder."""

    def make(train: list[str], test: list[str], source: str = "../mine", sha256: str | None = None) -> Path:
        splits = {"train": train, "validation": [], "test": test}
        edits = {"datasets.intel.source": source, "datasets.intel.splits": splits, "datasets.intel.sha256": sha256}
        return project(edits)

    return make


def run() -> list[str]:
    """Fetch, and return the names of the archives that have come."""
    fetch.main(["intel", "--out", "data/raw/intel"])
    return sorted(path.name for path in Path("data/raw/intel").iterdir() if path.name != "manifest.csv")


def refused(*words: str) -> str:
    """Fetch, and require one line with these words and no output."""
    message = one_line(run, *words)
    assert not Path("data/raw").exists() or list(Path("data/raw").iterdir()) == []
    return message


def test_archives_are_copied_and_listed(pets: Callable[..., Path], mine: Path) -> None:
    for name in ("train.zip", "test.ZIP", "other.zip"):
        archive(mine / name, "x/")
    before = snapshot(mine)
    pets(["train"], ["test.zip"])
    assert run() == ["test.ZIP", "train.zip"]
    assert snapshot(mine) == before
    manifest = pandas.read_csv("data/raw/intel/manifest.csv")
    assert list(manifest.columns) == ["name", "bytes", "sha256"]
    assert list(manifest["name"]) == ["test.ZIP", "train.zip"]
    for row in manifest.itertuples():
        data = (mine / str(row.name)).read_bytes()
        assert (row.bytes, row.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        copy = Path("data/raw/intel", str(row.name))
        assert copy.read_bytes() == data and not copy.is_symlink() and not copy.samefile(mine / str(row.name))


def test_several_archives_per_split_and_a_pattern(pets: Callable[..., Path], mine: Path) -> None:
    for name in ("train_a.zip", "train_b.zip", "more[1].zip", "test.zip", "trainer.zip"):
        archive(mine / name, "")
    pets(["train_*", "more[1].zip"], ["test"])
    assert run() == ["more[1].zip", "test.zip", "train_a.zip", "train_b.zip"]


def test_class_folders_are_packed_as_they_are(pets: Callable[..., Path], mine: Path) -> None:
    class_folders(mine / "seg_train" / "seg_train")
    class_folders(mine / "seg_test")
    (mine / "seg_test" / "newt").mkdir()
    (mine / "seg_test" / "read me.txt").write_text("words")
    before = snapshot(mine)
    pets(["seg_train"], ["seg_test.zip"])
    assert run() == ["seg_test.zip", "seg_train.zip"]
    assert snapshot(mine) == before
    with zipfile.ZipFile("data/raw/intel/seg_test.zip") as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [
            "seg_test/",
            "seg_test/cat/",
            "seg_test/cat/1.jpg",
            "seg_test/dog/",
            "seg_test/dog/1.jpg",
            "seg_test/newt/",
            "seg_test/read me.txt",
        ]
        assert packed.read("seg_test/dog/1.jpg") == b"dog/1.jpg"
        assert {member.compress_type for member in packed.infolist()} == {zipfile.ZIP_STORED}


def test_packing_depends_on_content_alone(pets: Callable[..., Path], mine: Path) -> None:
    for split in ("test", "train"):
        class_folders(mine / split)
    pets(["train"], ["test"])
    run()
    first = Path("data/raw/intel/train.zip").read_bytes()
    os.utime(mine / "train/cat/1.jpg", (1e9, 1e9))
    (mine / "train/dog/1.jpg").chmod(0o600)
    run()
    assert Path("data/raw/intel/train.zip").read_bytes() == first


def test_an_archive_by_its_whole_name_goes_before_its_unpacked_folder(pets: Callable[..., Path], mine: Path) -> None:
    delivered = archive(mine / "train.ZIP", "")
    class_folders(mine / "train")
    archive(mine / "test.zip", "")
    pets(["train.zip"], ["test"])
    assert run() == ["test.zip", "train.ZIP"]
    assert Path("data/raw/intel/train.ZIP").read_bytes() == delivered.read_bytes()


@pytest.mark.parametrize("source", ["../mine", "../mine/pets.zip"])
def test_one_archive_that_holds_every_split(pets: Callable[..., Path], mine: Path, source: str) -> None:
    archive(mine / "pets.zip", "learn/", "prove/")
    archive(mine / "other.zip", "x/")
    pets(["learn"], ["prove"], source)
    assert run() == ["pets.zip"]


def test_the_only_folder_of_a_source_is_looked_into(pets: Callable[..., Path], mine: Path) -> None:
    for split in ("test", "train"):
        class_folders(mine / "dataset" / split)
    pets(["train"], ["test"])
    assert run() == ["test.zip", "train.zip"]


def test_home_and_absolute_paths(pets: Callable[..., Path], mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("train.zip", "test.zip"):
        archive(mine / name, "")
    monkeypatch.setenv("HOME", str(mine.parent))
    for source in ("~/mine", str(mine)):
        pets(["train"], ["test"], source)
        assert run() == ["test.zip", "train.zip"]


def test_synthetic_scenes_go_through_to_images(project: Project) -> None:
    drawn = {"classes": ["sea", "forest"], "train_per_class": 3, "test_per_class": 2, "seed": 1}
    project({f"datasets.intel.synthetic.{key}": value for key, value in drawn.items()})
    assert run() == ["seg_test.zip", "seg_train.zip"]
    first = snapshot_bytes(Path("data/raw/intel"))
    assert run() == ["seg_test.zip", "seg_train.zip"]
    assert snapshot_bytes(Path("data/raw/intel")) == first
    unzip.main(["intel", "--raw", "data/raw/intel", "--out", "images"])
    assert dict(pandas.read_csv("images/index.csv").groupby(["split", "class"]).size()) == {
        ("test", "forest"): 2,
        ("test", "sea"): 2,
        ("train", "forest"): 3,
        ("train", "sea"): 3,
    }


def snapshot_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_missing_archive(pets: Callable[..., Path], mine: Path) -> None:
    for number in range(10):
        archive(mine / f"part{number}.zip", "x/")
    before = snapshot(mine)
    pets(["part1"], ["test"])
    refused("params.yaml: datasets.intel.splits.test", "'test'", "../mine", "part0.zip, part1.zip", "and 2 more")
    assert snapshot(mine) == before


def test_a_damaged_archive_that_may_hold_the_split(pets: Callable[..., Path], mine: Path) -> None:
    path = archive(mine / "pets.zip", "train/", "test/")
    path.write_bytes(path.read_bytes()[:-30])
    pets(["train"], ["test"])
    refused("pets.zip", "not a whole zip archive")


def test_a_missing_folder(pets: Callable[..., Path]) -> None:
    pets(["train"], ["test"], "../nowhere")
    refused("datasets.intel.source", "'../nowhere'", "no such file or folder")


def test_a_source_that_is_no_archive(pets: Callable[..., Path], mine: Path) -> None:
    (mine / "pets.rar").write_bytes(b"x")
    pets(["train"], ["test"], "../mine/pets.rar")
    refused("datasets.intel.source", ".rar is not read: unpack pets.rar first, give the folder")


@pytest.mark.parametrize("link", ["train/cat/2.jpg", "train/newt", "train", "train/newt/1.jpg"])
def test_links_are_followed_and_their_content_is_packed(pets: Callable[..., Path], mine: Path, link: str) -> None:
    class_folders(mine / "elsewhere" / "cat")
    class_folders(mine / "test")
    target = {"train": "elsewhere/cat", "train/newt": "elsewhere/cat/cat"}.get(link, "elsewhere/cat/cat/1.jpg")
    if link != "train":
        class_folders(mine / "train")
    (mine / link).parent.mkdir(exist_ok=True)
    (mine / link).symlink_to(mine / target)
    before = snapshot(mine)
    pets(["train"], ["test"])
    assert run() == ["test.zip", "train.zip"]
    added = {"train": [], "train/newt": ["train/newt/1.jpg"]}.get(link, [link])
    with zipfile.ZipFile("data/raw/intel/train.zip") as packed:
        names = [name for name in packed.namelist() if not name.endswith("/")]
        assert names == sorted(["train/cat/1.jpg", "train/dog/1.jpg", *added])
        assert {packed.read(name) for name in added} <= {b"cat/1.jpg"}
    assert snapshot(mine) == before


@pytest.mark.parametrize(
    ("link", "target", "words"),
    [
        ("train/cat/2.jpg", "nowhere.jpg", "a link to nowhere.jpg, which leads nowhere; mend or remove it"),
        ("train/cat/2.jpg", "2.jpg", "a link to 2.jpg, which leads nowhere"),
        ("train/cat/more", "..", "a link to .., in which it lies itself; remove it"),
        ("train/cat/more", "../..", "a link to ../.., in which it lies itself; remove it"),
    ],
)
def test_a_link_that_leads_nowhere_or_back(
    pets: Callable[..., Path], mine: Path, link: str, target: str, words: str
) -> None:
    for split in ("test", "train"):
        class_folders(mine / split)
    (mine / link).symlink_to(target)
    pets(["train"], ["test"])
    refused(f"mine/{link}", words)


def test_something_other_than_a_file_is_refused(pets: Callable[..., Path], mine: Path) -> None:
    class_folders(mine / "train")
    class_folders(mine / "test")
    os.mkfifo(mine / "train/cat/pipe.jpg")
    pets(["train"], ["test"])
    refused("train/cat/pipe.jpg", "neither a file nor a folder")


def test_a_failure_keeps_what_was_there(pets: Callable[..., Path], mine: Path) -> None:
    for name in ("train.zip", "test.zip"):
        archive(mine / name, "")
    pets(["train"], ["test"])
    run()
    before = snapshot(Path("data/raw"))
    (mine / "test.zip").unlink()
    with pytest.raises(UserError):
        run()
    assert snapshot(Path("data/raw")) == before


def test_an_unknown_dataset(project: Project) -> None:
    project()
    with pytest.raises(UserError, match="no entry 'letters'; there is intel"):
        fetch.main(["letters", "--out", "data/raw/letters"])


def test_the_dataset_is_validated_and_no_more(project: Project, pets: Callable[..., Path], mine: Path) -> None:
    project({"datasets.intel.layout": "letters"})
    refused("datasets.intel.layout", "'letters'")
    for name in ("train.zip", "test.zip"):
        archive(mine / name, "")
    edit(pets(["train"], ["test"]), {"views.intel-150.dataset": "letters"})
    assert run() == ["test.zip", "train.zip"]


def test_dvc_is_refused_while_its_plan_has_another_source(
    root: Path, pets: Callable[..., Path], mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("train.zip", "test.zip"):
        archive(mine / name, "")
    folder = pets(["train"], ["test"], "synthetic")
    shutil.copyfile(root / "dvc.yaml", folder / "dvc.yaml")
    plan.update(load())
    monkeypatch.setenv("DVC_STAGE", "fetch@intel")
    pets(["train"], ["test"])
    refused("datasets.intel.source: '../mine'", "run python -m darkroom.pipeline.plan, then dvc repro again")
    plan.update(load())
    assert run() == ["test.zip", "train.zip"]


@pytest.mark.parametrize("source", ["data/raw/intel", "data", "."])
def test_a_source_where_it_would_be_copied_to(pets: Callable[..., Path], source: str) -> None:
    folder = pets(["train"], ["test"], source)
    kept = archive(folder / "data/raw/intel/train.zip", "")
    one_line(run, "datasets.intel.source: lies where it would be copied to")
    assert kept.is_file()


def test_a_control_character_in_the_name_of_an_archive(pets: Callable[..., Path], mine: Path) -> None:
    for name in ("train\r.zip", "test.zip"):
        archive(mine / name, "")
    pets(["train*"], ["test"])
    refused(repr("../mine/train\r.zip"), "control character", "rename it")


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        pass


class Broken(Quiet):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"PK")


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Serve a folder on this machine and return the address."""
    monkeypatch.setattr(resuming, "PARTS", tmp_path / "parts")
    servers = []

    def start(folder: Path, handler: type[Quiet] = Quiet) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_download(tmp_path: Path, mine: Path, serve: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    served = archive(mine / "my pets.zip", "train/", "test/")
    digest = hashlib.sha256(served.read_bytes()).hexdigest()
    folder = tmp_path / "in"
    path = download.download_file(f"{serve(mine)}/my%20pets.zip?download=1", digest, folder, "pets")
    assert path == folder / "my pets.zip" and path.read_bytes() == served.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in folder.iterdir()] == ["my pets.zip"]
    assert "[fetch pets] my pets.zip" in capsys.readouterr().err


def test_progress_of_a_download_in_a_log(
    tmp_path: Path,
    mine: Path,
    serve: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("darkroom.core.progress.INTERVAL", 0.0)
    (mine / "big.zip").write_bytes(bytes(1_000_000))
    digest = hashlib.sha256(bytes(1_000_000)).hexdigest()
    download.download_file(f"{serve(mine)}/big.zip", digest, tmp_path / "in", "pets")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 3 and all(line.startswith("[fetch pets] ") for line in lines)
    assert any("0.5 of 1.0 MB" in line for line in lines)


def failed(url: str, sha256: str, folder: Path, *words: str) -> None:
    with pytest.raises(UserError) as caught:
        download.download_file(url, sha256, folder, "pets")
    for word in (url, *words):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_download_of_another_file(tmp_path: Path, mine: Path, serve: Callable[..., str]) -> None:
    served = archive(mine / "pets.zip", "")
    digest = hashlib.sha256(served.read_bytes()).hexdigest()
    failed(f"{serve(mine)}/pets.zip", "0" * 64, tmp_path / "in", "datasets.pets.sha256", "0" * 64, digest)


def test_a_download_that_is_not_there(tmp_path: Path, mine: Path, serve: Callable[..., str]) -> None:
    failed(f"{serve(mine)}/pets.zip", "0" * 64, tmp_path / "in", "datasets.pets.source", "404")


def test_a_download_that_breaks_off(tmp_path: Path, mine: Path, serve: Callable[..., str]) -> None:
    failed(f"{serve(mine, Broken)}/pets.zip", "0" * 64, tmp_path / "in", "datasets.pets.source", "download failed")


def test_a_server_that_is_not_there(tmp_path: Path, serve: Callable[..., str]) -> None:
    failed("http://127.0.0.1:9/pets.zip", "0" * 64, tmp_path / "in", "datasets.pets.source", "check the network")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/b.ZIP", "b.ZIP"),
        ("https://h/d?id=3", "d.zip"),
        ("https://h/", "archive.zip"),
        ("https://h/a.tar.gz", "a.tar.gz"),
        ("https://h/..%2Fx.zip", "x.zip"),
    ],
)
def test_the_name_of_a_download(url: str, name: str) -> None:
    assert download.find_file_name(url) == name


def test_a_downloaded_archive_must_hold_the_splits(
    pets: Callable[..., Path], mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = archive(mine / "pets.zip", "train/", "test/")
    digest = hashlib.sha256(served.read_bytes()).hexdigest()

    def receive(url: str, known_hash: str, fname: str, path: Path, downloader: object) -> str:
        assert (url, known_hash) == ("https://host/pets.zip", f"sha256:{digest}")
        (path / fname).write_bytes(served.read_bytes())
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", receive)
    pets(["train"], ["test"], "https://host/pets.zip", digest)
    assert run() == ["pets.zip"]
    Path("data/raw/intel/pets.zip").unlink()
    Path("data/raw/intel/manifest.csv").unlink()
    Path("data/raw/intel").rmdir()
    pets(["train"], ["prove"], "https://host/pets.zip", digest)
    refused("datasets.intel.splits.test", "'prove'", "https://host/pets.zip")


def test_a_downloaded_tar_is_checked_as_it_came_and_becomes_a_zip(
    pets: Callable[..., Path], mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(mine / "pets.tar.gz", "w:gz") as served:
        for split in ("train", "test"):
            served.add(class_folders(mine / split), f"pets/{split}")
    digest = hashlib.sha256((mine / "pets.tar.gz").read_bytes()).hexdigest()

    def receive(url: str, known_hash: str, fname: str, path: Path, downloader: object) -> str:
        shutil.copyfile(mine / "pets.tar.gz", path / fname)
        return str(path / fname)

    monkeypatch.setattr("pooch.retrieve", receive)
    pets(["train"], ["test"], "https://host/pets.tar.gz", digest)
    assert run() == ["pets.zip"]
    assert pandas.read_csv("data/raw/intel/manifest.csv")[["name", "sha256"]].values.tolist() == [
        ["pets.tar.gz", digest]
    ]
    with zipfile.ZipFile("data/raw/intel/pets.zip") as packed:
        files = {name for name in packed.namelist() if not name.endswith("/")}
    assert files == {f"pets/{split}/{name}" for split in ("train", "test") for name in IMAGES}


def test_kaggle(pets: Callable[..., Path], mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_folders(mine / "seg_train" / "seg_train")
    class_folders(mine / "seg_test" / "seg_test")
    before = snapshot(mine)
    asked = []
    monkeypatch.setattr(kagglehub, "dataset_download", lambda handle: asked.append(handle) or str(mine))
    pets(["seg_train"], ["seg_test"], "kaggle:someone/scenes")
    assert run() == ["seg_test.zip", "seg_train.zip"]
    assert asked == ["someone/scenes"] and snapshot(mine) == before


def response(status: int) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    return made


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError("no route\nto host"),
        kagglehub.exceptions.KaggleApiHTTPError("404 Client Error.\n\nNot found", response(404)),
        kagglehub.exceptions.UnauthenticatedError(),
        ValueError("Invalid Kaggle credentials file"),
    ],
)
def test_kaggle_that_fails(pets: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(handle: str) -> str:
        raise error

    monkeypatch.setattr(kagglehub, "dataset_download", refuse)
    pets(["train"], ["test"], "kaggle:someone/scenes")
    refused("datasets.intel.source", "kaggle:someone/scenes", "KAGGLE_USERNAME", "by hand")
