"""Members of zips that are compressed by Deflate64, as Windows writes large ones; zipfile does not read them."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

METHOD = 9
HEADER = struct.Struct("<4s22x2H")
"""What stands before a member: a mark, and at the end the length of its name and of its extra fields."""
CHUNK = 1 << 16
"""Bytes that are held in memory at once, before they are unpacked."""


def read_chunks(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the bytes of a member of the zip ``file``, never more than it declares.

    Raises:
        zipfile.BadZipFile: they are not those that it declares.
        ValueError: they are corrupt.
    """
    from inflate64 import Inflater

    file.seek(member.header_offset)
    mark, name, extra = HEADER.unpack(file.read(HEADER.size).ljust(HEADER.size, b"\0"))
    if mark != b"PK\3\4":
        raise zipfile.BadZipFile("no header before it")
    file.seek(name + extra, 1)
    inflater, packed, left, checksum = Inflater(), member.compress_size, member.file_size, 0
    while packed and not inflater.eof:
        data = file.read(min(CHUNK, packed))
        if not data:
            raise EOFError("its end is missing")
        packed -= len(data)
        chunk = inflater.inflate(data)
        left -= len(chunk)
        if left < 0:
            break
        checksum = zlib.crc32(chunk, checksum)
        yield chunk
    if left or checksum != member.CRC:
        raise zipfile.BadZipFile("not of the size or the checksum that it declares")
