"""Divide a view into shards: list the images of each, for jobs that prepare them side by side.

Reads  data/images/<dataset>: images by split and class, and index.csv
Writes data/lists/<view>:
       <shard>.csv         split, file, sha256 of the images of a shard
       whole.json          splits, black and white of images of more than 8 bits (null where there are none)
       data/views/<view>/index, in the order of the images' index, before corrupt images are left out:
       <split>-places.npy  int64, (images, 2): the number of the shard, and the place among the split's in its list
       <split>-labels.npy, train-groups.npy, train-copies.npy, index.csv, view.json, as `prepare` writes them
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.images.decoding.division import divide
from darkroom.params.base import read_entry
from darkroom.params.data import Dataset
from darkroom.params.view import Decoding, View
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Divide the view ``key`` of params.yaml.

    Raises:
        UserError: images are duplicates and the view says stop, or a class has no images.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a view of params.yaml, with shards of more than 1")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    parser.add_argument("--of", help="key of the dataset that was delivered, with variants of its images or not")
    parser.add_argument("--lists", type=Path, help="folder of the lists")
    parser.add_argument("--out", type=Path, help="folder of the index")
    given = command.parse(parser, "divide", argv)
    view, decoding = read_entry(View, "views", given.key), read_entry(Decoding, "decoding")
    near = read_entry(Dataset, "datasets", given.of).near_duplicates
    divide(given.key, view, decoding, near, given.images, given.lists, given.out)


if __name__ == "__main__":
    command.run(main)
