"""The description of a dataset in Croissant 1.0, JSON-LD that search engines and loaders of datasets read.

The images are described by a table, images.csv, that lies beside it: split, class, file, bytes, SHA-256, archive and
member. The archives themselves are named with their hashes, and do not lie there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from mimetypes import MimeTypes
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from darkroom.cards.metadata import SYNTHETIC
from darkroom.cards.origins import Archive
from darkroom.cards.places import DatasetPlace

IMAGES = "images.csv"
VERSION = "http://mlcommons.org/croissant/1.0"
TERMS: tuple[str, ...] = (
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
)
"""Words of Croissant that schema.org does not have."""
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    **{term: f"cr:{term}" for term in TERMS},
}
SPLITS = {
    "train": "cr:TrainingSplit",
    "validation": "cr:ValidationSplit",
    "test": "cr:TestSplit",
}
COLUMNS = {
    "split": ("sc:Text", "The part that the image belongs to."),
    "class": ("sc:Text", "What the image shows; the label."),
    "file": ("sc:Text", "Where the image lies once it is unpacked: by split and class."),
    "bytes": ("sc:Integer", "Size of the image's file."),
    "sha256": ("sc:Text", "SHA-256 of the image's file."),
    "archive": ("sc:Text", "The archive that the image was delivered in."),
    "member": ("sc:Text", "The image's name in that archive."),
}
REFERENCES = {"split": "splits/name", "class": "classes/name"}
FORMATS = MimeTypes()  # Python's own table, which is the same on every machine
for ending, form in {".7z": "application/x-7z-compressed", ".parquet": "application/vnd.apache.parquet"}.items():
    FORMATS.add_type(form, ending)


def describe(
    place: DatasetPlace,
    rows: Sequence[Mapping[str, str]],
    archives: Iterable[Archive],
    sha256: str,
    facts: Mapping[str, str | None],
) -> dict[str, Any]:
    """Return the description.

    Args:
        place: the dataset.
        rows: of the index of its images.
        archives: that they were delivered in.
        sha256: of images.csv.
        facts: what only people know, by name: ``licence``, ``creator``, ``url``; ``None`` is left out.
    """
    classes = sorted({row["class"] for row in rows})
    splits = [split for split in SPLITS if any(row["split"] == split for row in rows)]
    note = f"{place.note.capitalize()}: a stand-in for photographs. " if place.note else ""
    counted = ", ".join(f"{sum(row['split'] == split for row in rows):,} {split}" for split in splits)
    address = facts.get("url") or place.origin
    table = {"name": IMAGES, "contentUrl": IMAGES, "encodingFormat": "text/csv", "sha256": sha256}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": place.key,
        "alternateName": place.dataset.title,
        "description": f"{note}{place.dataset.title}: {len(rows):,} images ({counted}) of {len(classes)} classes.",
        "keywords": [SYNTHETIC] * bool(note) + ["image classification"],
        **({"url": address} if address else {}),
        **({"license": facts["licence"]} if facts.get("licence") else {}),
        **({"creator": {"@type": "sc:Organization", "name": facts["creator"]}} if facts.get("creator") else {}),
        "distribution": [_file("images.csv", table), *_describe_archives(place, rows, archives)],
        "recordSet": [_list_splits(splits), _list_classes(classes), _list_images()],
    }


def _file(identifier: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"@type": "cr:FileObject", "@id": identifier, **content}


def _describe_archives(
    place: DatasetPlace, rows: Iterable[Mapping[str, str]], archives: Iterable[Archive]
) -> list[dict[str, Any]]:
    """Return the archives, and of those that hold images as files, which of their members are images."""
    endings: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        endings[row["archive"]].add(PurePosixPath(row["member"]).suffix if "#" not in row["member"] else "")
    found = []
    for number, archive in enumerate(archives, 1):
        form = FORMATS.guess_type(archive.name)[0] or "application/octet-stream"
        named = {"name": archive.name, "contentUrl": _locate(place, archive.name), "encodingFormat": form}
        identifier = f"archive-{number}"
        facts = {"contentSize": f"{archive.size} B", "sha256": archive.sha256}
        found.append(_file(identifier, {**named, **facts}))
        if form == "application/zip" and (held := endings.get(archive.name, set()) - {""}):
            found.append(
                {
                    "@type": "cr:FileSet",
                    "@id": f"{identifier}-images",
                    "name": f"{identifier}-images",
                    "description": "The images in this archive.",
                    "containedIn": {"@id": identifier},
                    "encodingFormat": "image/*",
                    "includes": [f"**/*{ending}" for ending in sorted(held)],
                }
            )
    return found


def _locate(place: DatasetPlace, name: str) -> str:
    """Return the address of an archive; of one that has none its name, for it is to lie beside the description."""
    source = place.dataset.source
    if source.startswith("https://"):
        return source + quote(name) if source.endswith("/") else source
    return quote(name)


def _list_splits(splits: Iterable[str]) -> dict[str, Any]:
    data = [{"splits/name": split, "splits/url": SPLITS[split]} for split in splits]
    kinds = {"name": "sc:Text", "url": "sc:URL"}
    fields = [_field("splits", name, kind, f"The {name} of the split.") for name, kind in kinds.items()]
    return _record_set("splits", "The parts of the dataset.", fields, dataType="cr:Split", data=data)


def _list_classes(classes: Iterable[str]) -> dict[str, Any]:
    data = [{"classes/name": name} for name in classes]
    fields = [_field("classes", "name", "sc:Text", "The name of the class.")]
    return _record_set("classes", "What an image may show.", fields, dataType="sc:Enumeration", data=data)


def _list_images() -> dict[str, Any]:
    fields = []
    for name, (kind, meaning) in COLUMNS.items():
        source = {"fileObject": {"@id": IMAGES}, "extract": {"column": name}}
        refers = {"references": {"field": {"@id": REFERENCES[name]}}} if name in REFERENCES else {}
        fields.append(_field("images", name, kind, meaning) | {"source": source} | refers)
    return _record_set("images", "One record for each image.", fields, key={"@id": "images/file"})


def _field(record_set: str, name: str, kind: str, meaning: str) -> dict[str, Any]:
    identifier = f"{record_set}/{name}"
    return {"@type": "cr:Field", "@id": identifier, "name": identifier, "description": meaning, "dataType": kind}


def _record_set(name: str, meaning: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": meaning,
        "key": {"@id": f"{name}/name"},
        "field": fields,
        **more,
    }
