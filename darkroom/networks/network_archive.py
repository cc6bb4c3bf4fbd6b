"""A ``.keras`` file from anywhere, looked through before Keras is given it: what it is made of, names, and weighs.

Nothing of it is executed or unpacked here, and no more of it held in memory than its configuration.
"""

import json
import zipfile
from pathlib import Path

import h5py

from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls
from darkroom.core.weight_files import check_self_contained, count_values
from darkroom.networks import known_classes

CONFIGURATION, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LARGEST = {CONFIGURATION: 1 << 26, METADATA: 1 << 16}
"""Bytes; the largest configuration of one network is some megabyte, and that of an ensemble is as large as all its."""
ENCRYPTED = 0x1


def check_archive(file: Path) -> int:
    """Check that a ``.keras`` file is one as Darkroom writes it, and return how many numbers its weights have.

    Raises:
        UserError: it names what no network of Darkroom is built of, or holds something else.
        Exception: it is no whole file; whatever readers of corrupt bytes raise.
    """
    with zipfile.ZipFile(file) as archive:
        _check_members(file, archive.infolist())
        if unknown := known_classes.find_unknown(json.loads(archive.read(CONFIGURATION))):
            raise refuse(file, f"{CONFIGURATION} names {escape_controls(unknown)[:160]}")
        with archive.open(WEIGHTS) as member, h5py.File(member, "r") as weights:
            check_self_contained(weights, f"{file}: {WEIGHTS}")
            count = count_values(weights)
            if count > file.stat().st_size:
                raise refuse(file, f"{WEIGHTS} says that it holds {count:,} numbers, more than the file has bytes")
            return count


def refuse(file: Path, problem: str) -> UserError:
    """Return the error that says what a file holds and a network of Darkroom's does not."""
    return UserError(
        f"{file}: {problem}: no network that Darkroom builds has this, so the file is not opened; "
        "give a model that Darkroom trained, or train it again"
    )


def _check_members(file: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if others := [name for name in names if name not in (CONFIGURATION, METADATA, WEIGHTS)]:
        raise refuse(file, f"it holds {escape_controls(others[0])[:160]!r}")
    if len(names) > len(set(names)):
        raise refuse(file, "it holds two files of one name")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & ENCRYPTED:
            raise refuse(file, f"{member.filename} in it is compressed or encrypted")
        if member.file_size > LARGEST.get(member.filename, file.stat().st_size):
            raise refuse(file, f"{member.filename} in it has {member.file_size:,} bytes")
