"""Prepare one shard of a view: bring its images to one size and mode, each decoded once.

Reads  data/lists/<view>: the shard's list, and what it must know of all images
       data/images/<dataset>: the images of the list, each of which must have the SHA-256 that is written there
Writes data/views/<view>/<shard>, in the order of the list:
       <split>.npy         uint8, (images, size, size, channels); channels: 3 for RGB, 1 for L
       <split>-kept.npy    int64, (images,): their places among the split's images in the list
       shard.json          corrupt images left out
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.images.decoding.division import prepare_shard
from darkroom.params.base import read_entry
from darkroom.params.view import Decoding, View
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Prepare the shard ``key``.

    Raises:
        UserError: an image is not that of the list, or is corrupt and the view says stop, or the disk has too little
            room.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a shard, as photographs-shard-07")
    parser.add_argument("--view", help="its view, a key of params.yaml")
    parser.add_argument("--images", type=Path, help="folder of the dataset's images")
    parser.add_argument("--lists", type=Path, help="folder of the view's lists")
    parser.add_argument("--out", type=Path, help="folder to write")
    given = command.parse(parser, "shard", argv)
    view, decoding = read_entry(View, "views", given.view), read_entry(Decoding, "decoding")
    prepare_shard(given.view, given.key, view, decoding, given.images, given.lists, given.out)


if __name__ == "__main__":
    command.run(main)
