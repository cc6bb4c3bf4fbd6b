"""The set-up names what a machine lacks, in one line, before it touches anything."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ["sh", "basename", "cat", "cut", "sha256sum", "uname", "rm", "touch", "dirname"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of programs that stands for a machine with the basic ones alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    return folder


def add(machine: Path, name: str, script: str) -> None:
    (machine / name).write_text(f"#!/bin/sh\n{script}\n")
    (machine / name).chmod(0o755)


def python(version: str, fits: bool, venv: bool) -> str:
    """A program that answers the questions of the set-up as such a Python would."""
    return f"""case "$2" in
*platform*) echo {version} ;;
*ensurepip*) exit {0 if venv else 1} ;;
*version_info*) exit {0 if fits else 1} ;;
*) exit 9 ;;
esac"""


def refused(root: Path, machine: Path, tmp_path: Path) -> str:
    command = [str(root / "requirements/install"), str(tmp_path / "environment"), str(root / "requirements/cpu.txt")]
    done = subprocess.run(command, env={"PATH": str(machine)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "environment").exists()
    return done.stderr


def test_git_is_asked_for(root: Path, machine: Path, tmp_path: Path) -> None:
    assert "error: git is missing; install it" in refused(root, machine, tmp_path)


def test_python_is_asked_for(root: Path, machine: Path, tmp_path: Path) -> None:
    add(machine, "git", "exit 0")
    assert "Python 3.11, 3.12 or 3.13 with venv is needed: none was found" in refused(root, machine, tmp_path)


@pytest.mark.parametrize("version", ["3.14.0", "3.9.18"])
def test_another_python_is_named(root: Path, machine: Path, tmp_path: Path, version: str) -> None:
    add(machine, "git", "exit 0")
    add(machine, "python3", python(version, fits=False, venv=True))
    assert f"is needed: python3 is {version}; install one" in refused(root, machine, tmp_path)


def test_a_python_without_venv_is_named_with_its_package(root: Path, machine: Path, tmp_path: Path) -> None:
    add(machine, "git", "exit 0")
    add(machine, "python3", python("3.12.4", fits=True, venv=False))
    message = refused(root, machine, tmp_path)
    assert "python3 is 3.12.4; but without venv (Debian, Ubuntu: apt install python3.12-venv)" in message


PIP = """#!/bin/sh
for number in 1 2 3 4 5 6; do
    for part in 1 2 3 4 5 6 7 8 9 10; do echo "Collecting package-$number-$part"; done
    sleep 0.4
done
echo "Installing collected packages: all"
sleep 1.5
[ -z "{error}" ] || {{ echo "ERROR: {error}" >&2; exit 1; }}
"""


@pytest.mark.parametrize("error", ["", "No matching distribution found"])
def test_each_step_of_an_installation_is_told(root: Path, machine: Path, tmp_path: Path, error: str) -> None:
    for tool in ("grep", "sleep", "tail", "mkdir", "chmod"):
        (machine / tool).symlink_to(shutil.which(tool) or tool)
    add(machine, "git", "exit 0")
    (machine / "pip").write_text(PIP.format(error=error))
    venv = f'mkdir -p "$3/bin"; cat {machine}/pip >"$3/bin/python"; chmod +x "$3/bin/python"'
    asked = f'case "$1$2" in -mvenv) {venv} ;; *platform* | --version) echo 3.12.4 ;; esac'
    add(machine, "python3", asked)
    lock = tmp_path / "some.txt"
    lock.write_text("".join(f"package-{number}==1\n" for number in range(60)))
    environment = tmp_path / "environment"
    command = [str(root / "requirements/install"), str(environment), str(lock)]
    done = subprocess.run(command, env={"PATH": str(machine)}, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("[1/2] Making the environment in ")
    assert lines[1] == f"[2/2] Installing 60 packages of {lock}; they are downloaded once."
    assert lines[2].endswith(" of 60 packages are here")
    assert "      all 60 are here; unpacking them" in lines
    if error:
        assert done.stderr.splitlines() == [
            f"ERROR: {error}",
            f"error: {lock} could not be installed (its lines are above); check the network and run the same command "
            "again",
        ]
        assert (done.returncode, (environment / ".lock").exists()) == (1, False)
    else:
        assert (done.returncode, lines[-1], done.stderr) == (0, "The environment is ready.", "")
        assert (environment / ".lock").read_text() == "some\n"


def test_locks_hold_hashes_and_no_address(root: Path) -> None:
    for lock in ("cpu", "gpu", "development", "site"):
        text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
        assert "://" not in text
        pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert all("==" in line and line.endswith("\\") for line in pinned), lock
