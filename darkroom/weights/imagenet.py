"""ImageNet weights through Keras' own download, verified."""

import errno
import inspect
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy

from darkroom.core import progress
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.files import sha256
from darkroom.params.backbone import Backbone
from darkroom.transfer_learning import architectures
from darkroom.weights import hdf5

TIMEOUT = 60
"""Seconds without an answer before Keras' server counts as unreachable."""
SHAPE = (224, 224, 3)
"""Of the images that a backbone is made for while its weights are loaded: they fit any other size, but of MobileNet
and MobileNetV2 Keras has weights for several, and takes those for 224 where it has none for the size wanted."""
OF_THE_DISK = (errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.EROFS)
"""Errors of the cache's place, not of the network."""
TOLERANCE = 1e-3
"""Largest difference between features that counts as rounding, as a share of the largest feature."""


def download(backbone: Backbone, task: str) -> tuple[keras.Model, Path]:
    """Return the network with its ImageNet weights, and the file in Keras' cache that they came from.

    The file is in the cache or is downloaded to it. It is checked by the hash that Keras has of it (it has none for
    MobileNet and MobileNetV2) and by that of ``backbone``; then the features of an image must be those of Keras' own
    ImageNet network.

    Raises:
        UserError: Keras has no such weights, they cannot be had, or they are not the right ones.
    """
    network = architectures.build(backbone.architecture, backbone.alpha, SHAPE)
    files: list[Path] = []
    home: Any = inspect.getmodule(keras.utils.get_file)
    get_file = home.get_file

    def receive(*arguments: Any, **options: Any) -> str:
        file = receive_file(get_file, *arguments, **options)
        hdf5.check_sha256(file, backbone.sha256)
        if backbone.sha256 is None and options.get("file_hash") is None:
            progress.note(task, f"Keras has no hash of {file.name}; to hold this one, write sha256: {sha256(file)}")
        try:
            hdf5.load(network, file)
        except UserError as error:
            raise UserError(f"{error}; or delete it, and Keras downloads it again") from None
        files.append(file)
        return str(file)

    try:
        with mock.patch.object(home, "get_file", receive):  # Keras tells nowhere else which file it takes, and whence
            reference = architectures.build_published(backbone.architecture, backbone.alpha, SHAPE, "imagenet")
    except ValueError as error:
        raise UserError(f"alpha: {backbone.alpha}: {_line(error)}") from None
    check_features(network, reference)
    return network, files[-1]


def receive_file(get_file: Callable[..., str], name: str, address: str, **options: Any) -> Path:
    """Return the file ``name`` from Keras' cache, where ``get_file`` puts it if it is not there.

    Raises:
        UserError: ``address`` cannot be reached, answers with an error, or sends another file.
        OSError: the file cannot be written.
    """
    talkative, timeout = keras.config.is_interactive_logging_enabled(), socket.getdefaulttimeout()
    if not sys.stderr.isatty():
        keras.config.disable_interactive_logging()  # its bar would fill a log
    socket.setdefaulttimeout(TIMEOUT)
    try:
        return Path(get_file(name, address, **options))
    except Exception as error:  # Keras raises nothing more precise
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            raise
        reason = _line(error).rpartition(" -- ")[2]
        raise UserError(
            f"weights: imagenet: download of {address} failed ({reason}); check the network, "
            f"or download {name} by hand and give its path as weights"
        ) from None
    finally:
        socket.setdefaulttimeout(timeout)
        if talkative:
            keras.config.enable_interactive_logging()


def check_features(network: keras.Model, reference: keras.Model) -> None:
    """Check that two networks make the same features of a random image.

    Raises:
        UserError: they do not.
    """
    image = numpy.random.default_rng(0).uniform(0, architectures.BRIGHTEST, (1, *SHAPE)).astype("float32")
    features, expected = (keras.ops.convert_to_numpy(model(image, training=False)) for model in (network, reference))
    difference = numpy.abs(features - expected).max() / numpy.abs(expected).max()
    if not difference <= TOLERANCE:
        raise UserError(
            f"weights: imagenet: with Keras {keras.__version__} the features of {network.name} differ by "
            f"{difference:.2%} from those of Keras' own network; use the version in "
            "requirements/, or give the path of an .h5 file as weights"
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
