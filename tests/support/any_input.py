"""Input drawn by Hypothesis: how many cases of each kind, and what strange names and bytes are made of."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, configuration, settings
from hypothesis import strategies as some

from darkroom.core.errors import UserError

CASES = {"names": 3000, "documents": 1900, "zip": 2000, "tar": 1500, "idx": 800, "cifar": 800}
"""Of each kind: 10,000 in all."""
configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir(), f"hypothesis-{os.getuid()}"))

ODD = ["..", ".", "/", "\\", "\0", "\n", "\r", "\t", "\x1b[2J", "\x7f", "\x9b", "\u202e", "\u2028", "\ud800", "e\u0301"]
ODD += ["C:", "//", "~", "$(touch x)", "`x`", ";", "|", "&", "'", '"', "<script>", "{{x}}", "=1+1", "@", "-", "+", " "]
ODD += ["a", "b.png", "train", "x.bin", "batches.meta.txt", ".hidden", "__MACOSX", "CON", "x" * 200, "🙂", "%00", "*"]
NAMES = some.lists(some.one_of(some.sampled_from(ODD), some.text(max_size=3)), max_size=5).map("".join)
"""Names, mostly of pieces that mean something to a shell, a page, a terminal, a spreadsheet or a file system."""
VALUES: Any = some.recursive(
    some.one_of(some.none(), some.booleans(), some.integers(), some.floats(), NAMES, some.dates()),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
"""Whatever YAML or JSON may hold."""
CHANGES = some.lists(some.tuples(some.integers(0, 1 << 16), some.integers(0, 255)), max_size=3)
CUTS = some.one_of(some.none(), some.none(), some.integers(0, 1 << 16))


def cases(kind: str, share: float = 1) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Try a test on its ``share`` of the cases of a kind, the same each time."""
    return settings(
        max_examples=round(CASES[kind] * share),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def change_bytes(content: bytes, changes: list[tuple[int, int]], cut: int | None) -> bytes:
    """Return ``content`` with other bytes at some places, counted round, and without its end from ``cut`` on."""
    changed = bytearray(content)
    for place, value in changes:
        if changed:
            changed[place % len(changed)] = value
    return bytes(changed if cut is None else changed[: cut % (len(changed) + 1)])


def only_user_errors(call: Callable[[], object]) -> None:
    """Require that ``call`` goes through, or ends in one line."""
    try:
        call()
    except UserError as error:
        assert "\n" not in str(error), str(error)
    except OSError as error:
        assert error.filename is not None  # told in a line with the file's name


def list_files(folder: Path) -> set[str]:
    """The paths of all files and links below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
