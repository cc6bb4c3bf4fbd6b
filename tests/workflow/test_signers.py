"""Where the library that signs is not installed, that is said in a line; and which files are a study's codecheck."""

from collections.abc import Callable
from pathlib import Path

import pytest

from darkroom.core.errors import UserError
from workflow.audit import materials, signers


@pytest.mark.parametrize("use", [signers.use_identity, lambda: signers.use_private_key(Path("key"))])
def test_without_the_library_a_line_says_how_to_have_it(
    use: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> object:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(UserError, match=r"^model-signing is not installed; run requirements/extend .venv"):
        use()


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("manifest:\n  - file: a.md\n    comment: A\n  - file: b.md\n", ["a.md", "b.md"]),
        ("manifest: [1, {comment: x}, {file: 3}]\n", []),
        ("manifest: none\n", []),
        ("- a\n", []),
        ("", []),
        ("{", []),
    ],
)
def test_the_files_of_whatever_stands_in_a_codecheck(tmp_path: Path, held: str, expected: list[str]) -> None:
    (tmp_path / "codecheck.yml").write_text(held)
    assert list(materials.list_files(tmp_path / "codecheck.yml")) == expected
