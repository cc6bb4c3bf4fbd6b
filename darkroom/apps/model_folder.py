"""A trained model's folder, read without params.yaml: the network, its classes, and how its images are prepared.

Training leaves in it ``model.keras`` (the network), ``view.json`` (classes in the order of the labels, size, resize,
filter and mode of the images) and ``summary.json`` (where ``note`` stands what every result must say).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from darkroom.archives.names import can_be_class
from darkroom.core.errors import UserError
from darkroom.core.filenames import NETWORK, SUMMARY
from darkroom.core.files import read_json
from darkroom.core.provenance import OF_IMAGES
from darkroom.images.decoding.depth import Ranges
from darkroom.images.decoding.pixels import CHANNELS
from darkroom.images.prepared.views import DESCRIPTION, PREPARATION
from darkroom.params.view import Decoding, View

HOME = Path("models")
"""The folder in the working directory where a bare name is looked for."""
MOST_NAMED = 12
LARGEST = 4096
"""Pixels of a side of the images that a model may want; larger ones would fill the memory."""
RECORD = "record.json"
"""The record of the training run: that it learned from synthetic images stands there."""
ANY = {
    "dataset": "any",
    "corrupt": "leave-out",
    "value_range": None,
    "duplicates": "report",
    "class_order": "alphabetical",
    "shards": 1,
}
"""What of a view is of no account here: which data set it was, what became of some of its images there, and the order
of its classes, which stand in it in that order."""
READING = {"max_megapixels": 1000, "tolerate": "missing-end"}
""":class:`Decoding` of the images to predict."""
AGAIN = "copy the model's folder anew from where it was trained, or train the model again"


@dataclass(frozen=True)
class ModelFolder:
    """A model's folder; the network itself is read when it is asked for."""

    file: Path
    classes: tuple[str, ...]
    view: View
    decoding: Decoding
    ranges: Ranges
    note: str
    """A note that every result of this model must show, such as that its images were synthetic; mostly empty."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    """What summary.json says of the training run; not checked, for the folder may be anybody's."""
    record: Mapping[str, Any] = field(default_factory=dict)
    """What record.json says of its cost, where there is one; not checked either."""

    @classmethod
    def open(cls, given: str) -> "ModelFolder":
        """Return the model that ``given`` means: its folder, its .keras file, or its name or path below ``models``.

        Raises:
            UserError: there is none, there are several, or a file of the folder is missing or corrupt.
        """
        file = locate(given)
        folder = file.parent
        missing = [name for name in (file.name, DESCRIPTION, SUMMARY) if not (folder / name).is_file()]
        if missing:
            raise UserError(
                f"{folder}: not a whole model's folder: no {' and no '.join(missing)}; {_describe_content(folder)}"
            )
        description, summary = _read(folder / DESCRIPTION), _read(folder / SUMMARY)
        view, decoding, ranges, classes = _parse_description(description, folder / DESCRIPTION)
        record = _read(folder / RECORD) if (folder / RECORD).is_file() else {}
        said = (part.get(key) for key in (OF_IMAGES, "note") for part in (summary, description, record))
        notes = dict.fromkeys(str(note) for note in said if note)
        return cls(file, classes, view, decoding, ranges, "; ".join(notes), summary, record)

    @property
    def folder(self) -> Path:
        """The model's folder."""
        return self.file.parent

    @property
    def name(self) -> str:
        """The model's name, which is its folder's."""
        return self.folder.resolve().name

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the images that the network takes."""
        return self.view.size, self.view.size, CHANNELS[self.view.mode]

    def describe_inputs(self) -> dict[str, Any]:
        """Return what a model's file does not say: its classes, how images become its pixels, and its note."""
        return {
            "classes": list(self.classes),
            **{key: getattr(self.view, key) for key in PREPARATION},
            "profiles": self.decoding.profiles,
            **vars(self.ranges),
            "note": self.note,
        }

    def network(self) -> Any:
        """Return the Keras model: images (batch, *shape) of 0..255 in, probabilities (batch, classes or 1) out.

        Raises:
            UserError: the file is corrupt, names what no network here is built of, or is of another shape than
                view.json says.
        """
        from darkroom.networks.network import count_classes
        from darkroom.networks.network_file import (
            read_network,  # here, as it takes seconds: a mistake in what was typed shows at once
        )

        try:
            network = read_network(self.file)
            found = tuple(network.input_shape[1:]), count_classes(network)
        except Exception as error:  # a corrupt archive raises anything: BadZipFile, KeyError, OSError, TypeError, …
            if isinstance(error, MemoryError | UserError):
                raise
            problem = " ".join((str(error) or type(error).__name__).split())[:200]
            raise UserError(f"{self.file}: not a whole Keras model ({problem}); {AGAIN}") from None
        if found != (self.shape, len(self.classes)):
            raise UserError(
                f"{self.file}: takes images of {found[0]} and distinguishes {found[1]} classes, but {DESCRIPTION} "
                f"beside it says {self.shape} and {len(self.classes)} ({', '.join(self.classes)}); {AGAIN}"
            )
        return network


