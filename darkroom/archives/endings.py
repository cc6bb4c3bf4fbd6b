"""Kinds of archives, by the endings of their names."""

from pathlib import Path

ZIP, SEVEN_ZIP = ".zip", ".7z"
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
READABLE = (ZIP, SEVEN_ZIP, *TARS)
SINGLE = (".gz", ".bz2", ".xz", ".zst", ".lz4")
"""Those of a single file that was compressed, unless that is a tar."""
UNREADABLE: tuple[str, ...] = (".rar", ".ace", ".arj", ".cab", ".lzh", ".lha", ".iso", ".dmg", ".sit", ".sitx")
UNREADABLE += (".zipx", ".wim", ".tar.lz", ".tar.lz4", ".tar.br", ".tar.z", *SINGLE)


def find_ending(name: str, endings: tuple[str, ...] = READABLE) -> str:
    """Return which of ``endings`` a name has, the longest that fits; nothing where it has none."""
    return max((ending for ending in endings if name.lower().endswith(ending)), key=len, default="")


def strip(name: str, endings: tuple[str, ...] = READABLE) -> str:
    """Return a name without the one of ``endings`` that it has."""
    return name[: len(name) - len(find_ending(name, endings))]


def is_archive(path: Path) -> bool:
    """Return whether a path is an archive that is read, by its name."""
    return bool(find_ending(path.name)) and path.is_file()


def is_zip(path: Path) -> bool:
    """Return whether a path is a zip file, by its name."""
    return find_ending(path.name) == ZIP and path.is_file()


def is_tar(path: Path) -> bool:
    """Return whether a path is a tar file, compressed or not, by its name."""
    return find_ending(path.name) in TARS and path.is_file()
