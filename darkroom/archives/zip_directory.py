"""The directory of a zip archive, of which no list of members is held: each is read again when it is asked for.

zipfile makes half a kilobyte of objects for each member when it opens an archive. Here it is shown the archive with a
directory of some members alone, so that it, and nothing else, reads what an archive says.
"""

import io
import struct
import zipfile
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple, cast, overload

RECORD, MARK = struct.Struct("<4s24x3H12x"), b"PK\1\2"
"""The beginning of a member's record: its mark, and the lengths of its name, extra fields and comment."""
END, END_MARK = struct.Struct("<4s4H2LH"), b"PK\5\6"
LARGE_END, LARGE_MARK = struct.Struct("<4sQ2H2L4Q"), b"PK\6\6"
LOCATOR, LOCATOR_MARK = struct.Struct("<4sLQL"), b"PK\6\7"
LONGEST_COMMENT = 0xFFFF
AT_ONCE = 1024
"""Members that are objects at a time."""


class Place(NamedTuple):
    """Where an archive's directory is: its first byte, its bytes, and those that were put before the archive."""

    start: int
    size: int
    before: int


class Shown(io.RawIOBase):
    """An archive up to its directory, and another directory behind that."""

    def __init__(self, file: IO[bytes], name: str, place: Place, records: bytes, count: int) -> None:
        """Show so many ``records`` in the place of those that ``file`` has."""
        self.file, self.name, self.start = file, name, place.start
        end = place.start + len(records)
        size, first = len(records), place.start - place.before
        self.tail = records
        self.tail += LARGE_END.pack(LARGE_MARK, LARGE_END.size - 12, 45, 45, 0, 0, count, count, size, first)
        self.tail += LOCATOR.pack(LOCATOR_MARK, 0, end - place.before, 1)
        self.tail += END.pack(END_MARK, 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
        self.at = 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that any place can be gone to."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, and return it."""
        self.at = (0, self.at, self.start + len(self.tail))[whence] + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, of the archive or of the directory behind it."""
        if self.at >= self.start:
            place = self.at - self.start
            data = self.tail[place : place + size if size >= 0 else None]
        else:
            self.file.seek(self.at)
            data = self.file.read(min(size, self.start - self.at) if size >= 0 else self.start - self.at)
        self.at += len(data)
        return data


class Member(NamedTuple):
    """A member of an archive that is listed in a directory."""

    directory: "Directory"
    number: int

    @property
    def filename(self) -> str:
        """Its name."""
        return self.directory.name(self.number)

    @property
    def header_offset(self) -> int:
        """Its place in the archive."""
        return self.directory.offsets[self.number]

    @property
    def file_size(self) -> int:
        """Its size, as the archive declares it."""
        return self.directory.sizes[self.number]

    @property
    def checksum(self) -> int:
        """The CRC-32 of its bytes, as the archive declares it."""
        return self.directory[self.number].CRC


class Directory(Sequence[zipfile.ZipInfo]):
    """The members of an archive, in the order of its directory: names, places and sizes, and no object for any."""

    def __init__(self, archive: Path) -> None:
        """Read the directory of ``archive``.

        Raises:
            zipfile.BadZipFile: it is none; or what else zipfile raises.
        """
        self.archive = archive
        self.rename: Callable[[zipfile.ZipInfo], None] = lambda _: None
        with archive.open("rb") as file:
            place = _find(file)
            if place is None:
                raise zipfile.BadZipFile("File is not a zip file")
            self.place = place
            self.records = array("Q", _find_records(file, place))
        self.names, self.ends = bytearray(), array("Q")
        self.offsets, self.sizes = array("Q"), array("Q")

    def fill(self) -> None:
        """Note each member's name, as ``rename`` gives it, its place and its size."""
        self.names, self.ends = bytearray(), array("Q")
        self.offsets, self.sizes = array("Q"), array("Q")
        for member in self:
            if member.header_offset < 0:
                raise zipfile.BadZipFile("its beginning is missing")
            self.names += member.filename.encode()
            self.ends.append(len(self.names))
            self.offsets.append(member.header_offset)
            self.sizes.append(member.file_size)

    def name(self, number: int) -> str:
        """Return the name of a member."""
        return self.names[self.ends[number - 1] if number else 0 : self.ends[number]].decode()

    def read(self, numbers: Iterable[int]) -> Generator[tuple[zipfile.ZipInfo, zipfile.ZipFile]]:
        """Yield members by their numbers, each with an archive of which it can be opened before the next is taken."""
        left = iter(numbers)
        with self.archive.open("rb") as file:
            while some := list(islice(left, AT_ONCE)):
                records = b"".join(self._read_record(file, number) for number in some)
                shown = cast(IO[bytes], Shown(file, str(self.archive), self.place, records, len(some)))
                with zipfile.ZipFile(shown) as opened:
                    for member in opened.infolist():
                        self.rename(member)
                        yield member, opened

    def _read_record(self, file: IO[bytes], number: int) -> bytes:
        file.seek(self.records[number])
        data = file.read(RECORD.size)
        return data + file.read(sum(RECORD.unpack(data)[1:]))

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        return (member for member, _ in self.read(range(len(self))))

    @overload
    def __getitem__(self, number: int) -> zipfile.ZipInfo: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[zipfile.ZipInfo]: ...
    def __getitem__(self, number: int | slice) -> zipfile.ZipInfo | Sequence[zipfile.ZipInfo]:
        if isinstance(number, slice):
            return [member for member, _ in self.read(range(len(self))[number])]
        return next(member for member, _ in self.read([range(len(self))[number]]))


def _find(file: IO[bytes]) -> Place | None:
    """Return where an archive's directory is, by the records at its end, or ``None`` if it has none."""
    whole = file.seek(0, 2)
    file.seek(max(0, whole - END.size - LONGEST_COMMENT))
    start, tail = file.tell(), file.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) < at + END.size:
        return None
    *_, size, first, _ = END.unpack_from(tail, at)
    end = start + at
    file.seek(max(0, end - LOCATOR.size - LARGE_END.size))
    large = file.read(LARGE_END.size + LOCATOR.size)
    if len(large) == LARGE_END.size + LOCATOR.size and large[LARGE_END.size :].startswith(LOCATOR_MARK):
        mark, *_, large_size, large_first = LARGE_END.unpack_from(large)
        if mark == LARGE_MARK:
            size, first, end = large_size, large_first, end - len(large)
    begins = end - size
    return Place(begins, size, begins - first) if begins >= 0 and begins - first >= 0 else None


def _find_records(file: IO[bytes], place: Place) -> Iterator[int]:
    """Yield the place of each record of a directory."""
    at, end = place.start, place.start + place.size
    file.seek(at)
    while at < end:
        data = file.read(RECORD.size)
        if len(data) < RECORD.size:
            raise zipfile.BadZipFile("Truncated central directory")
        mark, *lengths = RECORD.unpack(data)
        if mark != MARK:
            raise zipfile.BadZipFile("Bad magic number for central directory")
        yield at
        at += RECORD.size + sum(lengths)
        file.seek(sum(lengths), 1)
