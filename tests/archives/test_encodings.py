"""Names in zips that do not say in which encoding they are: found out over an archive, said, or decided by a key."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path

import pandas
import pytest
from PIL import Image

from darkroom.archives.encodings import Encoding, choose_encoding, rename
from darkroom.archives.reading import find_reading
from darkroom.params.data import Dataset
from stages import fetch, unzip
from tests.support.data_sets import dataset
from tests.support.refusals import one_line

Project = Callable[..., Path]
AUTOMATIC = Encoding(None, "datasets.pets.names")


def write(path: Path, names: Iterable[bytes], flags: int = 0) -> Path:
    """Write a zip of small JPEGs whose names are these bytes, whatever they mean."""
    names = list(names)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for number, name in enumerate(names):
            file = BytesIO()
            Image.new("L", (4, 3), number).save(file, "JPEG")
            opened.writestr(f"{number:04}".ljust(len(name), "x"), file.getvalue())
    data = path.read_bytes()
    for number, name in enumerate(names):
        data = data.replace(f"{number:04}".ljust(len(name), "x").encode(), name)
    path.write_bytes(data)
    if flags:
        path.write_bytes(flag(data, flags))
    return path


def flag(data: bytes, flags: int) -> bytes:
    """The zip, with these flags in every member's two headers."""
    changed = bytearray(data)
    for mark, place in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        start = changed.find(mark)
        while start >= 0:
            struct.pack_into("<H", changed, start + place, flags)
            start = changed.find(mark, start + 4)
    return bytes(changed)


def members(labels: Iterable[str], encoding: str, separator: bytes = b"/") -> list[bytes]:
    form = (b"train", b"{}", b"{}.jpg")
    return [
        separator.join(form).replace(b"{}", label.encode(encoding), 1).replace(b"{}", str(number).encode())
        for label in labels
        for number in range(2)
    ]


def decode(path: Path, encoding: Encoding = AUTOMATIC) -> tuple[str | None, list[str]]:
    with zipfile.ZipFile(path) as opened:
        listed = opened.infolist()
    chosen = choose_encoding(listed, encoding)
    for member in listed:
        rename(path, member, chosen, encoding)
    return chosen if encoding.name is None and chosen != "utf-8" else None, [member.filename for member in listed]


WORDS = {
    "simplified Chinese": ("gb18030", ["猫", "狗", "汽车", "飞机"]),
    "two classes in simplified Chinese": ("gb18030", ["良性", "恶性"]),
    "traditional Chinese": ("big5", ["貓", "狗", "汽車", "飛機"]),
    "Japanese": ("cp932", ["猫", "犬", "りんご", "飛行機"]),
    "Shift-JIS with a byte that is ASCII's backslash": ("cp932", ["表示", "予定", "ソース", "構造"]),
    "Korean": ("cp949", ["고양이", "강아지", "자동차"]),
    "French": ("cp1252", ["côte d'azur", "forêt", "été"]),
    "German": ("cp1252", ["Bäume", "Häuser", "Straße"]),
    "German of a DOS window": ("cp850", ["Bäume", "Häuser", "Straße"]),
    "Spanish": ("cp1252", ["niño", "año"]),
    "Russian": ("cp1251", ["Кошка", "собака"]),
    "Russian of a DOS window": ("cp866", ["кошка", "собака"]),
    "Czech": ("cp1250", ["kočka", "žába", "pták"]),
    "Polish of a DOS window": ("cp852", ["łąka", "jabłko"]),
    "Greek": ("cp1253", ["γάτα", "σκύλος"]),
    "Turkish": ("cp1254", ["köpek", "kuş", "ağaç"]),
    "Arabic": ("cp1256", ["قطة", "كلب"]),
    "macOS's UTF-8": ("utf-8", ["café", "猫", "кошка"]),
}


