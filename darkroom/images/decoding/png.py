"""Chunks of PNG files (PNG specification, third edition, 5.3): what they declare, and files without those for words."""

import struct
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"IEND"
WORDS = {b"iCCP", b"iTXt", b"tEXt", b"zTXt"}
"""Chunks that hold words or a colour profile: no pixel is lost with them."""


def list_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type of each chunk, and where it begins and ends, as far as there are whole ones."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if place + 12 + length > len(data):
            return
        yield kind, place, place + 12 + length
        place += 12 + length


def drop_words(data: bytes) -> bytes:
    """Return a PNG without its text and its colour profile."""
    kept = bytearray(data)
    for kind, start, end in reversed(list(list_chunks(data))):
        if kind in WORDS:
            del kept[start:end]
    return bytes(kept)


def is_ended(data: bytes) -> bool:
    """Return whether a PNG has the chunk that ends it."""
    return any(kind == END for kind, _, _ in list_chunks(data))


def read_significant_bits(data: bytes) -> int | None:
    """Return how many bits of a grey image's values are significant, by its chunk sBIT; ``None`` if it has none."""
    for kind, start, _ in list_chunks(data):
        if kind == b"sBIT":
            return data[start + 8]
        if kind == b"IDAT":
            return None
    return None
