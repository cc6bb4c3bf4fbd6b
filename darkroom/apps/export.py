"""Export: a trained model in a format that runs without this project, from the model's folder alone.

python -m darkroom.apps.export MODEL --format onnx|tflite|savedmodel|openvino [--out PATH]

MODEL is the folder that training left, the model.keras in it, or a name found below models/. The result takes float32
pixels 0 to 255, (batch, size, size, channels) with any batch, and gives float32 probabilities, (batch, classes). It
computes in float32 even where the model was trained in bfloat16, which ONNX Runtime and LiteRT do not run: such a
model's probabilities may differ in the third digit.
OpenVINO's is an .xml, and the weights beside it in a .bin of the same name.
Beside it, a .json of the same name says what pixels do not: the classes in the order of the probabilities, how images
are brought to that size (size, resize, filter, mode), and the note that every result must show.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy

from darkroom.apps.model_folder import ModelFolder
from darkroom.core.errors import UserError
from darkroom.core.files import replace_file, replace_folder
from darkroom.core.progress import note
from darkroom.pipeline import command

HOME = Path("exports")
"""The folder of exports unless --out says otherwise: not models/, whose folders are DVC's."""


class Format(NamedTuple):
    """A format: Keras' name of it, the ending of its file (none: a folder), and the packages that write it."""

    keras: str
    ending: str
    packages: tuple[str, ...]
    weights: str = ""
    """The ending of the file of weights beside it; none: it has them itself."""


FORMATS = {
    "onnx": Format("onnx", ".onnx", ("onnx", "tf2onnx")),
    "tflite": Format("litert", ".tflite", ()),
    "savedmodel": Format("tf_saved_model", "", ()),
    "openvino": Format("openvino", ".xml", ("openvino",), ".bin"),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Export the model that the command line names.

    Raises:
        UserError: what was typed is wrong, a package is missing, or the model is corrupt or cannot be converted.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a model's folder, its model.keras, or a name found below models/")
    parser.add_argument("--format", choices=FORMATS, required=True)
    parser.add_argument("--out", type=Path, help=f"file or, for savedmodel, folder to write; default {HOME}/<model>")
    given = parser.parse_args(argv)
    form, model = FORMATS[given.format], ModelFolder.open(given.model)
    if missing := [name for name in form.packages if find_spec(name) is None]:
        raise UserError(
            f"--format {given.format} needs the package {' and '.join(missing)}; "
            f"run python -m pip install {' '.join(missing)}, or choose another format"
        )
    out = check_destination(given.out or HOME / f"{model.name}{form.ending}", form, model)
    description = export(model, form, out)
    written = out.rglob("*") if out.is_dir() else [out, *([out.with_suffix(form.weights)] if form.weights else [])]
    size = sum(file.stat().st_size for file in written if file.is_file())
    print(f"{out}: {size / 1e6:,.1f} MB; its classes and how to prepare images: {description}")
    if model.note:
        note(f"export {model.name}", f"note: {model.note}")


def check_destination(out: Path, form: Format, model: ModelFolder) -> Path:
    """Return ``out``.

    Raises:
        UserError: it has another ending, is in the model's folder, or holds something else.
    """
    if out.suffix != form.ending and form.ending:
        raise UserError(f"{out}: the name of this format must end in {form.ending}")
    if model.folder.resolve() in (out.resolve(), *out.resolve().parents):
        raise UserError(f"{out}: is in the model's folder, whose content DVC tracks; choose another place")
    if out.is_dir() if form.ending else out.is_file():
        raise UserError(f"{out}: is a {'folder' if form.ending else 'file'}; choose another name")
    if out.is_dir() and any(out.iterdir()) and not (out / "saved_model.pb").is_file():
        raise UserError(f"{out}: holds other files, which would be lost; choose another name")
    weights = out.with_suffix(form.weights)
    if form.weights and weights.exists() and not out.exists():
        raise UserError(f"{weights}: is there, and would be lost; choose another name")
    return out


def export(model: ModelFolder, form: Format, out: Path) -> Path:
    """Write the model to ``out`` in the format ``form``, and its description beside it, whose path is returned.

    Raises:
        UserError: the model is corrupt, or has layers that the format cannot express.
    """
    from darkroom.core.backend import keras  # here, as it takes seconds: a mistake in what was typed shows at once

    network = cover_every_class(settle(model.network()))
    pixels = keras.InputSpec("float32", (None, *model.shape), name="image")
    description = out.with_suffix(".json") if form.ending else out.with_name(f"{out.name}.json")
    with replace_file(description) as text, replace_file(out) if form.ending else replace_folder(out) as place:
        text.write_text(json.dumps(model.describe_inputs(), indent=2, ensure_ascii=False) + "\n", "utf-8")
        try:
            with warnings.catch_warnings(action="ignore"):  # of the converters, about themselves
                write(network, form, place, [pixels])
        except Exception as error:  # converters raise what they like
            if isinstance(error, MemoryError):
                raise
            problem = " ".join((str(error) or type(error).__name__).split())[:200]
            raise UserError(
                f"{model.file}: cannot be written as {form.keras} ({problem}); try another format"
            ) from None
        if form.weights:
            place.with_suffix(form.weights).replace(out.with_suffix(form.weights))
    return description


def write(network: Any, form: Format, place: Path, signature: Sequence[Any]) -> None:
    """Write ``network`` to ``place``, and its weights beside it where the format has them apart; nothing if it fails.

    Raises:
        Exception: whatever the converter raises.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it would tell Google of the export
    try:
        network.export(str(place), format=form.keras, verbose=False, input_signature=signature)
    except BaseException:
        if form.weights:
            place.with_suffix(form.weights).unlink(missing_ok=True)
        raise


def settle(network: Any) -> Any:
    """Return ``network`` with layers that compute in float32, and Normalization by numbers that are part of the graph.

    Keras holds a Normalization layer's mean and variance as tensors outside the graph, which tf2onnx takes for inputs.
    """
    from darkroom.core.backend import keras
    from darkroom.networks.copies import walk_layers

    for layer in [network, *walk_layers(network)]:
        layer.dtype_policy = "float32"
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
            layer.mean, layer.variance = (numpy.asarray(part, "float32") for part in (layer.mean, layer.variance))
    return network


def cover_every_class(network: Any) -> Any:
    """Return ``network``, giving the probabilities of both classes where it gives only that of the second."""
    from darkroom.core.backend import keras

    if network.output_shape[-1] > 1:
        return network
    second = network.outputs[0]
    return keras.Model(network.inputs, keras.ops.concatenate([1.0 - second, second], axis=-1), name=network.name)


if __name__ == "__main__":
    command.run(main)
