"""A dataset whose training images have variants beside them, written out as files.

Reads  data/images/<dataset>: images by split and class, and index.csv
Writes data/images/<augmented>, the same and, of each training image, ``<class>/<stem>-variant-<n>.png``; in index.csv a
       variant follows its image, with ``variant <n> of`` as its archive and the image's file as its member.

What an image's variants are depends on the seed, the image's place in the folder, and their number alone.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core import runtime
from darkroom.images.decoding.variants import augment
from darkroom.params.augmentation import Augmented
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime
from darkroom.params.view import Decoding
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Write the dataset with variants ``key`` of params.yaml."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="an entry of augmented in params.yaml")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    parser.add_argument("--out", type=Path, help="folder of the images with their variants")
    given = command.parse(parser, "augment", argv)
    runtime.start(read_entry(Runtime, "runtime"), on_gpu=False)  # the same variants everywhere
    augmented, decoding = read_entry(Augmented, "augmented", given.key), read_entry(Decoding, "decoding")
    augment(given.key, augmented, decoding, given.images, given.out)


if __name__ == "__main__":
    command.run(main)
