"""A backbone's weights from where params.yaml says, verified, and stored in one layout."""

from pathlib import Path

from darkroom.core.backend import keras
from darkroom.core.filenames import BACKBONE, WEIGHTS
from darkroom.core.files import replace_folder, sha256, write_json
from darkroom.core.progress import note
from darkroom.core.provenance import note_on_weights
from darkroom.params.backbone import Backbone
from darkroom.transfer_learning import architectures
from darkroom.weights import hdf5, imagenet, lite_weights, torch_pickle


def store_weights(key: str, backbone: Backbone, seed: int, out: Path) -> None:
    """Write the weights of ``backbone`` into the folder ``out``; random ones are what ``runtime.start`` seeded."""
    network, kind, origin, file = load_weights(backbone, seed, f"pretrained {key}")
    with replace_folder(out) as folder:
        network.save_weights(folder / WEIGHTS)
        facts = {
            "architecture": backbone.architecture,
            "alpha": backbone.alpha,
            "weights": kind,
            "origin": origin,
            "file": file and file.name,
            "bytes": file and file.stat().st_size,
            "sha256": file and sha256(file),
            "note": note_on_weights(backbone.weights),
            "parameters": network.count_params(),
            "weights_sha256": sha256(folder / WEIGHTS),
        }
        write_json(folder / BACKBONE, facts)
    note(f"pretrained {key}", f"{backbone.architecture}: {network.count_params():,} parameters ({origin})")


def load_weights(backbone: Backbone, seed: int, task: str) -> tuple[keras.Model, str, str, Path | None]:
    """Return the network with its weights, the kind of their source, their origin in words, and the file they were in.

    Raises:
        UserError: the weights cannot be had, or are not those of this architecture.
    """
    if backbone.weights == "imagenet":
        network, file = imagenet.download(backbone, task)
        return network, "imagenet", "ImageNet, from Keras", file
    network = architectures.build(backbone.architecture, backbone.alpha, imagenet.SHAPE)
    if backbone.weights == "none":
        return network, "none", f"random, seed {seed}", None
    if backbone.weights == "package":
        file, architecture = lite_weights.find_file(backbone.architecture), backbone.architecture
        hdf5.check_sha256(file, backbone.sha256)
        lite_weights.set_weights(network, architecture, torch_pickle.read(file))
        source = f"{lite_weights.name_package(architecture)} {lite_weights.find_version(architecture)}"
        return network, "package", f"ImageNet, package {source}", file
    file = Path(backbone.weights).expanduser()
    hdf5.check_sha256(file, backbone.sha256)
    hdf5.load(network, file)
    return network, "file", f"file {file.name}", file
