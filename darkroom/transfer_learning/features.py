"""Features: what the frozen part of a network makes of a view's images, computed once and kept on disk.

A folder in the scratch folder holds the features of one prefix over one view: for each tensor that crosses the cut
``<n>.npy`` (float32, (images, …)), and ``features.json`` with the size and SHA-256 of each. It is named by the hash of
all that decides its bytes, so what was made from other weights, layers, pixels or libraries is never found; what was
changed on disk is made again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy
from numpy.lib import format as npy

from darkroom.core import machine, runtime, scratch
from darkroom.core.errors import UserError
from darkroom.core.files import read_json, replace_folder, sha256, write_json
from darkroom.core.progress import note, show_progress
from darkroom.images.prepared.views import View
from darkroom.params.model import Runtime
from darkroom.transfer_learning import prefix
from darkroom.transfer_learning.prefix import Cut, FlatNetwork

BATCH = 8
"""Images for each thread that go through the prefix at once; few, so that maps stay in the processor's cache."""
MANIFEST = "features.json"
Read = Callable[[numpy.ndarray], list[numpy.ndarray]]


@dataclass(frozen=True)
class Features:
    """The features at a cut for each of the images: the folder that keeps them, and their size."""

    cut: Cut
    folder: Path
    images: int

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return 4 * self.images * sum(int(numpy.prod(tensor.shape[1:])) for tensor in self.cut.tensors)

    @property
    def files(self) -> list[Path]:
        """One file for each tensor."""
        return [self.folder / f"{number}.npy" for number in range(len(self.cut.tensors))]

    @property
    def whole(self) -> bool:
        """True if they lie on disk as they were written."""
        try:
            return read_json(self.folder / MANIFEST) == {file.name: measure_file(file) for file in self.files}
        except (OSError, ValueError):
            return False

    def reader(self) -> Read:
        """Return what reads rows, one array per tensor: float32, (rows, …).

        The files stay open, so that they can be read even after another process has made room; each reading makes a
        map of its own, as with a view's images.
        """
        maps = [(file, *_read_shape_and_offset(file)) for file in (path.open("rb") for path in self.files)]

        def read(rows: numpy.ndarray) -> list[numpy.ndarray]:
            mapped = (numpy.memmap(file, numpy.float32, "r", offset, shape) for file, shape, offset in maps)
            return [numpy.ascontiguousarray(array[rows]) for array in mapped]

        return read


def measure_file(file: Path) -> list[Any]:
    """Return the size and SHA-256 of a file."""
    return [file.stat().st_size, sha256(file)]


def read_or_compute(
    flat: FlatNetwork, cut: Cut, later: Mapping[str, Cut], view: View, settings: Runtime, task: str
) -> Read:
    """Return what reads the features at ``cut`` of the view's training images.

    What is kept is read; what isn't is computed in one pass over the images, and in the same pass what crosses the cuts
    ``later`` of other training runs, by their names, as far as there is room to keep it. Of several processes that want
    the same, one computes and the others wait for it.

    Raises:
        UserError: the disk has too little room.
    """
    images = len(view.learning_labels())
    pixels = [digest for split in view.learning_splits for digest in view.hash_images(split)]
    computer, versions = machine.describe(), [runtime.find_gpu_name(), runtime.list_versions()]
    computing = [*pixels, *versions, computer["processor"], computer["features"], settings.threads, BATCH]

    def features(at: Cut) -> Features:
        name = json.dumps([prefix.hash_network(flat.before(at)), *computing])
        return Features(at, scratch.find_folder() / hashlib.sha256(name.encode()).hexdigest()[:32], images)

    own = features(cut)
    with scratch.lock(own.folder), ExitStack() as stack:
        if own.whole:
            note(task, f"{len(cut.frozen)} frozen layers: what they give of {images:,} images is kept in {own.folder}")
            os.utime(own.folder)  # used now
            return own.reader()
        make_room(own)
        note(task, describe_work(own, ""))
        missing = {own.folder: own}
        for name, other in later.items():
            entry = features(other)
            if entry.folder not in missing and stack.enter_context(scratch.lock(entry.folder, wait=False)):
                needed = sum(one.bytes for one in missing.values()) + entry.bytes
                if needed <= scratch.read_bound() and needed < scratch.measure_free_space() and not entry.whole:
                    missing[entry.folder] = entry
                    note(task, describe_work(entry, name))
        compute(flat, list(missing.values()), view, BATCH * settings.threads, task)
        return own.reader()


def make_room(own: Features) -> None:
    """Remove kept features until there is room for ``own``.

    Raises:
        UserError: there is none.
    """
    scratch.trim(own.bytes)
    if own.bytes > (free := scratch.measure_free_space()):
        raise UserError(
            f"{scratch.find_folder()}: needs {own.bytes / 1e6:,.1f} MB for what the frozen layers give, and its disk "
            f"has {free / 1e6:,.1f} MB free; free some space, name another folder with DARKROOM_SCRATCH, or "
            "write training.cache_frozen: false"
        )


def describe_work(entry: Features, name: str) -> str:
    """Return what is going to be computed, how large it is and where it goes."""
    what = (
        f"for {name}: what {len(entry.cut.frozen)} frozen layers give"
        if name
        else f"{len(entry.cut.frozen)} frozen layers"
    )
    layers = " and ".join(entry.cut.layers)
    return (
        f"{what}, computed once for {entry.images:,} images, up to {layers}: {entry.bytes / 1e6:,.1f} MB "
        f"in {entry.folder}"
    )


def compute(flat: FlatNetwork, missing: Sequence[Features], view: View, size: int, task: str) -> None:
    """Compute and write features, in batches of ``size``, in one pass over the view's training images."""
    network = flat.before(*(entry.cut for entry in missing))
    rows = numpy.arange(missing[0].images)
    batches = numpy.split(rows, range(size, len(rows), size))
    with ExitStack() as stack:
        folders = [stack.enter_context(replace_folder(entry.folder)) for entry in missing]
        with ExitStack() as opened:
            files = []
            for folder, entry in zip(folders, missing, strict=True):
                for number, tensor in enumerate(entry.cut.tensors):
                    files.append(opened.enter_context((folder / f"{number}.npy").open("wb")))
                    header = {"descr": "<f4", "fortran_order": False, "shape": (len(rows), *tensor.shape[1:])}
                    npy.write_array_header_1_0(files[-1], header)
            for batch in show_progress(batches, len(batches), task, "batches through the frozen layers"):
                given = network.predict_on_batch(view.read_learning(batch))
                for file, array in zip(files, given if isinstance(given, list) else [given], strict=True):
                    file.write(numpy.ascontiguousarray(array, dtype=numpy.float32).data)
        for folder in folders:
            write_json(folder / MANIFEST, {file.name: measure_file(file) for file in sorted(folder.glob("*.npy"))})


def _read_shape_and_offset(file: BinaryIO) -> tuple[tuple[int, ...], int]:
    npy.read_magic(file)
    shape, _, _ = npy.read_array_header_1_0(file)
    return shape, file.tell()
