"""Files that nothing vouches for: among results and models what no stage wrote, and code that no stage depends on."""

import ast
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from darkroom.pipeline import template
from workflow.audit.chain import PROGRAM, Chain

LOOKED_THROUGH = ("models", "results")
"""Folders in which there is nothing but what stages write."""
ALLOWED = "darkroom.core"
"""What the files of packages may import that no stage depends on; every stage depends on this room."""
OURS = (*PROGRAM, "workflow", "benchmarks", "tests")
"""The packages of this project."""
AT_START = ("sitecustomize", "usercustomize")
"""Modules that Python imports by itself whenever it starts, if there are any."""


def find_stray_files(names: Iterable[str], chain: Chain) -> Iterator[str]:
    """Return the files and folders that lie beside what the steps ``names`` wrote, or in what they read, of no step."""
    entries = [chain.entries[name] for name in names]
    read = (dep for entry in entries for dep in entry.deps if chain.producers.below(dep))
    folders = {*read, *(os.path.dirname(out) for entry in entries for out in entry.outs)}  # noqa: PTH120
    outs = {*chain.producers, *chain.inspection.producers}
    known = outs | {str(parent) for out in outs for parent in Path(out).parents}
    for folder in sorted(folder for folder in folders if Path(folder).parts[0] in LOOKED_THROUGH):
        for path in sorted(Path(folder).glob("[!.]*")):
            if str(path) not in known:
                yield f"{path} is of no stage: remove it, or keep it elsewhere"


def find_stray_code() -> Iterator[str]:
    """Return the code that runs with every stage, or could, and on which none depends."""
    for file in list_package_files():
        if not _is_plain(file):
            yield f"{file} holds code on which no stage depends: move it into a room"
    for file in sorted(file for pattern in ("*.py", "*.so", "*/__init__.py") for file in Path().glob(pattern)):
        name = file.name.partition(".")[0] if file.parent == Path() else file.parent.name
        if name in AT_START:
            yield f"{file}: Python runs it by itself before what it is asked for: remove it"
        elif name not in OURS and _is_library(name):
            yield f"{file} hides the library {name}: rename it"
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for name in AT_START:
            if (file := Path(folder, f"{name}.py")).exists():
                yield f"{file}: Python runs it before every stage: remove it"


def list_package_files() -> list[Path]:
    """Return the ``__init__.py`` that stages run, and that lie in no file or folder that they depend on."""
    definitions = template.read_definitions().values()
    deps = {dep for one in definitions for dep in template.list_paths(one.get("do", one).get("deps", []))}
    code = {Path(dep) for dep in deps if Path(dep).parts[0] in PROGRAM}
    above = {parent for dep in code for parent in dep.parents if parent != Path()}
    return sorted(file for parent in above - code if (file := parent / "__init__.py").exists())


def _is_plain(file: Path) -> bool:
    """Return whether a module holds nothing but its docstring, and imports of what every stage depends on."""

    def is_allowed(node: ast.stmt) -> bool:
        if isinstance(node, ast.Import):
            return all(f"{one.name}.".startswith(f"{ALLOWED}.") for one in node.names)
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)

    try:
        return all(map(is_allowed, ast.parse(file.read_bytes()).body))
    except (SyntaxError, ValueError):
        return False


def _is_library(name: str) -> bool:
    """Return whether Python has a module of this name, of its own or installed."""
    installed = [place for place in sys.path if place and Path(place) != Path.cwd()]
    return name in sys.stdlib_module_names or PathFinder.find_spec(name, installed) is not None
