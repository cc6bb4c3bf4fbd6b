"""Installed libraries that somebody edited in place: the file and its package are named."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from workflow.audit import __main__ as audits
from workflow.audit import installed, strays


def package(folder: Path, name: str, version: str, files: Mapping[str, str], listed: bool = True) -> None:
    """Install a package, as pip does."""
    info = f"{name}-{version}.dist-info"
    rows = [f"{info}/RECORD,,", f"{name}/__pycache__/there.cpython-311.pyc,,"]
    for path, text in {**files, f"{info}/METADATA": f"Name: {name}\nVersion: {version}\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
        digest = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text)}")
    if listed:
        (folder / info / "RECORD").write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of two packages, of which one has a program beside, and Python's own; and their lock."""
    folder = tmp_path / "lib/site-packages"
    package(folder, "numbers_lib", "2.0", {"numbers_lib/there.py": "1", "numbers_lib/fast.so": "2", "../../bin/n": "3"})
    package(folder, "drawing", "1.5", {"drawing.py": "4"})
    package(folder, "pip", "24.0", {"pip/there.py": "5"})
    (tmp_path / "requirements").mkdir()
    lock = "numbers-lib==2.0 ; sys_platform == 'linux' \\\n    --hash=sha256:00\ndrawing==1.5\n    # via numbers-lib\n"
    (tmp_path / "requirements/cpu.txt").write_text(lock)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installed.sysconfig, "get_path", lambda kind: str(folder))
    return folder


def test_what_was_installed_holds(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "numbers_lib/__pycache__").mkdir()
    (site / "numbers_lib/__pycache__/there.cpython-311.pyc").write_text("compiled")
    (site / "_virtualenv.pth").write_text("import _virtualenv")
    assert audits.report_environment(print)
    said = capsys.readouterr().out
    assert said.startswith("environment: 3 packages, 8 files, ")
    assert said.endswith(f"; {installed.UNKNOWN}\n") and said.count("\n") == 1


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file edited": (
        lambda at: (at / "numbers_lib/there.py").write_text("2"),
        "SITE/numbers_lib/there.py, of numbers_lib 2.0, is not what was installed: make distclean environment",
    ),
    "a program edited": (
        lambda at: (at.parents[1] / "bin/n").write_text("4"),
        "PREFIX/bin/n, of numbers_lib 2.0, is not what was installed: make distclean environment",
    ),
    "a file removed": (
        lambda at: (at / "numbers_lib/fast.so").unlink(),
        "SITE/numbers_lib/fast.so, of numbers_lib 2.0, is missing: make distclean environment",
    ),
    "a file added": (
        lambda at: (at / "numbers_lib/more.py").write_text(""),
        "SITE/numbers_lib/more.py is of no package: remove it",
    ),
    "code that runs at every start": (
        lambda at: (at / "evil.pth").write_text("import evil"),
        "SITE/evil.pth is of no package: remove it",
    ),
    "code without its source": (
        lambda at: (at / "drawing.pyc").write_text(""),
        "SITE/drawing.pyc is of no package: remove it",
    ),
    "a list removed": (
        lambda at: package(at, "unlisted", "1.0", {}, listed=False),
        "unlisted 1.0 has no list of its files: install it again",
    ),
    "another version than the lock has": (
        lambda at: (at.parents[1] / "requirements/cpu.txt").write_text("numbers-lib==2.1\ndrawing==1.5\n"),
        "numbers_lib 2.0 is installed, requirements has 2.1: make environment",
    ),
    "a package of no lock": (
        lambda at: package(at, "extra", "3.0", {"extra.py": ""}),
        "extra 3.0 is in no lock of requirements: remove it, or make environment",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_is_not_as_it_was_installed_is_named(site: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    tamper, expected = TAMPERED[what]
    tamper(site)
    assert not audits.report_environment(print)
    expected = expected.replace("SITE", str(site)).replace("PREFIX", str(site.parents[1]))
    assert f"mismatch: {expected}" in capsys.readouterr().out.splitlines()


def test_many_mismatches_are_counted(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(11):
        (site / f"more_{number:02}.py").write_text("")
    assert not audits.report_environment(print)
    said = capsys.readouterr().out.splitlines()
    assert (len(said), said[-1]) == (9, "and 3 more")


def test_a_sitecustomize_among_the_libraries_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "list_package_files", list)
    assert list(strays.find_stray_code()) == []
    (site / "sitecustomize.py").write_text("")
    assert list(strays.find_stray_code()) == [f"{site}/sitecustomize.py: Python runs it before every stage: remove it"]


def test_the_environment_is_verified_or_not_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        audits.main(["results", "--environment"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: --environment: compares files by hash: add --verify\n"
