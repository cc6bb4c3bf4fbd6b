"""Setting up where results are shared: what is refused, in one line, and what DVC is told."""

import configparser
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from darkroom.core.errors import UserError
from workflow import remote, storage


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with DVC's settings and no remote, to stand in."""
    folder = tmp_path / "checkout"
    (folder / ".dvc").mkdir(parents=True)
    (folder / ".dvc/config").write_text("[core]\n    analytics = false\n")
    monkeypatch.chdir(folder)
    return folder


def settings(folder: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read_string((folder / ".dvc/config").read_text())
    return parser


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "URL: missing: make remote URL=<a folder such as ../storage, ssh://"),
        ("gs://bucket/x", "gs:// is not known here; give a folder"),
        ("https://host/x", "https:// is not known here; give a folder"),
        ("ssh://me:secret@host/x", "holds a password, which .dvc/config would publish"),
        ("ssh://host", "incomplete; give ssh://user@host/folder"),
        ("s3://", "incomplete; give s3://bucket/folder"),
        ("storage", "lies inside this checkout"),
        (".dvc/../storage", "lies inside this checkout"),
        ("../nowhere/storage", "no folder, nor one to make it in"),
        ("../file", "no folder, nor one to make it in"),
    ],
)
def test_a_wrong_address_is_refused_in_one_line_and_changes_nothing(checkout: Path, url: str, said: str) -> None:
    (checkout.parent / "file").touch()
    before = (checkout / ".dvc/config").read_text()
    with pytest.raises(UserError) as error:
        remote.main([url])
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)
    assert (checkout / ".dvc/config").read_text() == before
    assert [path.name for path in checkout.iterdir()] == [".dvc"]


def test_a_link_into_the_checkout_is_refused(checkout: Path) -> None:
    (checkout.parent / "link").symlink_to(checkout / ".dvc")
    with pytest.raises(UserError, match="lies inside this checkout"):
        remote.main(["../link/storage"])


def test_a_folder_is_made_open_to_its_group_and_recorded_whole(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    remote.main(["../storage"])
    place = checkout.parent / "storage"
    found = settings(checkout)
    assert found["core"]["remote"] == "storage"
    assert dict(found["'remote \"storage\"'"]) == {"url": str(place), "shared": "group"}
    assert place.stat().st_mode & 0o7777 == remote.OPEN_TO_GROUP
    assert "git commit .dvc/config" in capsys.readouterr().out


def test_options_of_a_remote_stay_with_another_address_of_the_same_kind_only(checkout: Path) -> None:
    remote.main(["s3://bucket/one"])
    with (checkout / ".dvc/config").open("a") as file:
        file.write("    endpointurl = https://objects.example.org\n")
    remote.main(["s3://bucket/two"])
    section = settings(checkout)["'remote \"storage\"'"]
    assert dict(section) == {"url": "s3://bucket/two", "endpointurl": "https://objects.example.org"}
    remote.main(["ssh://me@host/x"])
    assert dict(settings(checkout)["'remote \"storage\"'"]) == {"url": "ssh://me@host/x"}


def test_a_remote_is_known_by_either_file_of_settings(checkout: Path) -> None:
    assert storage.setting("core", "remote") is None
    (checkout / ".dvc/config.local").write_text("['remote \"mine\"']\n    url = /x\n")
    assert storage.setting("core", "remote") is None
    (checkout / ".dvc/config.local").write_text("[core]\n    remote = mine\n")
    assert storage.setting("core", "remote") == "mine"


def test_a_remote_that_says_nothing_is_given_up(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remote.main(["ssh://me@host/x"])
    monkeypatch.setattr(remote, "PATIENCE", 0.2)
    silent = SimpleNamespace(cloud=SimpleNamespace(get_remote=lambda: time.sleep(20)))
    began = time.monotonic()
    with pytest.raises(UserError, match="the remote is out of reach: no answer"):
        remote.answering(silent)  # type: ignore[arg-type]
    assert time.monotonic() - began < 5


def test_a_remote_that_fails_is_told_in_one_line(checkout: Path) -> None:
    remote.main(["s3://bucket/x"])

    def fail() -> None:
        raise ConnectionError("no route to host\nmore of it")

    with pytest.raises(UserError, match=r"the remote is out of reach: no route to host$"):
        remote.answering(SimpleNamespace(cloud=SimpleNamespace(get_remote=fail)))  # type: ignore[arg-type]


def test_what_a_remote_needs_is_locked_with_hashes_and_moves_nothing(root: Path) -> None:
    def pinned(name: str) -> dict[str, str]:
        lines = (root / "requirements" / f"{name}.txt").read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert all(line.endswith("\\") for line in pins)
        return dict(line.split(" ")[0].split("==") for line in pins)

    for scheme in remote.SCHEMES:
        added = pinned(scheme)
        assert f"dvc-{scheme}" in added
        for lock in ("cpu", "gpu", "development"):
            assert not added.keys() & pinned(lock).keys(), lock
