"""The files that were fetched of a dataset, and what their SHA-256s must be."""

from pathlib import Path

import pandas

from darkroom.core.errors import UserError
from darkroom.core.files import sha256
from darkroom.params.data import Dataset
from darkroom.params.yaml_files import FILE


def list_files(folder: Path) -> pandas.DataFrame:
    """Return name, bytes and SHA-256 of each file in ``folder``, by name; of one in a folder with that."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    rows = [(path.relative_to(folder).as_posix(), path.stat().st_size, sha256(path)) for path in paths]
    return pandas.DataFrame(rows, columns=["name", "bytes", "sha256"])


def check_hashes(key: str, dataset: Dataset, files: pandas.DataFrame) -> None:
    """Check the files that were fetched, by their list, against ``sha256`` of the dataset, if it gives any.

    Raises:
        UserError: a file is another one, or has no SHA-256 there; or what has one was not fetched.
    """
    where, expected = f"{FILE}: datasets.{key}.sha256", dataset.sha256
    if expected is None:
        return
    actual = dict(zip(files["name"], files["sha256"], strict=True))
    if isinstance(expected, str):
        if len(actual) > 1:
            raise UserError(
                f"{where}: one digest, but {', '.join(actual)} were fetched; give {{file name: its SHA-256}}"
            )
        expected = dict.fromkeys(actual, expected)
    if unknown := sorted(actual.keys() ^ expected.keys()):
        problem = "was fetched and has none" if unknown[0] in actual else "was not fetched"
        raise UserError(f"{where}: {unknown[0]} {problem}; give the SHA-256 of {', '.join(actual)}")
    for name, digest in actual.items():
        if digest != expected[name]:
            raise UserError(
                f"{where}: {expected[name]}: {name} of {dataset.source} has {digest}; "
                "if that is the file you want, write its SHA-256 there"
            )
