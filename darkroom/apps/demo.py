"""Demo: a page on this machine on which one drops a picture, and sees what a trained model says of it, and why.

python -m darkroom.apps.demo MODEL [--view FOLDER] [--port NUMBER]

MODEL is the folder that training left, the model.keras in it, or a name found below models/. The page shows the best
classes, the region that spoke for the first (Grad-CAM), and the training images that the network takes for the most
alike, if the view that it was trained on is at hand: --view, or data/views/<its name>. No other machine can open the
page, it loads nothing from elsewhere, and no picture is kept or sent.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from darkroom.apps.demo_server import MARK, Server
from darkroom.apps.model_folder import ModelFolder
from darkroom.core.errors import UserError
from darkroom.core.filenames import SUMMARY
from darkroom.core.files import read_json
from darkroom.core.one_line import escape_controls
from darkroom.core.progress import note
from darkroom.images.prepared.shards import open_view
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.pages.style import hash_of, read_style
from darkroom.pipeline import command
from darkroom.reporting.templates import render

if TYPE_CHECKING:
    from darkroom.apps.neighbours import Neighbours

FOLDER = Path(__file__).parent
VIEWS = Path("data/views")
"""Where the workflow prepares views."""
PORT = 8000


def main(argv: Sequence[str] | None = None) -> None:
    """Serve the page until it is interrupted.

    Raises:
        UserError: what was typed is wrong, the model is corrupt, or the port is taken.
    """
    parser = argparse.ArgumentParser(
        prog="python -m darkroom.apps.demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a model's folder, its model.keras, or a name found below models/")
    parser.add_argument("--view", type=Path, help=f"prepared images that it was trained on; else {VIEWS}/<its name>")
    parser.add_argument("--port", type=int, default=PORT, help="where the page is; 0: where it is free")
    given = parser.parse_args(argv)
    with open_server(given.model, given.view, given.port) as server:
        print(f"http://{server.server_name}:{server.server_port}/ is the page; Ctrl-C ends it", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("ended")


def open_server(given: str, view: Path | None, port: int) -> Server:
    """Return the server of a model's page, which does not answer yet.

    Raises:
        UserError: as :func:`main`.
    """
    model = ModelFolder.open(given)
    network = model.network()
    neighbours = find_neighbours(model, network, view)
    from darkroom.apps.picture_report import Reporter  # here, as it takes seconds: a mistake shows at once

    if isinstance(neighbours, str):
        note(f"demo {model.name}", f"without training images: {neighbours}")
    return Server(port, *compose_page(model), Reporter(model, network, neighbours).report)


def find_neighbours(model: ModelFolder, network: Any, given: Path | None) -> "Neighbours | str":
    """Return the training images of a model's view, or why they cannot be shown.

    Raises:
        UserError: the view that was ``given`` is none, or not of this model.
    """
    from darkroom.apps.neighbours import Neighbours
    from darkroom.networks.network_file import check_fit

    hyperparameters = read_json(model.folder / SUMMARY).get("hyperparameters")
    name = hyperparameters.get("view") if isinstance(hyperparameters, dict) else None
    folder = given or (VIEWS / name if isinstance(name, str) and Path(name).name == name else VIEWS)
    if given is None and not (folder / DESCRIPTION).is_file():
        return f"the view that the model was trained on is not at hand ({folder}); name its folder by --view"
    if not (folder / DESCRIPTION).is_file():
        raise UserError(f"{folder}: no prepared view: no {DESCRIPTION}; leave out --view to see no training images")
    try:
        view = open_view(folder)
        check_fit(network, view, model.folder)
        if view.classes != model.classes:
            raise UserError(f"{folder}: its classes are {', '.join(view.classes)}, not those of the model")
        return Neighbours(network, view, f"demo {model.name}")
    except UserError as error:
        if given:
            raise
        return str(error)


def compose_page(model: ModelFolder) -> tuple[str, str]:
    """Return the page, and the policy of what a browser may load for it: nothing but what is in it."""
    style = read_style() + "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("gallery.css", "demo.css"))
    script = (FOLDER / "demo.js").read_text(encoding="utf-8")
    page = render(
        FOLDER,
        "demo.html.j2",
        model=escape_controls(model.name),
        note=escape_controls(model.note),
        classes=[escape_controls(name) for name in model.classes],
        mark=MARK,
        style=style,
        script=script,
    )
    allowed = {
        "default-src": "'none'",
        "img-src": "data:",
        "connect-src": "'self'",
        "style-src": f"'{hash_of(style)}'",
        "script-src": f"'{hash_of(script)}'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return page, "; ".join(f"{key} {value}" for key, value in allowed.items())


if __name__ == "__main__":
    command.run(main)
