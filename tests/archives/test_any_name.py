"""Whatever a name is, it leads nowhere else, and neither a shell, a page, a terminal nor a spreadsheet obeys it."""

import os
import re
import shlex
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from tarfile import TarInfo
from unicodedata import category

import jinja2
from hypothesis import example, given
from pydantic import TypeAdapter, ValidationError

from darkroom.archives import tar_members
from darkroom.archives.members import find_danger, split_name
from darkroom.archives.names import can_be_class, check_writable, fold_name, show
from darkroom.core.one_line import HIDDEN, JOINERS, escape_controls
from darkroom.params.base import Name
from darkroom.pipeline import template
from darkroom.reporting import templates
from darkroom.reporting.spreadsheets import FORMULA, guard
from darkroom.reporting.tables import cell
from tests.support.any_input import CASES, NAMES, cases, only_user_errors

ROOT = Path("/a/folder")
REPOSITORY = Path(__file__).resolve().parents[2]
NAME = TypeAdapter(Name)


def is_inside(*parts: str) -> bool:
    return os.path.normpath(ROOT.joinpath(*parts)).startswith(f"{ROOT}/")


def test_the_cases_are_ten_thousand() -> None:
    assert sum(CASES.values()) == 10_000


@cases("names", 1 / 6)
@given(NAMES)
@example("..").via("a folder above")
def test_a_member_that_is_taken_stays_in_its_folder(name: str) -> None:
    member = zipfile.ZipInfo(name or "x")
    assert find_danger(member) or is_inside(*split_name(member))
    assert tar_members._find_danger(TarInfo(name)) or not name.strip("./") or is_inside(name)


@cases("names", 1 / 6)
@given(NAMES)
@example("").via("the folder itself")
@example("\ud800").via("no UTF-8")
def test_a_class_is_a_folder_in_that_of_its_split(name: str) -> None:
    if can_be_class(name):
        assert Path(os.path.normpath(ROOT / name)).parent == ROOT
        assert name.encode() and "\n" not in name
    only_user_errors(lambda: check_writable(ROOT / (name.replace("/", "") or "x")))
    fold_name(name)


@cases("names", 1 / 6)
@given(NAMES)
def test_a_terminal_is_given_one_line_without_commands(name: str) -> None:
    for shown in (escape_controls(show(name)), escape_controls(name)):
        assert all(category(letter) not in HIDDEN or letter in JOINERS for letter in shown)
        assert len(shown.splitlines()) <= 1
        shown.encode()


@cases("names", 1 / 6)
@given(NAMES)
def test_a_page_shows_it_as_text(name: str) -> None:
    environment = jinja2.Environment(autoescape=templates._is_html("x.html.j2"))
    page = environment.from_string('<p title="{{ name }}">{{ name }}</p>').render(name=name)

    class Seen(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    tags: list[str] = []
    seen = Seen()
    seen.feed(page)
    seen.close()
    assert tags == ["p"]
    table = cell(name)
    assert "\n" not in table and not re.search(r"(?<!\\)(\\\\)*[<|`\[]", table)


@cases("names", 1 / 6)
@given(NAMES)
def test_a_spreadsheet_computes_nothing(name: str) -> None:
    written = guard(name)
    assert written in (name, f"'{name}")
    if written.startswith(FORMULA):
        float(written)


@cases("names", 1 / 6)
@given(NAMES)
@example("a\n").via("a line's end")
def test_a_key_is_a_word_of_a_shell_and_a_folder(name: str) -> None:
    try:
        NAME.validate_python(name)
    except ValidationError:
        return
    assert shlex.quote(name) == name and is_inside(name) and "/" not in name


def test_every_command_is_words_that_no_shell_reads_otherwise() -> None:
    for stage in template.read_stages(REPOSITORY).values():
        assert re.fullmatch(r"[\w./=,:@ -]+", stage.command), stage.command
        assert shlex.join(shlex.split(stage.command)) == stage.command
