"""Page: all that was made of a study, on one page of HTML to open in a browser, from disk and without a network.

Reads the comparison, the evaluations, the worksheet, the sweeps and the explanations of a study, the census of its
dataset, and studies.<key> and datasets.<key> of params.yaml. Writes index.html, which leads to pictures and images
where they lie. It holds no time: costs.js, which costs wrote, brings these into the browser.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from darkroom.core.files import write_text
from darkroom.core.progress import note as say
from darkroom.pages.study import Material, compose_page
from darkroom.params.base import NO_NAME, read_entry
from darkroom.params.data import Dataset
from darkroom.params.model import Study
from darkroom.pipeline import command


def main(argv: Sequence[str] | None = None) -> None:
    """Write the page of one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key", help="a study of params.yaml")
    parser.add_argument("--dataset", help="key of the dataset that all are tested on")
    parser.add_argument("--results", type=Path, help="folder of the study's results")
    parser.add_argument("--census", type=Path, help="folder of the dataset's census")
    parser.add_argument("--images", type=Path, help="folder with the images of each dataset, which are linked to")
    parser.add_argument("--explained", nargs="+", help=f"the training runs explained, or {NO_NAME}")
    parser.add_argument("--out", type=Path, help="page to write")
    given = command.parse(parser, "page", argv)
    material = Material(
        key=given.key,
        study=read_entry(Study, "studies", given.key),
        dataset=read_entry(Dataset, "datasets", given.dataset),
        results=given.results,
        census=given.census,
        images=given.images,
        explained=[key for key in given.explained if key != NO_NAME],
        page=given.out,
    )
    write_text(given.out, compose_page(material))
    say(f"page {given.key}", f"open {given.out} in a browser")


if __name__ == "__main__":
    command.run(main)
