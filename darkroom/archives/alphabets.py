"""How likely it is that bytes are words in an encoding, by how common its letters are in the languages that use it.

Names of classes are a few short words; detectors of languages, which count pairs of letters, need pages.
"""

import math
from collections.abc import Iterable
from functools import cache
from unicodedata import category

HANGUL = (
    "가각간갈감갑강개거건걸검것게겠결경계고곡골공과관광교구국군권귀규그극근글금급기긴길김까께나난날남내너네년노녹농높누눈느는늘능니님다단달담당대"
    "더덕데도독돈동되된될두드득든들등디따때떠또라락란람랑래량러런레려력련로록론료루류르른를름리린림립마막만말망매머먹면명모목몰무문물미민바박"
    "반발밤방배백버번벌범법베벽변별병보복본봉부북분불브비빈빙빛사산살삼상새색생서석선설성세소속손송수순술숨스슬습승시식신실심십쌀아악안알암앞애"
    "야약양어언얼업없에여역연열염영예오옥온올와완왕외요용우운울웅원월위유육윤으은을음응의이익인일임입있자작잔잡장재저적전절점접정제조족존종좌주죽"
    "준중즈즉증지직진질집차착찬참창채책처천철첫청체초촌총최추축출충치친칠침카커코콩크키타탄태터테토통투트특티파판팔패퍼페편평포표품풍프피필하학한"
    "할함합항해햇행향험현형호혼홍화확환활황회획효후훈휴흑흙희흰히힘꽃껍뱀닭쥐돼꿀벚늑컵럭"
)
LATIN, CENTRAL = "éäöüàèáíóçßãñêåæøôâúîûïëõìòùÿ", "áíéěčůžřýšęąłóśżćőúöüäňďťźńăşţâîôľű"
TURKISH, CYRILLIC = "ıüşçğöâîû", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
GREEK, HEBREW = "αοιετσνηυρπκμλωςάήίόέύδγχθφβξζψώϊϋ", "יוהלאמרתבשנםכדקעחטפגצסזןךףץ"
ARABIC = "الينمورتبةعدسفهكقحجشطصخضذثئغزظءىأؤإآ"
"""Letters other than ASCII's of languages with small alphabets, the most common first."""
THAI = "".join(map(chr, (*range(0xE01, 0xE3B), *range(0xE40, 0xE4F))))
KANA = "".join(map(chr, range(0x3041, 0x30FD)))
FINAL = frozenset("ךםןףץς")
"""Letters that stand at the end of a word."""
RARE, REST = 1e-4, 20_000
"""The share of all letters that are not listed, and their number."""


def decode_range(encoding: str, first: int, last: int) -> str:
    """Return all letters of two bytes between two."""
    pairs = (bytes((lead, trail)) for lead in range(first >> 8, (last >> 8) + 1) for trail in range(0x40, 0xFF))
    return b"".join(pair for pair in pairs if first <= int.from_bytes(pair) <= last).decode(encoding, "ignore")


def _list_alphabets(encoding: str) -> list[tuple[str, float]]:
    """Return letters of two bytes, and Thai's, with the share that they have together of those that are written."""
    ranges = {
        "gb18030": [(0xB0A1, 0xD7F9, 0.95), (0xD8A1, 0xF7FE, 0.03), (0xA1A1, 0xA9FE, 0.02)],
        "big5": [(0xA440, 0xC67E, 0.95), (0xC940, 0xF9D5, 0.03), (0xA140, 0xA3FE, 0.02)],
        "cp949": [(0xB0A1, 0xC8FE, 0.08), (0xCAA1, 0xFDFE, 0.01), (0xA1A1, 0xACFE, 0.01)],
        "cp932": [(0x889F, 0x9872, 0.5), (0x989F, 0xEAA4, 0.02), (0x8140, 0x8491, 0.03)],
    }
    own = {"cp949": [(HANGUL, 0.9)], "cp932": [(KANA, 0.45)], "cp874": [(THAI, 1.0)]}
    wide = [(decode_range(encoding, first, last), share) for first, last, share in ranges.get(encoding, [])]
    return own.get(encoding, []) + wide


SMALL = {
    "cp1252": LATIN,
    "cp850": LATIN,
    "cp1250": CENTRAL,
    "cp852": CENTRAL,
    "cp1251": CYRILLIC,
    "cp866": CYRILLIC,
    "cp1253": GREEK,
    "cp1254": TURKISH,
    "cp1255": HEBREW,
    "cp1256": ARABIC,
}
ENCODINGS = ("cp932", "gb18030", "big5", "cp949", "cp874", *SMALL)
"""Those in which Windows writes names into zips, by country."""
BESIDE_ASCII = {"cp1252": 0.1, "cp850": 0.1, "cp1250": 0.15, "cp852": 0.15, "cp1254": 0.15}
"""The share of other letters than ASCII's in words of languages that have both; other languages do not mix them."""
SELDOM = {"cp874": 6.0, "cp1255": 5.0, "cp1256": 6.0, "cp1253": 4.0, "cp850": 2.0, "cp852": 3.0, "cp866": 2.0}
SELDOM |= {"cp1250": 1.0, "cp1254": 2.0, "big5": 1.0}
"""How much less often zips have names in an encoding, as a logarithm."""
ODD = 6.0
"""The logarithm of how seldom a word is built as no word is."""


@cache
def _weigh(encoding: str) -> dict[str, float]:
    """Return the logarithm of each letter's share."""
    weights: dict[str, float] = {}
    for letters, share in _list_alphabets(encoding):
        distinct = set(letters) - weights.keys()
        weights |= dict.fromkeys(distinct, math.log(share / len(distinct)))
    if ranked := SMALL.get(encoding):
        total = sum(1 / (place + 4) for place in range(len(ranked)))
        for place, letter in enumerate(ranked):
            weights[letter] = math.log(0.9 / (place + 4) / total)
            if letter.upper() not in weights and len(letter.upper()) == 1:
                weights[letter.upper()] = math.log(0.1 / (place + 4) / total)
    return weights


def judge(encoding: str, words: Iterable[str]) -> float:
    """Return the logarithm of how likely it is that ``words`` are meant, as they read in ``encoding``."""
    return sum(_judge_word(encoding, word) for word in words) - SELDOM.get(encoding, 0)


def _judge_word(encoding: str, word: str) -> float:
    weights, rest = _weigh(encoding), math.log(RARE / REST)
    mixed = math.log(BESIDE_ASCII.get(encoding, 1))
    found = 0.0
    for before, letter, after in zip(f" {word}", word, f"{word[1:]} ", strict=False):
        found += _judge_ascii(letter) if letter.isascii() else weights.get(letter, rest) + mixed
        if (letter.isupper() and before.islower()) or (letter in FINAL and after.isalpha()):
            found -= ODD
        if not mixed and letter.isalpha() and before.isalpha():
            found -= ODD * (letter.isascii() != before.isascii())
        if category(letter) == "Mn" and not before.isalpha():
            found -= ODD
    return found


def _judge_ascii(letter: str) -> float:
    if letter.islower() or letter.isdigit() or letter in " -_.":
        return math.log(1 / 30)
    return math.log(1 / 150) if letter.isupper() or letter in "()+,'&\\" else math.log(1 / 10_000)
