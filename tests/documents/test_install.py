"""The set-up names what a machine lacks, in one line, before it touches anything."""

import os
import re
import shutil
import subprocess
import sys
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


UV = """[ "$1 $2" = "pip install" ] || exit 9
for number in 1 2 3 4 5 6; do
    for part in 1 2 3 4 5; do
        echo "DEBUG Registry requirement already cached: package-$number-$part==1" >&2
        echo "DEBUG No cache entry for: https://files/package_$number_$part-1-py3-none-any.whl" >&2
        echo "DEBUG No cache entry for: https://index/package-$number-$part/" >&2
    done
    sleep 0.4
done
[ -z "{error}" ] || {{ echo "error: {error}" >&2; exit 2; }}
echo "Prepared 30 packages in 1ms" >&2
sleep 1.5
"""


def install(root: Path, machine: Path, place: Path, pip: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Install 60 packages that are none by the programs of the machine, whose Python has this pip."""
    for tool in ("grep", "sleep", "tail", "mkdir", "chmod", "sed", "tr"):
        (machine / tool).symlink_to(shutil.which(tool) or tool)
    add(machine, "git", "exit 0")
    (machine / "pip").write_text(pip)
    venv = f'mkdir -p "$3/bin"; cat {machine}/pip >"$3/bin/python"; chmod +x "$3/bin/python"'
    asked = f'case "$1$2" in -mvenv) {venv} ;; *platform* | --version) echo 3.12.4 ;; esac'
    add(machine, "python3", asked)
    lock, environment = place / "some.txt", place / "environment"
    lock.write_text("".join(f"package-{number}==1\n" for number in range(60)))
    command = [str(root / "requirements/install"), str(environment), str(lock)]
    done = subprocess.run(command, env={"PATH": str(machine)}, capture_output=True, text=True, check=False)
    return done, environment


def test_each_step_of_an_installation_by_uv_is_told(root: Path, machine: Path, tmp_path: Path) -> None:
    add(machine, "uv", UV.format(error=""))
    done, environment = install(root, machine, tmp_path, "#!/bin/sh\n")
    *steps, unpacking, end = done.stdout.splitlines()[2:]
    assert {line.strip().partition(" ")[2] for line in steps} == {"of 60 packages are here"}
    assert len(steps) <= 2, "one for 25 packages; on a busy machine one may stand for two"
    assert (unpacking, end) == ("      all 60 are here; unpacking them", "The environment is ready.")
    assert (done.returncode, done.stderr, (environment / ".lock").read_text()) == (0, "", "some\n")


def test_where_uv_cannot_pip_tries(root: Path, machine: Path, tmp_path: Path) -> None:
    add(machine, "uv", UV.format(error="unexpected argument '--link-mode' found"))
    pip = f'#!/bin/sh\n[ "$3" != config ] || exit 1\n{PIP.format(error="")}'
    done, environment = install(root, machine, tmp_path, pip)
    assert done.returncode == 0, done.stderr
    told = "      uv could not install them (error: unexpected argument '--link-mode' found); pip tries"
    assert told in done.stdout.splitlines()
    assert (environment / ".lock").exists()


TINY = ("idna", "packaging", "tabulate")


@pytest.mark.slow
def test_uv_installs_just_what_pip_does(root: Path, tmp_path: Path) -> None:
    """For real: three small packages of the lock, by their hashes, with uv and without."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("no uv here")
    text = (root / "requirements/cpu.txt").read_text()
    blocks = [block for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if block.split("==")[0] in TINY]
    lock = tmp_path / "tiny.txt"
    lock.write_text("".join(blocks))
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "uv").symlink_to(uv)
    system = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if not Path(part, "uv").exists())
    found = {}
    for installer, path in {"pip": system, "uv": f"{tools}{os.pathsep}{system}"}.items():
        environment = tmp_path / installer
        variables = {**os.environ, "PATH": path, "PYTHON": sys.executable}
        command = [str(root / "requirements/install"), str(environment), str(lock)]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        if installer == "pip" and done.returncode:
            pytest.skip("no package index here")
        assert done.returncode == 0, done.stderr
        assert "pip tries" not in done.stdout
        frozen = [str(environment / "bin/python"), "-m", "pip", "freeze"]
        found[installer] = subprocess.run(frozen, capture_output=True, text=True, check=True).stdout.splitlines()
        (noted,) = {file.read_text().strip() for file in environment.glob("lib/*/site-packages/idna-*/INSTALLER")}
        assert noted == installer
    assert found["uv"] == found["pip"]
    assert [line.partition("==")[0] for line in found["uv"]] == sorted(TINY)


@pytest.mark.parametrize("error", ["", "No matching distribution found"])
def test_each_step_of_an_installation_is_told(root: Path, machine: Path, tmp_path: Path, error: str) -> None:
    done, environment = install(root, machine, tmp_path, PIP.format(error=error))
    lock = tmp_path / "some.txt"
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
