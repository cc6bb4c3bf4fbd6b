"""A handout as a PDF: A4 pages, in the fonts that Matplotlib brings."""

import re
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
from fpdf import FPDF, FontFace, TextStyle

from darkroom.pages.handout import Handout

FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"
FAMILY, MONO = "DejaVu", "DejaVuMono"
STYLES = {"": "DejaVuSans", "B": "DejaVuSans-Bold", "I": "DejaVuSans-Oblique", "BI": "DejaVuSans-BoldOblique"}
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands in every file, so that equal handouts are equal bytes."""
WIDEST = 460
"""Width of a picture, in points."""
LEAST = 90
"""Height that a question wants, with the beginning of what follows, before the foot of a page, in points."""
BEGINNING = re.compile(r"(?=<h2>)|(?<!</h2>\n)(?=<p><(?:strong|b)>)|(?=<table>)")
"""Before each section, before each question but a section's first, and before each table."""
ROOM = 90
"""Height to write in below each exercise, in points."""


class Printed(FPDF):
    """A4 pages with their numbers."""

    def footer(self) -> None:
        """Write the page's number at its foot."""
        self.set_y(-28)
        self.set_font(FAMILY, size=8)
        self.cell(0, 10, f"{self.page_no()}", align="C")


def print_handout(handout: Handout) -> bytes:
    """Return a handout as a PDF; equal handouts give equal bytes."""
    printed = Printed(unit="pt", format="A4")
    printed.set_creation_date(NO_DATE)
    printed.set_title(handout.title)
    printed.set_lang(handout.language)
    printed.set_margins(56, 48)
    printed.set_auto_page_break(True, 48)
    for style, name in STYLES.items():
        printed.add_font(FAMILY, style, FONTS / f"{name}.ttf")
    for style, name in (("", "DejaVuSansMono"), ("B", "DejaVuSansMono-Bold")):
        printed.add_font(MONO, style, FONTS / f"{name}.ttf")
    printed.add_page()
    for part in BEGINNING.split(f"<h1>{handout.title}</h1>{_adapt(handout.body)}"):
        if printed.will_page_break(LEAST):
            printed.add_page()
        printed.set_font(FAMILY, style="", size=9.5)  # or a table that follows bold words would be bold
        printed.write_html(
            part,
            font_family=FAMILY,
            table_line_separators=True,
            tag_styles={
                "h1": TextStyle(font_size_pt=17, font_style="B", color="#1c2430", b_margin=0.5),
                "h2": TextStyle(font_size_pt=13, font_style="B", color="#1c2430", t_margin=1, b_margin=0.3),
                "code": FontFace(family=MONO, size_pt=8),
            },
        )
    return bytes(printed.output())


def _adapt(html: str) -> str:
    """Return HTML as the library reads it: pictures with a width, and room to write as empty lines."""
    html = re.sub(r"<img ", f'<img width="{WIDEST}" ', html)
    return html.replace('<p class="room">&nbsp;</p>', "<p>" + "<br>" * (ROOM // 12) + "</p>")
