"""Whatever a name holds, a terminal is given one line and no commands."""

import sys
from unicodedata import category

import numpy
import pytest

from darkroom.apps.predictions import Prediction, Presentation, format_table
from darkroom.core import program, progress
from darkroom.core.errors import UserError
from darkroom.core.one_line import HIDDEN, JOINERS, LINES, escape_controls
from workflow.audit.__main__ import main as audit

HOSTILE = "a\x1b[2Jb\r\nc\x9b\u202egnp.exe\ud800\u2028"
SHOWN = r"a\x1b[2Jb\r\nc\x9b\u202egnp.exe\ud800\u2028"


def test_every_letter_of_unicode() -> None:
    for letter in map(chr, range(sys.maxunicode + 1)):
        shown = escape_controls(letter)
        is_hidden = category(letter) in HIDDEN and letter not in JOINERS
        assert (shown.isascii() and shown[0] == "\\") if is_hidden else shown == letter


def test_words_stay_as_they_are_spelled() -> None:
    for word in ("naïve", "क्‍ष", "می‌خواهم", "👩‍🔬", "C:\\new"):
        assert escape_controls(word) == word
    assert escape_controls("a\nb\t", LINES) == "a\nb\\t"


def test_an_error_and_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(arguments: object) -> None:
        raise UserError(HOSTILE)

    with pytest.raises(SystemExit) as ended:
        program.run(fail)
    assert ended.value.code == f"error: {SHOWN}"
    progress.note("unzip", HOSTILE)
    assert capsys.readouterr().err == f"[unzip] {SHOWN}\n"


def test_the_table_of_predictions() -> None:
    rows = [Prediction("x.png", numpy.array([0.5, 0.5]))]
    assert "\x1b" not in "".join(format_table(rows, Presentation(["\x1b[2J", "b"], width=4)))


def test_an_audit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        audit(["\x1b[2J"])
    assert "\x1b" not in capsys.readouterr().err