def locate(given: str) -> Path:
    """Return the .keras file that ``given`` means, whether or not it exists.

    Raises:
        UserError: ``given`` is another file, or no or several models have this name.
    """
    path = Path(given)
    if path.is_file():
        if path.suffix != ".keras":
            raise UserError(f"{given}: not a model: give a model's folder, or the {NETWORK} in it")
        return path
    if path.is_dir():
        return path / NETWORK
    known = list_models(HOME)
    matches = [name for name in known if f"/{name}".endswith(f"/{given.strip('/')}")]
    if len(matches) == 1:
        return HOME / matches[0] / NETWORK
    if matches:
        raise UserError(f"{given}: {len(matches)} models have this name; give one of {_list(matches)}")
    there = f"in {HOME} there is {_list(known)}" if known else f"and {HOME} in this directory holds none"
    raise UserError(f"{given}: no such folder or model; {there}")


def list_models(folder: Path) -> list[str]:
    """Return the paths, relative to ``folder``, of the models' folders at most two levels below it."""
    files = [*folder.glob(f"*/{NETWORK}"), *folder.glob(f"*/*/{NETWORK}")]
    return sorted(file.parent.relative_to(folder).as_posix() for file in files)


def _describe_content(folder: Path) -> str:
    if (folder / NETWORK).is_file():
        return AGAIN
    if models := list_models(folder):
        return f"it holds the models {_list(models)}; give one of them"
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return f"it holds {_list(names)}; give a folder that training has written"


def _list(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (", ".join(names[:MOST_NAMED]) or "nothing") + more


def _read(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except ValueError as error:  # no JSON, or no UTF-8
        raise UserError(f"{path}: not valid JSON ({error}); {AGAIN}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected an object with keys; {AGAIN}")
    return content


def _parse_description(description: dict[str, Any], path: Path) -> tuple[View, Decoding, Ranges, tuple[str, ...]]:
    known = {key: description[key] for key in PREPARATION if key in description}
    before = {"profiles": "ignore", **description}  # as of models that were trained when these were not looked at
    try:
        view = View.model_validate({**ANY, **known})
        decoding = Decoding.model_validate({**READING, "profiles": before["profiles"]})
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}; {AGAIN}") from None
    classes = description.get("classes")
    if not isinstance(classes, list) or not all(isinstance(name, str) and can_be_class(name) for name in classes):
        raise UserError(f"{path}: classes: expected a list of names of folders, without controls or /; {AGAIN}")
    if view.size > LARGEST:
        raise UserError(f"{path}: size: {view.size:,}: allowed: up to {LARGEST:,}; {AGAIN}")
    ranges = Ranges(*(tuple(found) if (found := description.get(kind)) else None for kind in ("whole", "fraction")))
    return view, decoding, ranges, tuple(classes)
