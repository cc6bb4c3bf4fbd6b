"""Write params.yaml with every entry in full: ``python -m tests.params.in_full``, after a wanted change of params.yaml.

tests/params/test_inheritance.py compares it with what is read; look at its diff before you commit it.
"""

from pathlib import Path

from darkroom.core.files import write_text
from darkroom.params import inheritance
from darkroom.params.document import load
from darkroom.params.yaml_files import dump, read

FILE = Path("tests/params/params_in_full.yaml")
TEST = "tests/params/test_inheritance.py"
HEADING = f"# params.yaml with every entry, and every variant of a sweep, in full; {TEST} compares it."


def main() -> None:
    """Write the file."""
    parameters = load()
    full = inheritance.expand(read()).value
    full["trained"] = {name: parameters.complete_entry("models", name).value for name in parameters.variants}
    write_text(FILE, f"{HEADING}\n{dump(full, default_flow_style=None, width=110)}")


if __name__ == "__main__":
    main()
