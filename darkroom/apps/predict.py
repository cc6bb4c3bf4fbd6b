"""Predict: the classes of your own images, with probabilities, from a trained model's folder alone.

python -m darkroom.apps.predict MODEL IMAGE…|FOLDER…|ZIP… [--top N] [--unsure-below P]
    [--no-recursive] [--format table|csv|json|html] [--out FILE]

MODEL is the folder that training left, the model.keras in it, or a name found below models/. A folder of images is
searched with all that is below it (--no-recursive: its own files alone), hidden files and files without an image's
ending aside; a file that is named itself is tried whatever its ending. A zip archive is searched as a folder is, all of
it. Each image is prepared as those were that the model was trained on.

--top N shows the N best classes of each image (else the table and the page have 2, CSV and JSON all). With
--unsure-below 60% an image whose best class is less probable is called unsure. --format html is a gallery in one file,
small pictures included, the most certain first, to filter by class.

An image that cannot be read is named on standard error and the others are predicted; the exit status is then 1.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path

from darkroom.apps import image_files
from darkroom.apps.destinations import check_destination, open_destination
from darkroom.apps.gallery import format_html
from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.predicting import count_chunk, predict_batches
from darkroom.apps.predictions import TEXTS, Format, Prediction, Presentation
from darkroom.apps.reading import Picture, keep_readable, read
from darkroom.apps.zipped_images import unpack_archives
from darkroom.core import parallel
from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import note, show_progress
from darkroom.images.decoding.pixels import Tones
from darkroom.pipeline import command

PAGE = "html"
FORMATS: dict[str, Format] = {**TEXTS, PAGE: format_html}


def main(argv: Sequence[str] | None = None) -> None:
    """Predict the classes of the images that the command line names.

    Raises:
        UserError: what was typed is wrong, the model is corrupt, or an image could not be read.
    """
    given = parse(argv)
    model = ModelFolder.open(given.model)
    form = choose_format(given.format, given.out)
    with unpack_archives(given.images, given.max_expansion) as unpacked:
        files, repeated = image_files.find_images(given.images, unpacked, given.recursive)
        if repeated:
            note(f"predict {model.name}", f"{repeated} of the images named again, and predicted once")
        out = check_destination(given.out, [*files, *map(Path, unpacked)])
        shown = {file: path for images in unpacked.values() for file, path in images.items()}
        names = [shown.get(file, file) for file in files]
        wish = Presentation(
            model.classes,
            given.top,
            given.unsure_below,
            width=max(len(escape_controls(name)) for name in names),
            model=escape_controls(model.name),
            note=escape_controls(model.note),
        )
        predict(model, files, names, form, out, wish)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.predict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", help="a model's folder, its model.keras, or a name found below models/")
    parser.add_argument("images", nargs="+", help="files, folders of images, or zip archives of them")
    parser.add_argument("--top", type=parse_count, help="classes of each image to show, the best first")
    parser.add_argument("--unsure-below", type=parse_share, help="call unsure what is less probable: 0.6 or 60%%")
    parser.add_argument(
        "--recursive", action=argparse.BooleanOptionalAction, default=True, help="whether folders in a folder count"
    )
    parser.add_argument("--format", choices=FORMATS, help="by default what --out ends in, else table")
    parser.add_argument("--out", type=Path, help="file to write instead of standard output")
    parser.add_argument("--max-expansion", type=int, default=100, help="times its size that an archive may unpack to")
    return parser.parse_args(argv)


def parse_count(text: str) -> int:
    """Return a number of classes.

    Raises:
        argparse.ArgumentTypeError: it is no whole number from 1 on.
    """
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed: a whole number from 1 on")
    return int(text)


def parse_share(text: str) -> float:
    """Return a probability, given as 0.6 or 60%.

    Raises:
        argparse.ArgumentTypeError: it is neither, or not between 0 and 1.
    """
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r}: allowed: a probability from 0 to 1, such as 0.6 or 60%")
    return share


def choose_format(given: str | None, out: Path | None) -> str:
    """Return the format that is ``given``, or goes with the ending of ``out``.

    Raises:
        UserError: it is a page, and goes to a terminal.
    """
    form = given or (out.suffix[1:] if out and out.suffix[1:] in FORMATS else "table")
    if form == PAGE and out is None and sys.stdout.isatty():
        raise UserError(f"--format {PAGE}: a terminal shows no page; name a file by --out")
    return form


def predict(
    model: ModelFolder, files: Sequence[Path], names: Sequence[Path], form: str, out: Path | None, wish: Presentation
) -> None:
    """Write the predictions for ``files`` in the format ``form`` to ``out``, or to standard output, as they are made.

    In them they have these ``names``.

    Raises:
        UserError: an image could not be read (the others are written), or the model is corrupt (nothing is).
    """
    task, counts = f"predict {model.name}", {"unsure": 0}
    tones = Tones.of(model.decoding, model.ranges)
    how = partial(read, view=model.view, decoding=model.decoding, tones=tones, shown=form == PAGE)
    with closing(parallel.map_in_order(how, files, count_chunk())) as results:
        # One result is taken before the network is read: processes are best forked before there are threads.
        first = next(results)
        network = model.network()
        decoded: Iterator[tuple[Path, Picture | str]] = zip(names, chain([first], results), strict=True)
        if out or not sys.stdout.isatty():  # on a terminal the rows themselves show the progress
            decoded = show_progress(decoded, len(files), task, "images")
        rows = predict_batches(network, keep_readable(decoded, task, wish.left_out), model)
        with open_destination(out) as stream:
            for text in FORMATS[form](count_unsure(rows, wish, counts), wish):
                stream.write(text)
            if len(wish.left_out) == len(files):
                raise _count_unread(wish, files)
            if wish.note and form == "table":
                stream.write(f"note: {wish.note}\n")
    if wish.unsure_below is not None:
        note(task, f"{counts['unsure']:,} of {len(files) - len(wish.left_out):,} images are unsure")
    if wish.left_out:
        raise _count_unread(wish, files)


def count_unsure(rows: Iterable[Prediction], wish: Presentation, counts: dict[str, int]) -> Iterator[Prediction]:
    """Yield ``rows``, and add to ``counts`` which are unsure."""
    for row in rows:
        counts["unsure"] += wish.is_unsure(row)
        yield row


def _count_unread(wish: Presentation, files: Sequence[Path]) -> UserError:
    return UserError(f"{len(wish.left_out)} of {len(files)} images could not be read; the lines above name them")


if __name__ == "__main__":
    command.run(main)
