"""The libraries that stages compute with, in the versions that are installed: another version, and they run again.

dvc.yaml declares for each stage which libraries of workflow/versions.yaml its results depend on. That file is written
whenever Snakemake starts, and by hand with

    python -m darkroom.pipeline.versions
"""

import argparse
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path

import yaml

from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.core.files import write_text
from darkroom.params.yaml_files import FILE as PARAMETERS
from darkroom.params.yaml_files import read
from darkroom.pipeline import template

FILE = Path("workflow/versions.yaml")
HEAD = "# Written from the installed libraries by darkroom/pipeline/versions.py; do not edit. Commit it: another\n"
HEAD += "# version of one runs again what computes with it.\n"
BUILDS = {"tensorflow": ("tensorflow", "tensorflow-cpu")}
"""Names under which the same library may be installed."""


def list_declared(verb: str | None = None) -> list[str]:
    """Return the libraries that the stage ``verb`` declares in dvc.yaml, or all that any stage does; sorted."""
    definitions = template.read_definitions()
    chosen = definitions.values() if verb is None else [definitions.get(verb, {})]
    found = (template.list_params(one.get("do", one)).get(str(FILE), []) for one in chosen)
    parameters = read(PARAMETERS)
    return sorted({template.fill(library, parameters) for libraries in found for library in libraries})


def find_installed(libraries: Iterable[str]) -> dict[str, str]:
    """Return the versions of ``libraries`` in this environment.

    Raises:
        UserError: one is not installed.
    """
    return {library: _find_version(library) for library in libraries}


def _find_version(library: str) -> str:
    for name in BUILDS.get(library, (library,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    raise UserError(f"{library} is not installed; run make environment")


def compose() -> str:
    """Return workflow/versions.yaml as it must be in this environment."""
    return HEAD + yaml.safe_dump(find_installed(list_declared()))


def update() -> None:
    """Write the versions if the file says something else."""
    if not FILE.exists() or FILE.read_text(encoding="utf-8") != compose():
        write_text(FILE, compose())


def check(stage: str) -> None:
    """Check that the libraries of ``stage`` (``train@cnn``) are installed in the versions that DVC will record.

    Raises:
        UserError: one is installed in another version than workflow/versions.yaml says.
    """
    known = read(FILE) if FILE.exists() else {}
    for library, version in find_installed(list_declared(stage.partition("@")[0])).items():
        if known.get(library) != version:
            raise UserError(
                f"{FILE} is behind the environment ({library} {known.get(library, 'is not in it')}, installed is "
                f"{version}): run python -m darkroom.pipeline.versions, then dvc repro again"
            )


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file, as the command line asks."""
    argparse.ArgumentParser(description="Write workflow/versions.yaml from the installed libraries.").parse_args(argv)
    update()


if __name__ == "__main__":
    program.run(main)
