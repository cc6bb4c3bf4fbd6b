"""docs/tutorial.md is followed literally: its commands and edits, on drawn images, must say what the page shows."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.project import copied, environment, git
from tests.support.image_folders import picture

PAGE = Path(__file__).parents[2] / "docs/tutorial.md"
BLOCK = re.compile(
    r"(?P<skipped><!-- not followed: [^\n]+ -->\n)?^```(?P<kind>console|yaml)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
CLASSES = ("forest", "sea", "street")
QUANTITY = re.compile(r"\d+(?:[.,]\d+)*( ?(%|ms|s|min|h|[kMG]i?B)(?!\w))?")


def blocks() -> Iterator[tuple[str, str]]:
    """Yield the kind and text of each block that is followed."""
    for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        if not match["skipped"]:
            yield match["kind"], match["text"]


def commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a block with the lines that are shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, [line for line in shown if line != "…" and not line.startswith("../")]


def without_quantities(line: str) -> str:
    """Return a line with # for numbers and times, and single spaces."""
    return re.sub(r"#( #)+", "#", re.sub(r"\s+", " ", QUANTITY.sub("#", line))).replace("[ #", "[#").strip()


def edit(file: Path, lines: str) -> None:
    """Put each line into the place of the one with the same key."""
    text = file.read_text(encoding="utf-8")
    for line in lines.splitlines():
        key = line.split(":")[0]
        text, found = re.subn(rf"^{re.escape(key)}: .*$", lambda _, new=line: new, text, flags=re.MULTILINE)
        assert found == 1, line
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project with this environment as its own, and photographs beside it, drawn ones."""
    folder = copied(tmp_path / "darkroom")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Start")
    own = folder / ".venv"
    own.mkdir()
    for name in ("bin", "lib", "lib64", "pyvenv.cfg"):
        if (Path(sys.prefix) / name).exists():
            (own / name).symlink_to(Path(sys.prefix) / name)
    locks = [folder / f"requirements/{name}.txt" for name in ("cpu", "development")]
    sum_of_both = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()
    (own / f".locks-{sum_of_both[:16]}").touch()
    (own / ".lock").write_text("cpu\n")
    for place, count in (("photographs", 10), ("new", 1)):
        for number, kind in enumerate(CLASSES):
            into = tmp_path / place / (kind if place == "photographs" else "")
            into.mkdir(parents=True, exist_ok=True)
            for each in range(count):
                picture(100 * number + each + 50 * (place == "new")).save(into / f"{kind}-{each}.png")
    return folder


@pytest.mark.slow
def test_it_is_followed_word_by_word(checkout: Path) -> None:
    variables = {**environment(), "BROWSER": "true", "TF_CPP_MIN_LOG_LEVEL": "2"}
    variables.pop("MAKEFLAGS", None)
    for kind, text in blocks():
        if kind == "yaml":
            edit(checkout / "params.yaml", text)
            continue
        for command, shown in commands(text):
            done = subprocess.run(
                ["bash", "-c", command], cwd=checkout, env=variables, capture_output=True, text=True, check=False
            )
            said = done.stdout + done.stderr
            fails = any(line.startswith("error: ") for line in shown)
            assert bool(done.returncode) == fails, f"$ {command}\n{said[-3000:]}"
            found = [without_quantities(line) for line in said.splitlines()]
            for line in shown:
                assert without_quantities(line) in found, f"$ {command}\n{line}\nis not in\n{said[-3000:]}"
    for made in ("results/holidays/index.html", "results/holidays/comparison/comparison.md"):
        assert (checkout / made).is_file(), made


def test_what_is_not_followed_has_a_reason_and_the_rest_is_read() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.count("<!-- not followed: ") == 1
    assert text.count("```console") + text.count("```yaml") == len(list(blocks())) + 1
    assert without_quantities("[ 8/13] Training (15 min 53 s): 0.750, 64.2%") == "[#/#] Training (#): #, #"
