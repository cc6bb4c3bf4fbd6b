"""Bring a dataset's images to one size and mode, each decoded once, in arrays that training memory-maps.

Reads  data/images/<dataset>: images by split and class, and index.csv
Writes data/views/<view>, in the order of the images' index:
       <split>.npy         uint8, (images, size, size, channels); channels: 3 for RGB, 1 for L; of validation only
                           where it has images
       <split>-labels.npy  int64, (images,)
       train-groups.npy    int64, (images,), equal for images of one group; only where images have groups
       train-copies.npy    int64, (images,), equal for images of the same bytes; only where there are such
       index.csv           split, row, class, label, file, sha256
       view.json           dataset, classes in the order of their labels, size, resize, filter, mode, profiles, black
                           and white of images of more than 8 bits (null where there are none), images per split,
                           corrupt images left out
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.images.decoding.preparation import prepare
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.view import Decoding, View
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Write the view ``key`` of params.yaml.

    Raises:
        UserError: images are corrupt and the view says stop, a class has no images, or the disk has too little room.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a view of params.yaml")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    parser.add_argument("--of", help="key of the dataset that was delivered, with variants of its images or not")
    parser.add_argument("--out", type=Path, help="folder of the view")
    given = command.parse(parser, "prepare", argv)
    view, decoding = read_entry(View, "views", given.key), read_entry(Decoding, "decoding")
    near = read_entry(Dataset, "datasets", given.of).near_duplicates
    prepare(given.key, view, decoding, near, given.images, given.out)


if __name__ == "__main__":
    command.run(main)
