"""Backups of training runs: all that one needs to go on after it was killed, and to end with the same bytes.

A folder among the scratch folder's backups holds ``state.npz``: the weights, what dropout draws from, the state of the
optimizer and of the callbacks, and the history so far. It is named by the content hash of the training run
(darkroom/training/identity.py), which holds its lock, and removes it at the end.
"""

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from darkroom.core import runtime, scratch
from darkroom.core.backend import keras
from darkroom.core.files import replace_file
from darkroom.core.progress import note

FILE = "state.npz"
VALUES = "values"
"""The member that holds all that is no array, as JSON."""


@dataclass(frozen=True)
class State:
    """The state of a training run after some epochs."""

    rows: list[dict[str, Any]]
    """Of its history."""
    seconds: float
    """That it has taken, in all processes that worked on it."""
    variables: list[numpy.ndarray]
    """Of the network: weights, statistics, and what random layers draw from."""
    optimizer: list[numpy.ndarray]
    random: list[numpy.ndarray]
    """Of the backend's own random numbers; none, where it draws by the network's variables alone."""
    callbacks: dict[str, dict[str, Any]]
    """By class and attribute; lists are of arrays."""

    @classmethod
    def of(
        cls, model: keras.Model, rows: list[dict[str, Any]], seconds: float, callbacks: dict[str, dict[str, Any]]
    ) -> "State":
        """Return the state of a compiled model that is trained."""
        given = keras.ops.convert_to_numpy
        return cls(
            rows,
            seconds,
            [given(variable) for variable in model.variables],
            [given(variable) for variable in model.optimizer.variables],
            runtime.read_random_state(),
            callbacks,
        )

    def give(self, model: keras.Model) -> None:
        """Give the weights and all other variables to a compiled model, and go on drawing at random where it was."""
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(model.variables, self.variables, strict=True):
            variable.assign(value)
        for variable, value in zip(model.optimizer.variables, self.optimizer, strict=True):
            variable.assign(value)
        runtime.set_random_state(self.random)


class Backup:
    """The backup of one training run, in a folder that nobody else uses meanwhile."""

    def __init__(self, folder: Path, task: str) -> None:
        self.folder, self.task = folder, task

    def read(self) -> State | None:
        """Return the state that was written last, or ``None`` if there is none; a corrupt one is removed, and said."""
        if not (self.folder / FILE).is_file():
            return None
        try:
            with numpy.load(self.folder / FILE) as members:
                arrays = {name: members[name] for name in members.files}
            return unpack(arrays)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            note(self.task, f"{self.folder / FILE}: the backup is corrupt; it is thrown away, and training starts anew")
            self.remove()
            return None

    def write(self, state: State) -> None:
        """Write a state in the place of the last, or say that there is no room for it."""
        arrays = pack(state)
        needed = sum(array.nbytes for array in arrays.values())
        scratch.trim(needed)
        if needed > scratch.measure_free_space():
            note(self.task, f"no backup: it needs {needed / 1e6:,.1f} MB, and the disk of {self.folder} has less free")
            return
        with replace_file(self.folder / FILE) as temporary, temporary.open("wb") as file:
            numpy.savez(file, allow_pickle=False, **arrays)

    def remove(self) -> None:
        """Remove it, whole or not."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def open_backup(name: str, task: str) -> Iterator[Backup | None]:
    """Give the backup of the training run ``name``, removed if all goes well; ``None`` if another process has it.

    Raises:
        UserError: the environment gives no number for the most that the folder may hold.
    """
    scratch.read_bound()  # a mistake there must not wait until the first backup
    folder = scratch.find_folder(scratch.BACKUPS) / name
    with scratch.lock(folder, wait=False) as ours:
        if not ours:
            note(task, f"no backup: another process does the same training and has {folder}")
        backup = Backup(folder, task) if ours else None
        yield backup
        if backup:
            backup.remove()


def pack(state: State) -> dict[str, numpy.ndarray]:
    """Return a state as arrays by name; the names of lists' items end in their places."""
    lists = {"variables": state.variables, "optimizer": state.optimizer, "random": state.random}
    values: dict[str, dict[str, Any]] = {}
    for kind, attributes in state.callbacks.items():
        values[kind] = {name: value for name, value in attributes.items() if not isinstance(value, list)}
        lists |= {f"{kind}/{name}": value for name, value in attributes.items() if isinstance(value, list)}
    lengths = {name: len(items) for name, items in lists.items()}
    text = json.dumps({"rows": state.rows, "seconds": state.seconds, "callbacks": values, "lists": lengths})
    arrays = {f"{name}/{place}": item for name, items in lists.items() for place, item in enumerate(items)}
    return {VALUES: numpy.frombuffer(text.encode(), dtype=numpy.uint8), **arrays}


def unpack(arrays: Mapping[str, numpy.ndarray]) -> State:
    """Return the state that :func:`pack` made arrays of.

    Raises:
        KeyError: some are missing.
        ValueError: the values are no JSON.
    """
    values = json.loads(arrays[VALUES].tobytes())
    lists = {name: [arrays[f"{name}/{place}"] for place in range(items)] for name, items in values["lists"].items()}
    variables, optimizer, random = (lists.pop(name) for name in ("variables", "optimizer", "random"))
    callbacks: dict[str, dict[str, Any]] = values["callbacks"]
    for name, items in lists.items():
        kind, _, attribute = name.partition("/")
        callbacks[kind][attribute] = items
    return State(values["rows"], values["seconds"], variables, optimizer, random, callbacks)
