"""Debian's Chromium, driven by Playwright, and what a page does in it that nobody sees: messages, requests, dialogs."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAM = "chromium"
MODULES = ("playwright", "axe_playwright_python")
PATIENCE = 60_000
"""Milliseconds to wait for anything, on a machine that is busy otherwise."""
LOUD = {"error", "warning", "assert"}
"""Kinds of messages on the console that a page must not give."""

UNFOLD = """document.querySelectorAll('details').forEach(one => {
  one.open = !one.matches('details.model ~ details.model ~ details.model');
})"""
"""All but the models after the second: they are alike, and many."""
SHOWN = """all => all.filter(one => one.checkVisibility() && one.getClientRects().length)
  .map(one => one.innerText ?? one.textContent)"""
LOAD = """async within => {
  const pictures = [...document.querySelectorAll(`${within} img`)];
  await Promise.all(pictures.map(one => new Promise(done => {
    one.addEventListener('load', done);
    one.addEventListener('error', done);
    one.loading = 'eager';
    one.src = one.src;
  })));
  return pictures.filter(one => !one.naturalWidth).map(one => one.alt);
}"""
"""Load all pictures anew, also those that nobody has scrolled to, and return the words for those that fail."""


def missing() -> str:
    """Return one line that says what is not installed, and how to install it; empty if all is."""
    if not shutil.which(PROGRAM):
        return f"no browser to test with: apt-get install --no-install-recommends {PROGRAM}, as root"
    if not all(importlib.util.find_spec(module) for module in MODULES):
        return "no Playwright to test with: requirements/extend .venv requirements/browser.txt, or make test-browser"
    return ""


@contextmanager
def running() -> Iterator["Browser"]:
    """Run the browser that is installed; Playwright brings none of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=shutil.which(PROGRAM), args=["--no-sandbox"], timeout=PATIENCE
        )
        yield found
        found.close()


@dataclass
class Watched:
    """A page in a tab of its own, all that it said, and all that it asked for."""

    page: "Page"
    folder: Path
    """What it may read lies here."""
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: "Browser", file: Path, folder: Path, width: int, colours: str) -> "Watched":
        """Open a page of HTML from disk in a window ``width`` pixels wide, where ``colours`` are light or dark."""
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=colours,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        one = cls(context.new_page(), folder)
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.on("console", lambda message: message.type in LOUD and one.said.append(message.text))
        one.page.on("pageerror", lambda error: one.said.append(str(error)))
        one.page.on("dialog", lambda dialog: one.say_of_dialog(dialog))
        one.page.goto(file.as_uri())
        return one

    def say_of_dialog(self, dialog: Any) -> None:
        """Note that the page called alert, confirm or prompt, and go on."""
        self.said.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    @property
    def strayed(self) -> list[str]:
        """What the page asked for that lies elsewhere than in its folder."""
        return [address for address in self.requests if not self.holds(address)]

    def holds(self, address: str) -> bool:
        """Return whether an address leads to a file in the folder; what an address itself holds is read nowhere."""
        parts = urlsplit(address)
        path = Path(unquote(parts.path))
        return parts.scheme in ("data", "blob") or (parts.scheme == "file" and path.is_relative_to(self.folder))

    def unfold(self) -> list[str]:
        """Unfold what is not alike, and return the words for all pictures that cannot be shown."""
        self.page.evaluate(UNFOLD)
        return self.list_lost("body")

    def list_lost(self, within: str) -> list[str]:
        """Return the words for the pictures in an element that cannot be shown."""
        found: list[str] = self.page.evaluate(LOAD, within)
        return found

    def list_texts(self, selector: str) -> list[str]:
        """Return the texts of the elements that are shown, as a reader sees them."""
        found: list[str] = self.page.locator(selector).evaluate_all(SHOWN)
        return found

    def list_obstacles(self) -> list[str]:
        """Return what keeps people from using the page, where axe-core calls it serious or critical."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options={"resultTypes": ["violations"]}).response["violations"]
        return [
            f"{one['id']}: {node['html'][:120]}: {node['failureSummary']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    def close(self) -> None:
        """Close the tab."""
        self.page.context.close()
