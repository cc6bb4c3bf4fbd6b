"""Shards of images as libraries write them: parquet as Hugging Face's ``datasets``, tars as WebDataset has them."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any

NAMES = ["cat", "dog"]
FEATURES: dict[str, Any] = {"image": {"_type": "Image"}, "label": {"names": NAMES, "_type": "ClassLabel"}}


def parquet(rows: Sequence[Mapping[str, Any]], features: Mapping[str, Any] | None = FEATURES, **settings: Any) -> bytes:
    """A parquet file of these rows, with what ``datasets`` says of its columns, if it does."""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pylist(list(rows))
    if "image" in table.column_names:
        image = pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})
        values = pyarrow.array([row["image"] for row in rows], image)
        table = table.set_column(table.column_names.index("image"), "image", values)
    if features is not None:
        info = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": info})
    file = io.BytesIO()
    parquet.write_table(table, file, **settings)
    return file.getvalue()


def rows_of(files: Mapping[str, bytes], split: str, numbers: bool = True) -> list[dict[str, Any]]:
    """The rows of a split's images, whose names begin with ``<split>/<class>/``."""
    rows = []
    for name, data in files.items():
        home, label, last = name.split("/")
        if home == split:
            rows.append({"image": {"bytes": data, "path": last}, "label": NAMES.index(label) if numbers else label})
    return rows


def tar(files: Mapping[str, bytes | str], mode: str = "w") -> bytes:
    """A tar of these files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as opened:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            opened.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def samples_of(files: Mapping[str, bytes], split: str) -> dict[str, bytes | str]:
    """The samples of a split's images, with their classes as text."""
    samples: dict[str, bytes | str] = {}
    for name, data in files.items():
        home, label, last = name.split("/")
        if home == split:
            key = f"{label}{last.partition('.')[0]}"
            samples |= {f"{key}.jpg": data, f"{key}.cls": label}
    return samples
