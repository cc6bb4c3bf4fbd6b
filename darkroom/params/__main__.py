"""Print an entry of params.yaml in full, each value with where it stands if that is not the entry itself.

python -m darkroom.params ENTRY ...
"""

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from darkroom.core import program
from darkroom.core.errors import UserError
from darkroom.params import kinds
from darkroom.params.document import Parameters, load
from darkroom.params.joining import Full, Places
from darkroom.params.kinds import CALLBACKS
from darkroom.params.yaml_files import FILE, dump


def list_entries(parameters: Parameters) -> dict[str, Full]:
    """Return every entry and every variant of a sweep in full, by its dotted key."""
    found = {
        f"{section}.{key}": parameters.complete_entry(section, key)
        for section in kinds.SECTIONS
        for key in getattr(parameters, section)
    }
    variants = {f"sweeps.{sweep}.variants.{variant}": name for name, (sweep, variant) in parameters.variants.items()}
    return found | {where: parameters.complete_entry("models", name) for where, name in variants.items()}


def find_entries(parameters: Parameters, name: str) -> dict[str, Full]:
    """Return the entries that are called ``name``, or have it for a dotted key; of a variant, as it is trained.

    Raises:
        UserError: there is none.
    """
    variant = parameters.variants.get(name)
    where = "sweeps.{}.variants.{}".format(*variant) if variant else name
    found = {key: one for key, one in list_entries(parameters).items() if key == where or key.partition(".")[2] == name}
    if not found:
        known = [key for dotted in list_entries(parameters) for key in (dotted, dotted.partition(".")[2])]
        near = difflib.get_close_matches(name, [*known, *parameters.variants], n=5)
        hint = f"perhaps {', '.join(near)}" if near else f"entries stand below {', '.join(kinds.SECTIONS)}"
        raise UserError(f"{FILE}: no entry {name!r}; {hint}")
    return found


def format_lines(value: Mapping[str, Any], places: Places, own: str, indent: str = "") -> Iterator[str]:
    """Yield a line for each value of an entry, with where it stands if not below the key ``own``."""
    for key, one in value.items():
        place = places.get(key)
        if isinstance(one, dict) and isinstance(place, dict):
            yield f"{indent}{key}:"
            yield from format_lines(one, place, own, f"{indent}  ")
        elif key == CALLBACKS and one:
            yield f"{indent}{key}:"
            for callback in one:
                inside = places.get(callback["name"])
                found = inside if isinstance(inside, dict) else dict.fromkeys(callback, place)
                first, *others = format_lines(callback, found, own)
                yield from (f"{indent}- {first}", *(f"{indent}  {line}" for line in others))
        else:
            written = dump({key: one}, default_flow_style=True, width=10_000).strip()[1:-1]
            comment = "" if place is None or place.startswith(f"{own}.") else f"  # {place}"
            yield f"{indent}{written}{comment}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the entries that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m darkroom.params", description=__doc__.partition("\n")[0])
    parser.add_argument("entry", nargs="+", help="its name, such as cnn-bn, or its dotted key, such as views.intel-150")
    names = parser.parse_args(argv).entry
    parameters = load()
    for name in names:
        for where, found in find_entries(parameters, name).items():
            print("\n".join([f"{where}:", *format_lines(found.value, found.places, where, "  ")]))


if __name__ == "__main__":
    program.run(main)
