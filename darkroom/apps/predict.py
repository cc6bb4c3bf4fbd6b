"""Predict: the classes of your own images, with probabilities, from a trained model's folder alone.

python -m darkroom.apps.predict MODEL IMAGE…|FOLDER…|ZIP… [--format table|csv|json] [--out FILE]

MODEL is the folder that training left, the model.keras in it, or a name found below models/. A folder of images is
searched with all that is below it, hidden files and files without an image's ending aside; a file that is named itself
is tried whatever its ending. A zip archive is searched as a folder is. Each image is prepared as those were that the
model was trained on.
An image that cannot be read is named on standard error and the others are predicted; the exit status is then 1.
"""

import argparse
import io
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

import numpy

from darkroom.apps import image_files
from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.predictions import FORMATS, Prediction
from darkroom.apps.zipped_images import unpack_archives
from darkroom.core import parallel
from darkroom.core.errors import UserError
from darkroom.core.files import replace_file
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import note, show_progress
from darkroom.images.decoding.pixels import Tones, read_image
from darkroom.params.view import Decoding, View
from darkroom.pipeline import command

BATCH = 32
"""Images given to the network at once; it bounds memory."""
CHUNK = 4
"""Images that a process decodes at a time."""


def main(argv: Sequence[str] | None = None) -> None:
    """Predict the classes of the images that the command line names.

    Raises:
        UserError: what was typed is wrong, the model is corrupt, or an image could not be read.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.predict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", help="a model's folder, its model.keras, or a name found below models/")
    parser.add_argument("images", nargs="+", help="files, folders of images, or zip archives of them")
    parser.add_argument("--format", choices=FORMATS, help="by default what --out ends in, else table")
    parser.add_argument("--out", type=Path, help="file to write instead of standard output")
    parser.add_argument("--max-expansion", type=int, default=100, help="times its size that an archive may unpack to")
    given = parser.parse_args(argv)
    model = ModelFolder.open(given.model)
    with unpack_archives(given.images, given.max_expansion) as unpacked:
        files, repeated = image_files.find_images(given.images, unpacked)
        if repeated:
            note(f"predict {model.name}", f"{repeated} of the images named again, and predicted once")
        out = check_destination(given.out, [*files, *map(Path, unpacked)])
        shown = {file: path for images in unpacked.values() for file, path in images.items()}
        predict(model, files, given.format or choose_format(given.out), out, shown)


def choose_format(out: Path | None) -> str:
    """Return the format that goes with the ending of ``out``."""
    return out.suffix[1:] if out and out.suffix[1:] in FORMATS else "table"


def check_destination(out: Path | None, files: Sequence[Path]) -> Path | None:
    """Return ``out``.

    Raises:
        UserError: it is a folder, or one of the images.
    """
    if out and out.is_dir():
        raise UserError(f"{out}: is a folder; name a file to write")
    if out and out.exists() and any(out.samefile(file) for file in files if file.exists()):
        raise UserError(f"{out}: is one of the images; name another file to write")
    return out


def predict(model: ModelFolder, files: Sequence[Path], form: str, out: Path | None, shown: Mapping[Path, Path]) -> None:
    """Write the predictions for ``files`` in the format ``form`` to ``out``, or to standard output, as they are made.

    A file has its own name in them, unless another is to be ``shown``.

    Raises:
        UserError: an image could not be read (the others are written), or the model is corrupt (nothing is).
    """
    task, left_out = f"predict {model.name}", list[Path]()
    names = [shown.get(file, file) for file in files]
    width = max(len(escape_controls(name)) for name in names)
    how = partial(read, view=model.view, decoding=model.decoding, tones=Tones.of(model.decoding, model.ranges))
    with closing(parallel.map_in_order(how, files, CHUNK)) as results:
        # One result is taken before the network is read: processes are best forked before there are threads.
        first = next(results)
        network = model.network()
        decoded: Iterator[tuple[Path, numpy.ndarray | str]] = zip(names, chain([first], results), strict=True)
        if out or not sys.stdout.isatty():  # on a terminal the rows themselves show the progress
            decoded = show_progress(decoded, len(files), task, "images")
        rows = predict_batches(network, keep_readable(decoded, task, left_out), model)
        with open_destination(out) as stream:
            for text in FORMATS[form](rows, model.classes, width):
                stream.write(text)
            if len(left_out) == len(files):
                raise _count_unread(left_out, files)
            if model.note and form == "table":
                stream.write(f"note: {escape_controls(model.note)}\n")
    if model.note and form != "table":
        note(task, f"note: {model.note}")
    if left_out:
        raise _count_unread(left_out, files)


def _count_unread(left_out: Sequence[Path], files: Sequence[Path]) -> UserError:
    return UserError(f"{len(left_out)} of {len(files)} images could not be read; the lines above name them")


def read(path: Path, view: View, decoding: Decoding, tones: Tones) -> numpy.ndarray | str:
    """Return an image's pixels, uint8 (size, size, channels), or why there are none, in a few words."""
    try:
        return read_image(path, view, decoding, tones)
    except OSError as error:
        return error.strerror or str(error)


def keep_readable(
    decoded: Iterable[tuple[Path, numpy.ndarray | str]], task: str, left_out: list[Path]
) -> Iterator[tuple[Path, numpy.ndarray]]:
    """Yield files with pixels; name those without on standard error, and add them to ``left_out``."""
    for file, pixels in decoded:
        if isinstance(pixels, str):
            left_out.append(file)
            note(task, f"left out {escape_controls(file)}: {pixels}")
        else:
            yield file, pixels


def predict_batches(
    network: Any, decoded: Iterable[tuple[Path, numpy.ndarray]], model: ModelFolder
) -> Iterator[Prediction]:
    """Yield a prediction for each file and its pixels, computed ``BATCH`` at a time.

    Raises:
        UserError: the network gives values that are no numbers.
    """
    from darkroom.networks.network import (
        to_probabilities,  # here, as it takes seconds: a mistake in what was typed shows at once
    )

    remaining = iter(decoded)
    while batch := list(islice(remaining, BATCH)):
        found = to_probabilities(network.predict_on_batch(numpy.stack([pixels for _, pixels in batch])))
        if not numpy.isfinite(found).all():
            raise UserError(f"{model.file}: predicts values that are no numbers: its training diverged; train it anew")
        for (file, _), row in zip(batch, found, strict=True):
            yield Prediction(escape_controls(file), row)


@contextmanager
def open_destination(out: Path | None) -> Iterator[TextIO]:
    """Give a stream to the file ``out``, which is whole or absent, or standard output, whose reader may leave early."""
    if out:
        with replace_file(out) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals of fewer letters than file names have
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:  # as of `… | head`: what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    command.run(main)
