"""Keras' weights in HDF5 files (``.h5``), of its older and its present layout, read strictly.

A network takes all its weights from a file that holds these and no others, or the file is refused in one line.
"""

import tempfile
from collections import Counter
from pathlib import Path

import h5py
import numpy

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.files import sha256
from darkroom.core.weight_files import CORRUPTION, check_self_contained

DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's red, green and blue, of values from 0 to 1."""
SIGNATURES = {
    b"<": "it is a web page",
    b"version https://git-lfs": "it is a pointer of Git LFS in the place of the file",
    b"PK": "it is a zip archive, such as a .keras file",
    b"\x89HDF": "it is truncated or corrupt",
    b"": "it is of another kind",
}
"""Words for a file that HDF5 cannot read, by its first bytes."""


def check_sha256(file: Path, expected: str | None) -> None:
    """Check the SHA-256 of a file with weights, where one is ``expected``.

    Raises:
        UserError: it is another, or there is no such file.
    """
    if not file.is_file():
        raise UserError(f"{file}: no such file; give the path of a Keras .h5 file")
    if expected is not None and (found := sha256(file)) != expected:
        raise UserError(
            f"sha256: {expected}: {file} has {found}; if that is the file you want, write its SHA-256 there"
        )


def load(network: keras.Model, file: Path) -> None:
    """Set every weight of ``network`` to what ``file`` holds; a network that it does not fit is of no use afterwards.

    The file is one that keras.applications publishes without top, or one saved by ``save_weights`` or as a whole model
    (``.h5``), in Keras 2 or 3; of a whole model the description, which may name code, is not read.

    Raises:
        UserError: the file is no whole HDF5 file, needs others, or holds other weights than those of ``network``.
        OSError: it cannot be opened.
    """
    with file.open("rb") as content:
        start = content.read(64).lstrip()
    try:
        with h5py.File(file, "r") as opened:
            check_self_contained(opened, str(file))
            legacy, shapes = _read_shapes(opened)
    except CORRUPTION:
        known = (meaning for signature, meaning in SIGNATURES.items() if start.startswith(signature))
        seems = next(known) if start else "it is empty"
        raise UserError(f"{file}: no whole HDF5 file: {seems}; get the .h5 file again") from None
    if problem := _describe_difference(network, shapes):
        raise UserError(f"{file}: {problem}")
    try:
        with tempfile.TemporaryDirectory() as folder:  # Keras tells the layout by the name
            link = Path(folder, "legacy.h5" if legacy else "present.weights.h5")
            link.symlink_to(file.resolve())
            network.load_weights(link)
        if not all(numpy.isfinite(values).all() for values in network.get_weights()):
            raise ValueError("some are no numbers")
    except CORRUPTION as error:
        problem = " ".join(str(error).split())[:240]
        raise UserError(
            f"{file}: its weights do not fit {network.name}: {problem}; "
            "give the file of this architecture without top, and whole"
        ) from None
    _fold_deviation(network)


def _read_shapes(file: h5py.File) -> tuple[bool, list[tuple[int, ...]]]:
    """Return whether the layout is the older one, and the shapes of all weights."""
    group = file.get("model_weights", file)
    legacy = any(name in group.attrs for name in ("layer_names", "layer_names0"))
    shapes = []

    def note(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and "seed_generator" not in name:
            shapes.append(item.shape)

    group = group if legacy else group.get("layers")
    if group is not None:
        group.visititems(note)
    return legacy, shapes


def _describe_difference(network: keras.Model, shapes: list[tuple[int, ...]]) -> str:
    """Return in what ``shapes`` differ from those of the network's weights and what to do; nothing where they agree."""
    found, expected = Counter(shapes), Counter(tuple(weight.shape) for weight in network.weights)
    more, missing = found - expected, expected - found
    if not shapes:
        return "holds no Keras weights; give a file that Keras saved"
    if more and not missing:
        return (
            f"holds {more.total()} weights more than {network.name} has without its last layers, so it has these too; "
            "give the file without top (published as …no_top.h5 or …notop.h5)"
        )
    if missing:
        first = next(weight for weight in network.weights if tuple(weight.shape) in missing)
        count = "as many" if len(shapes) == len(network.weights) else f"{len(network.weights)}"
        return (
            f"holds {len(shapes)} weights, where {network.name} has {count}, and lacks one of shape "
            f"{tuple(first.shape)} ({first.path}): it is of another architecture or alpha; "
            "give the file of this one without top"
        )
    return ""


def _fold_deviation(network: keras.Model) -> None:
    """Correct the variance in Keras' ImageNet weights of EfficientNetB0 to B7, which is the standard deviation.

    Keras makes up for it by a layer that it adds for ``weights="imagenet"`` alone, which divides by the root of the
    deviation once more (keras/src/applications/efficientnet.py, tensorflow issue 49930). With the square of the
    deviation as variance the same features come out of the graph without that layer.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, variance, count = layer.get_weights()
            if variance.shape == (len(DEVIATION),) and numpy.allclose(variance, DEVIATION, rtol=1e-5, atol=0):
                layer.set_weights([mean, variance * numpy.asarray(DEVIATION, "float32"), count])
            layer.finalize_state()
