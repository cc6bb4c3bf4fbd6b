"""Load a backbone's weights from where params.yaml says, verify them, and store them in one layout.

Reads  backbones.<key> and runtime of params.yaml, and the source: Keras' download of ImageNet weights, an installed
       package, a Keras .h5 file, or nothing (random weights)
Writes data/pretrained/<key>:
       backbone.weights.h5  the weights, as Keras saves them; its bytes depend on them alone
       backbone.json        architecture, alpha, weights (imagenet, package, file or none), origin (in words), name,
                            bytes and SHA-256 of the file that they came from (null for none), note (words that every
                            result made from them must show, or nothing), number of parameters, SHA-256 of the weights
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.params.backbone import Backbone
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime
from darkroom.pipeline import command
from darkroom.weights.sources import store_weights


def main(argv: Sequence[str] | None = None) -> None:
    """Load the weights of the backbone that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a backbone of params.yaml")
    parser.add_argument("--out", type=Path, help="the folder to write")
    given = command.parse(parser, "pretrained", argv)
    backbone, settings = read_entry(Backbone, "backbones", given.key), read_entry(Runtime, "runtime")
    seed = runtime.start(settings, on_gpu=False)
    try:
        store_weights(given.key, backbone, seed, given.out)
    except UserError as error:
        raise UserError(f"backbones.{given.key}: {error}") from None


if __name__ == "__main__":
    command.run(main)
