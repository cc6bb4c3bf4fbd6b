"""Draw the diagrams of the pages, for a site that needs no network; to be run where one was changed.

    npm install --prefix ../mermaid mermaid@11
    python docs/site/draw.py [--mermaid ../mermaid] [--browser chromium]

The drawings lie in docs/site/diagrams, each under the hash of its text; those of no diagram are removed.
"""

import argparse
import importlib.util
import json
import re
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGE = """<!doctype html><meta charset="utf-8"><body><script src="{script}"></script><script>
const flowchart = {{nodeSpacing: 18, rankSpacing: 36, wrappingWidth: 400}};
mermaid.initialize({{startOnLoad: false, theme: "neutral", fontFamily: "system-ui, sans-serif", flowchart}});
mermaid.render("{name}", {source}).then(({{svg}}) => (document.body.innerHTML = svg));
</script>"""


def main() -> None:
    """Draw every diagram anew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mermaid", type=Path, default=Path("../mermaid"), help="where npm has installed mermaid")
    parser.add_argument("--browser", default="chromium")
    given = parser.parse_args()
    script = (given.mermaid / "node_modules/mermaid/dist/mermaid.min.js").resolve()
    if not script.is_file():
        raise SystemExit(f"error: {script} is missing: npm install --prefix {given.mermaid} mermaid@11")
    spec = importlib.util.spec_from_file_location("pages", Path(__file__).with_name("pages.py"))
    assert spec and spec.loader
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))]
    sources = [source for text in texts for source in FENCE.findall(text)]
    for drawing in pages.DIAGRAMS.glob("*.svg"):
        drawing.unlink()
    pages.DIAGRAMS.mkdir(exist_ok=True)
    for source in sources:
        drawing = pages.name_drawing(source)
        drawing.write_text(draw(f"diagram-{drawing.stem}", source, script, given.browser) + "\n", encoding="utf-8")


def draw(name: str, source: str, script: Path, browser: str) -> str:
    """Return the SVG that mermaid makes of a diagram in a browser; ``name`` is that of its parts in a page."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(name=name, source=json.dumps(source), script=script.as_uri()), encoding="utf-8")
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
        command += ["--window-size=1400,1000", "--virtual-time-budget=20000", "--dump-dom", page.as_uri()]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"<svg .*?</svg>", shown, re.DOTALL)
    if not found or "Syntax error" in found[0]:
        raise SystemExit(f"error: mermaid draws nothing of {source.splitlines()[0]!r}")
    return found[0]


if __name__ == "__main__":
    main()
