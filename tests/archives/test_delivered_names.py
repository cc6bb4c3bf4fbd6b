"""Names that cannot be written down, or cannot stand in an archive, are refused in one line, wherever they stand."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from darkroom.archives import unpacking
from stages import fetch
from tests.support.data_sets import dataset, records, write_idx, write_tar
from tests.support.deliveries import CIFAR, class_folders
from tests.support.refusals import one_line

LATIN = "x\udce9"
"""What Python makes of a name in Latin-1 on disk."""
LABELS = {"d/batches.meta.txt": b"cat\ndog\n"}
BATCHES = {f"d/{name}.bin": records([0, 1])[0] for name in ("data_batch_1", "test_batch")} | LABELS


@pytest.mark.parametrize("more", [f"{LATIN}/1.jpg", f"cat/{LATIN}.jpg"])
def test_a_name_in_a_folder_that_is_not_utf8(refused: Callable[..., str], mine: Path, more: str) -> None:
    class_folders(mine / "train", more)
    refused("mine/train/", r"x\xe9", "the name is not UTF-8; rename it")


def test_a_folder_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    class_folders(mine / f"train{LATIN}")
    refused(r"/mine/trainx\xe9': the name is not UTF-8; rename it")


def test_an_archive_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path, whole: bytes) -> None:
    (mine / f"train{LATIN}.zip").write_bytes(whole)
    refused(r"/mine/trainx\xe9.zip': the name is not UTF-8; rename it")


def test_files_of_pixels_whose_names_are_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    for name in (f"train{LATIN}", "test"):
        write_idx(mine, name, [0, 1])
    refused(r"/mine/trainx\xe9-images-idx3-ubyte.gz': the name is not UTF-8; rename it", layout="idx")
    (mine / f"train{LATIN}-labels-idx1-ubyte.gz").unlink()
    refused("no file of its labels beside it; add ", r"x\xe9-labels-idx1-ubyte.gz", layout="idx")


def test_a_name_that_is_not_utf8_where_nothing_is_found(refused: Callable[..., str], mine: Path, whole: bytes) -> None:
    (mine / f"{LATIN}.zip").write_bytes(whole)
    (mine / "a\nb.zip").write_bytes(whole)
    refused(r"which holds 'a\nb.zip', test.zip, b'x\xe9.zip'; correct the name or add what it means")


@pytest.mark.parametrize("name", [LATIN, "a\nb"])
def test_a_damaged_archive_of_such_a_name_may_hold_what_is_meant(
    refused: Callable[..., str], mine: Path, name: str
) -> None:
    (mine / f"{name}.zip").write_bytes(b"x")
    refused("not a whole zip archive", repr(os.fsencode(name) if name == LATIN else name)[2:-1])


def test_a_stray_or_a_folder_around_all_may_have_any_name(mine: Path, whole: bytes, tmp_path: Path) -> None:
    for name in ("train", "test", LATIN):
        (mine / LATIN).mkdir(exist_ok=True)
        (mine / LATIN / f"{name}.zip").write_bytes(whole)
    out = tmp_path / "out"
    out.mkdir()
    fetch.bring("pets", dataset(source=str(mine)), out)
    assert sorted(path.name for path in out.iterdir()) == ["test.zip", "train.zip"]


def test_an_archive_whose_name_is_not_utf8_cannot_be_unpacked(mine: Path, whole: bytes) -> None:
    for name in (f"train{LATIN}", "test"):
        (mine / f"{name}.zip").write_bytes(whole)
    splits = {"train": ["train*"], "validation": [], "test": ["test"]}
    one_line(lambda: unpacking.plan_images("pets", dataset(splits=splits), mine), "the name is not UTF-8")


def test_a_batch_whose_name_is_not_utf8(refused: Callable[..., str], mine: Path) -> None:
    write_tar(mine / "a.tar.gz", BATCHES | {f"d/data_batch_{LATIN}.bin": b"x"})
    refused("a.tar.gz: the name of b'data_batch_x\\xe9.bin' in it is not UTF-8; pack it under another", **CIFAR)


def test_other_members_of_a_tar_may_have_any_name(mine: Path, tmp_path: Path) -> None:
    write_tar(mine / "a.tar.gz", {f"{LATIN}/{name}": data for name, data in BATCHES.items()} | {LATIN: b"x"})
    out = tmp_path / "out"
    out.mkdir()
    fetch.bring("pets", dataset(source=str(mine), **CIFAR), out)
    images, suspicions = unpacking.plan_images("pets", dataset(**CIFAR), out)
    assert len(images) == 4 and suspicions == []


@pytest.mark.parametrize("name", ["a\x1b", "é" * 120])
def test_a_class_that_cannot_name_a_file(mine: Path, name: str) -> None:
    write_tar(mine / "a.tar.gz", BATCHES | {"d/batches.meta.txt": f"{name}\ndog\n".encode()})
    one_line(lambda: unpacking.plan_images("pets", dataset(**CIFAR), mine), repr(name), "cannot name a file; mend it")


@pytest.mark.parametrize("name", ["cat/a\nb.jpg", "a\nb/1.jpg", "cat/a\\b.jpg"])
def test_a_name_that_no_archive_may_have(refused: Callable[..., str], mine: Path, name: str) -> None:
    class_folders(mine / "train", name)
    refused("mine/train/", "; rename it")


@pytest.mark.parametrize("name", ["a\nb.jpg", f"{LATIN}.jpg"])
def test_a_broken_link_of_any_name_is_refused(refused: Callable[..., str], mine: Path, name: str) -> None:
    (class_folders(mine / "train") / "cat" / name).symlink_to("nowhere")
    refused("mine/train/cat/", "a link to nowhere, which leads nowhere; mend or remove it")


def test_a_folder_whose_archive_would_have_too_long_a_name(refused: Callable[..., str], mine: Path) -> None:
    class_folders(mine / f"train{'é' * 124}")
    refused("as an archive it would have a name of over 255 bytes; shorten its name")