@pytest.mark.parametrize(("encoding", "labels"), WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("separator", [b"/", b"\\"], ids=["slash", "backslash"])
def test_names_without_a_mark_are_read_as_they_were_meant(
    tmp_path: Path, encoding: str, labels: list[str], separator: bytes
) -> None:
    path = write(tmp_path / "a.zip", members(labels, encoding, separator))
    guessed, names = decode(path)
    assert names == [f"train/{label}/{number}.jpg" for label in labels for number in range(2)]
    assert (guessed is None) == (encoding == "utf-8")


def test_a_key_decides(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", members(["été", "ñu"], "cp1252"))
    guessed, names = decode(path, Encoding("cp1251", "datasets.pets.names"))
    assert guessed is None and names[0] == f"train/{'été'.encode('cp1252').decode('cp1251')}/0.jpg"


def test_the_name_in_utf8_in_an_extra_field_goes_before_all(tmp_path: Path) -> None:
    raw = "猫.jpg".encode("cp932")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as opened:
        member = zipfile.ZipInfo("xx.jpg")
        text = "ねこ.jpg".encode()
        field = struct.pack("<BL", 1, zlib.crc32(raw)) + text
        member.extra = struct.pack("<2H", 0x7075, len(field)) + field
        opened.writestr(member, b"x")
    path.write_bytes(path.read_bytes().replace(member.filename.encode(), raw))
    assert decode(path) == (None, ["ねこ.jpg"])


def test_names_that_are_not_in_the_encoding_that_is_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", members(["猫"], "cp932"))
    wrong = Encoding("utf-8", "datasets.pets.names")
    one_line(lambda: decode(path, wrong), "a.zip: the name b'train/\\x94\\x4c".replace("\\x4c", "L"), "is not in utf-8")


@pytest.mark.parametrize("names", ["klingon", "utf-16", "hex", ""])
def test_an_encoding_that_cannot_be(names: str) -> None:
    with pytest.raises(ValueError, match="no encoding of names that Python knows; write one such as cp932"):
        dataset(names=names)


@pytest.mark.parametrize(("given", "kept"), [("GBK", "gbk"), ("Shift-JIS", "shift_jis"), ("windows-1252", "cp1252")])
def test_an_encoding_by_any_of_its_names(given: str, kept: str) -> None:
    assert dataset(names=given).names == kept


@pytest.fixture
def pets(project: Project, mine: Path) -> Callable[..., Dataset]:
    """A project whose data set is in the user's folder."""

    def make(**edits: object) -> None:
        splits = {"train": ["train"], "validation": [], "test": ["test"]}
        edits = {"source": str(mine), "splits": splits} | edits
        project({f"datasets.intel.{key}": value for key, value in edits.items()})

    return make


def run() -> pandas.DataFrame:
    fetch.main(["intel", "--out", "raw"])
    unzip.main(["intel", "--raw", "raw", "--out", "images"])
    return pandas.read_csv("images/index.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("split", ["train", "学習"])
def test_such_names_hold_from_fetch_to_images(
    pets: Callable[..., None], mine: Path, capsys: pytest.CaptureFixture[str], split: str
) -> None:
    """The split is a folder within the archive, whose name must be found in it."""
    places = [f"{place}\\{label}\\{number}.jpg" for place in (split, "test") for label in "表猫" for number in range(2)]
    write(mine / "pets.zip", [place.encode("cp932") for place in places])
    pets(splits={"train": [split], "validation": [], "test": ["test"]})
    index = run()
    assert set(index["class"]) == {"表", "猫"} and len(index) == 8
    assert set(index["member"]) == {place.replace("\\", "/") for place in places}
    said = capsys.readouterr().err
    for stage in ("fetch", "unzip"):
        assert (
            f"[{stage} intel] pets.zip: its names do not say in which encoding they are and are read as cp932" in said
        )
    table = pandas.read_csv("images/suspicions.csv")
    assert list(table.columns) == ["kind", "subject", "what"]
    assert table.loc[0, ["kind", "subject"]].to_list() == ["names", "pets.zip"]


def test_a_key_that_agrees_silences_it(
    pets: Callable[..., None], mine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{place}/{label}/1.jpg".encode("cp932") for place in ("train", "test") for label in "表猫"]
    write(mine / "pets.zip", names)
    pets(names="cp932")
    assert set(run()["class"]) == {"表", "猫"}
    assert "encoding" not in capsys.readouterr().err and not Path("images/suspicions.csv").exists()


@pytest.mark.parametrize("name", ["..\\..\\表.jpg", "C:\\猫\\1.jpg", "\\猫\\1.jpg"])
def test_what_would_leave_the_folder_is_refused_however_it_is_written(
    pets: Callable[..., None], mine: Path, name: str
) -> None:
    good = [f"{place}\\{label}\\1.jpg" for place in ("train", "test") for label in "表猫"]
    write(mine / "pets.zip", [one.encode("cp932") for one in [*good, name]])
    pets()
    one_line(run, "raw/pets.zip", repr(name.replace("\\", "/")), "would leave the folder")


def test_names_that_are_marked_or_plain_are_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zip", ["猫/1.jpg".encode()], flags=0x800)
    assert decode(path) == (None, ["猫/1.jpg"])
    assert find_reading("pets", dataset(names="gbk")).encoding == Encoding("gbk", "datasets.pets.names")
