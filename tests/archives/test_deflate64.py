"""Members compressed by Deflate64, as Windows and 7-Zip write them, are read."""

import base64
import zipfile
from pathlib import Path

import pytest

from darkroom.archives import deflate64

BY_7_ZIP = base64.b64decode(
    "UEsDBBUAAAAJAKqxfF1k9j7inQIAAHM5AQAFAAAAYS5iaW7kz4MBIAAAA7G3bdu2bdu2bdu2bdu2bdu20T162SABAgYKHCRosOAh"
    "QoYKHSZsuPARIkaKHCVqtOgxYsaKHSduvPgJEiZKnCRpsuQpUqZKnSZtuvQZMmbKnCVrtuw5cubKnSdvvvwFChYqXKRoseIlSpYq"
    "XaZsufIVKlaqXKVqteo1ataqXaduvfoNGjZq3KRps+YtWrZq3aZtu/YdOnbq3KVrt+49evbq3advv/4DBg4aPGTosOEjRo4aPWbs"
    "uPETJk6aPGXqtOkzZs6aPWfuvPkLFi5avGTpsuUrVq5avWbtuvUbNm7avGXrtu07du7avWfvvv0HDh46fOToseMnTp46febsufMX"
    "Ll66fOXqtes3bt66fefuvfsPHj56/OTps+cvXr56/ebtu/cfPn76/OXrt+8/fv76/efvv//4P/6P/+P/+D/+j//j//g//o//4//4"
    "P/6P/+P/+D/+j//j//g//o//4//4P/6P/+P/+D/+j//j//g//o//4//4P/5v/MfDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PD"
    "w8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PD"
    "w8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PD"
    "w8PDw8PDw8PDw8PDw8PDw8PDw1N5cEgAAACDAKzsb+kvSYHaxuPxeDwej8fj8Xg8Ho/H4/F4PB6Px+PxeDwej8fj8Xg8Ho/H4/F4"
    "PB6Px+PxeDwej8fj8Xg8Ho/H4/F4PB6Px+ONfa5QSwECPwMVAAAACQCqsXxdZPY+4p0CAABzOQEABQAkAAAAAAAAACCApIEAAAAA"
    "YS5iaW4KACAAAAAAAAEAGACOrf2rhX/dAQAAAAAAAAAAAAAAAAAAAABQSwUGAAAAAAEAAQBXAAAAwAIAAAAA"
)
"""By `7z a -tzip -mm=Deflate64`, 7-Zip 26.01: runs longer than Deflate knows, and copies from further back."""
CONTENT = bytes(range(256)) * 40 + bytes(70000) + b"end"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "a.zip").write_bytes(BY_7_ZIP)
    return tmp_path / "a.zip"


def read(archive: Path) -> bytes:
    (member,) = zipfile.ZipFile(archive).infolist()
    assert member.compress_type == deflate64.METHOD
    with archive.open("rb") as file:
        return b"".join(deflate64.read_chunks(file, member))


@pytest.mark.parametrize("chunk", [1, 7, 1 << 16])
def test_what_7_zip_has_written_is_read(archive: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deflate64, "CHUNK", chunk)
    assert read(archive) == CONTENT


def test_other_bytes_are_noticed(archive: Path) -> None:
    data = bytearray(BY_7_ZIP)
    data[300] ^= 255
    archive.write_bytes(data)
    with pytest.raises((zipfile.BadZipFile, ValueError)):
        read(archive)
