"""Parquet files as Hugging Face's library ``datasets`` writes them: a row for each image, its file's bytes in a column.

The image is a struct of ``bytes`` and ``path``; the class is text, or a number whose name stands in the file's metadata
under ``huggingface``. Rows are read in batches of bounded size, however large a file is.
"""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from darkroom.archives.file_kinds import AGAIN
from darkroom.archives.names import show
from darkroom.archives.parquet_columns import Columns, find_columns, name_class
from darkroom.archives.samples import HEAD, Keys, Sample, find_ending
from darkroom.core.errors import UserError

BATCH, LARGE = 16 << 20, 256 << 20
"""Bytes of images that are held at once: usually, and where all rows had the one value of the largest group."""
MOST_ROWS = 1024
BUFFER = 1 << 20
"""Bytes that are read from the file at once."""


def list_samples(shard: Path, keys: Keys) -> Iterator[Sample]:
    """Yield every sample of a file.

    Raises:
        UserError: the file is corrupt or has no such columns, a class is none, or it unpacks to too much.
    """
    from pyarrow import compute

    number = unpacked = 0
    with _open(shard) as file:
        columns = find_columns(shard, file.schema_arrow, keys)
        for batch in _read_batches(file, columns):
            image = batch.column(columns.image)
            data = compute.struct_field(image, "bytes") if columns.is_struct else image
            has_path = columns.is_struct and image.type.get_field_index("path") >= 0
            paths = compute.struct_field(image, "path").to_pylist() if has_path else [None] * len(batch)
            sizes, heads = compute.binary_length(data).to_pylist(), compute.binary_slice(data, 0, HEAD).to_pylist()
            unpacked += sum(size or 0 for size in sizes)
            keys.allowed.check(shard, unpacked)
            labels = batch.column(columns.label).to_pylist()
            for size, head, path, value in zip(sizes, heads, paths, labels, strict=True):
                label = name_class(f"{shard}: row {number}", columns, value)
                yield Sample(number, path or "", label, size or None, find_ending(head or b""))
                number += 1


def read_images(shard: Path, keys: Keys, wanted: Set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the images in the rows ``wanted``.

    Raises:
        UserError: the file is corrupt.
    """
    from pyarrow import compute

    first = 0
    with _open(shard) as file:
        columns = find_columns(shard, file.schema_arrow, keys)
        for batch in _read_batches(file, columns):
            image = batch.column(columns.image)
            data = compute.struct_field(image, "bytes") if columns.is_struct else image
            for place in range(len(batch)):
                if first + place in wanted:
                    yield first + place, data[place].as_py()
            first += len(batch)


def _read_batches(file: Any, columns: Columns) -> Iterator[Any]:
    """Yield rows of a file: so few that neither all of them nor the largest value many times over fill the memory."""
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    sizes = [
        sum(
            group.column(place).total_uncompressed_size
            for place in range(group.num_columns)
            if group.column(place).path_in_schema.partition(".")[0] == columns.image
        )
        for group in groups
    ]
    usual = sum(sizes) // max(1, file.metadata.num_rows)
    rows = min(MOST_ROWS, BATCH // max(1, usual), LARGE // max(1, max(sizes, default=1)))
    yield from file.iter_batches(max(1, rows), columns=[columns.image, columns.label], use_threads=False)


@contextmanager
def _open(shard: Path) -> Iterator[Any]:
    """Open a file; what its reader raises on corrupt bytes becomes one line.

    Raises:
        UserError: it is no whole parquet file.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(shard, buffer_size=BUFFER, pre_buffer=False) as file:
            yield file
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise
        said = " ".join(str(error).split())[:160]
        raise UserError(f"{show(shard)}: not a whole parquet file ({said}); {AGAIN}") from None
