"""The rooms of darkroom/: each imports only rooms below it, and each stage declares the rooms that it reaches."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from darkroom.pipeline import template
from tests.support.imports import direct, imported, names

ROOMS = (
    *(
        "core",
        "params",
        "pipeline",
        "reporting",
        "timings",
        "images/prepared",
        "images/decoding",
        "archives",
        "synthetic",
    ),
    *("census", "networks", "training", "transfer_learning", "weights", "evaluation", "explanation", "comparison"),
    *("worksheet", "pages", "cards", "apps"),
)
"""From the lowest up."""
UNDECLARED = {"params", "pipeline"}
"""Rooms that no stage depends on: DVC tracks the values of parameters."""
ORIGINS = {"fetch": {"synthetic"}}
"""Rooms that a stage depends on only where its plan names them as the origin of what it makes."""
MOST, MOST_OF_TRAIN = 10, 5
ROOT = Path(__file__).parents[1]
STAGES = sorted(file.stem for file in ROOT.glob("stages/*.py") if file.name != "__init__.py")
MODULES = [file.relative_to(ROOT) for file in sorted(ROOT.glob("darkroom/**/*.py")) if file.name != "__init__.py"]


def room_of(module: Path) -> str:
    return module.parent.relative_to("darkroom").as_posix()


def code(verb: str) -> list[str]:
    """The files and folders of code that a stage declares."""
    return [dep for dep in template.list_paths(definition(verb)["deps"]) if dep.startswith(("stages/", "darkroom/"))]


def definition(verb: str) -> dict:
    return template.read_definitions(ROOT)[verb]["do"]


def test_every_module_is_in_a_room() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_itself_and_rooms_below(room: str) -> None:
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    for module in MODULES:
        if room_of(module) == room:
            files = direct(ROOT, module)[0]
            assert {file.parts[0] for file in files} <= {"darkroom"}, module
            assert {room_of(file) for file in files} <= allowed, module


@pytest.mark.parametrize("verb", STAGES)
def test_a_stage_imports_rooms_alone(verb: str) -> None:
    assert {file.parts[0] for file in direct(ROOT, Path(f"stages/{verb}.py"))[0]} == {"darkroom"}


def test_no_module_is_imported_by_what_it_imports() -> None:
    graph = {module: direct(ROOT, module)[0] for module in MODULES}
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


def test_an_import_within_a_function_counts_and_one_for_types_alone_does_not() -> None:
    text = "def f():\n    import a.b\n    from c import d\nif TYPE_CHECKING:\n    import e\n"
    assert set(names(ast.parse(text))) == {"a.b", "c", "c.d"}


@pytest.mark.parametrize("verb", STAGES)
def test_a_stage_declares_its_own_module_and_the_rooms_that_it_reaches(verb: str) -> None:
    reached = {room_of(Path(file)) for file in imported(ROOT, Path(f"stages/{verb}.py"))[0] if "darkroom/" in file}
    rooms = reached - UNDECLARED - ORIGINS.get(verb, set())
    declared = code(verb)
    assert sorted(declared) == sorted([f"stages/{verb}.py", *(f"darkroom/{room}" for room in rooms)])
    assert verb not in ORIGINS or "${item.origin}" in template.list_paths(definition(verb)["deps"])


def test_every_stage_of_dvc_yaml_has_a_module_and_every_module_is_a_stage() -> None:
    assert sorted(template.read_definitions(ROOT)) == STAGES


@pytest.mark.parametrize("verb", STAGES)
def test_a_stage_depends_on_few_rooms(verb: str) -> None:
    assert len(code(verb)) <= (MOST_OF_TRAIN if verb == "train" else MOST)
