"""The demo: it says what predict says, shows why and what is alike, to this machine alone, and asks nobody anything."""

import http.client
import io
import json
import re
import shutil
import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image

from darkroom.apps import demo, predict
from darkroom.apps.demo_server import HOST, MARK, Server
from darkroom.apps.model_folder import ModelFolder
from darkroom.apps.neighbours import Neighbours
from darkroom.apps.picture_report import Reporter, lay_heat
from darkroom.core import runtime
from darkroom.core.errors import UserError
from darkroom.images.prepared.shards import open_view
from darkroom.networks.ensemble import combine
from darkroom.params.model import Runtime
from tests.support.brightness import sigmoid_network
from tests.support.html_pages import Page
from tests.support.image_folders import picture
from tests.support.trained_folders import SIZE, scratch_network, write_model

# TensorFlow takes its threads once, before it computes anything: so now, before any test of any file runs.
runtime.start(Runtime(seed=13, threads=1, backend="tensorflow"))

CLASSES = ["<b>sea", "wood", "ice", "street"]
IMAGES = 7


def write_view(folder: Path) -> None:
    """Write a view of the pictures 0 to 6 in the size of the models here."""
    folder.mkdir(parents=True)
    images = numpy.stack([numpy.asarray(picture(seed, SIZE, SIZE)) for seed in range(IMAGES)])
    labels = numpy.arange(IMAGES) % 4
    for split in ("train", "test"):
        numpy.save(folder / f"{split}.npy", images)
        numpy.save(folder / f"{split}-labels.npy", labels)
    rows = [("train", row, CLASSES[row % 4], row % 4, f"train/{row}.png", "") for row in range(IMAGES)]
    pandas.DataFrame(rows, columns=["split", "row", "class", "label", "file", "sha256"]).to_csv(
        folder / "index.csv", index=False
    )
    (folder / "view.json").write_text(json.dumps({"classes": CLASSES, "size": SIZE, "mode": "RGB"}), encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and the view that it was trained on, where the workflow puts them."""
    home = tmp_path_factory.mktemp("home")
    model = write_model(home / "models/intel/cnn", scratch_network(), CLASSES, note="synthetic images")
    summary = {"model": "cnn", "note": "synthetic images", "hyperparameters": {"view": "intel-24"}}
    (model / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    write_view(home / "data/views/intel-24")
    return home


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    """The page of that model, served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setattr(socket, "getfqdn", lambda *_: pytest.fail("a name server is asked"))
        with demo.open_server("cnn", None, 0) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield server
            server.shutdown()
            thread.join()


def ask(server: Server, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, dict[str, str]]:
    """The status, content and headers of an answer."""
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=60)
    names = {"mark": MARK, "host": "Host", "length": "Content-Length"}
    connection.request(method, path, body, {names[name]: value for name, value in headers.items()})
    answer = connection.getresponse()
    text, held = answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return answer.status, json.loads(text) if "json" in held["Content-Type"] else text, held


def as_png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def pixels_of(address: str) -> numpy.ndarray:
    content = b64decode(address.removeprefix("data:image/png;base64,"))
    return numpy.asarray(Image.open(io.BytesIO(content)))


def test_it_says_what_predict_says(server: Server, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture(20, 40, 30).save(home / "a.png")
    predict.main([str(home / "models/intel/cnn"), str(home / "a.png"), "--format", "json", "--top", "4"])
    (expected,) = json.loads(capsys.readouterr().out)
    status, answer, _ = ask(server, "POST", "/predict", (home / "a.png").read_bytes(), mark="1")
    assert status == 200
    assert dict(answer["classes"]) == pytest.approx(expected["probabilities"], abs=1e-6)
    assert [name for name, _ in answer["classes"]] == list(expected["probabilities"])
    assert pixels_of(answer["picture"]).shape[:2] == pixels_of(answer["heat"]).shape[:2] == (13 * SIZE, 13 * SIZE)


def test_a_training_image_is_the_most_like_itself(server: Server) -> None:
    for seed in (0, 5):
        _, answer, _ = ask(server, "POST", "/predict", as_png(picture(seed, SIZE, SIZE)), mark="1")
        first, *others = answer["nearest"]
        assert (first["file"], first["class"]) == (f"train/{seed}.png", CLASSES[seed % 4])
        assert first["likeness"] == pytest.approx(1, abs=1e-5)
        assert (pixels_of(first["picture"])[::13, ::13] == numpy.asarray(picture(seed, SIZE, SIZE))).all()
        assert len(others) == 5 and all(one["likeness"] <= first["likeness"] for one in others)


def test_heat_lies_where_it_is() -> None:
    heat = numpy.zeros((4, 4), numpy.float32)
    heat[1, 2] = 1
    laid = lay_heat(numpy.full((4, 4, 1), 100, numpy.uint8), heat)
    assert laid.shape == (4, 4, 3) and (laid[heat == 0] == 100).all() and laid[1, 2, 0] > 150 > laid[1, 2, 1]


def test_the_page_is_text_and_loads_nothing_from_elsewhere(server: Server) -> None:
    status, text, headers = ask(server, "GET", "/")
    page = Page(text.replace("<link ", "<meta "))
    assert status == 200 and "<b>" not in text and "<b>sea" in " ".join(page.texts)
    assert "synthetic images" in page.texts
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import|analytics", text)
    assert set(page.values("href")) == {"data:,"} and not page.values("src")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy.pop("default-src") == "'none'" and policy.pop("connect-src") == "'self'"
    assert policy.pop("img-src") == "data:" and policy["frame-ancestors"] == "'none'"
    assert all(re.fullmatch(r"'sha256-[\w+/]+='|'none'", value) for value in policy.values())
    assert ask(server, "GET", "/elsewhere")[0] == 404


def test_no_outside_address_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def record(self: socket.socket, address: Any) -> None:
        asked.append(address[0])
        connect(self, address)

    def record_name(host: Any, *rest: Any, **options: Any) -> Any:
        asked.append(host)
        return look_up(host, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", record)
    monkeypatch.setattr(socket, "getaddrinfo", record_name)
    ask(server, "GET", "/")
    assert ask(server, "POST", "/predict", as_png(picture(3)), mark="1")[0] == 200
    assert set(asked) == {HOST}, "what the tests themselves ask"
    assert server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "headers", "status", "problem"),
    [
        (b"no picture", {"mark": "1"}, 422, "this picture cannot be read: not an image"),
        (b"", {"mark": "1"}, 422, "this picture cannot be read: zero bytes"),
        (b"x", {}, 400, "not a picture from this page"),
        (b"x", {"mark": "1", "host": "evil.example"}, 403, "this page is for this machine"),
        (b"", {"mark": "1", "length": str(1 << 40)}, 413, "this picture has more than 64 MiB"),
    ],
)
def test_what_is_no_picture_of_this_page_is_refused_in_a_line(
    server: Server, body: bytes, headers: dict[str, str], status: int, problem: str
) -> None:
    found, answer, _ = ask(server, "POST", "/predict", body, **headers)
    assert (found, answer) == (status, {"problem": problem})


def test_another_name_of_this_machine_is_not_ours(server: Server) -> None:
    assert ask(server, "GET", "/", host="rebound.example:80")[0] == 403
    assert ask(server, "GET", "/", host=f"localhost:{server.server_port}")[0] == 200


def test_what_nobody_expected_is_a_line_and_the_next_picture_is_answered() -> None:
    def answer(content: bytes) -> dict[str, Any]:
        if content == b"x":
            raise FileNotFoundError(2, "No such file or directory", "train.npy")
        return {"classes": []}

    with Server(0, "", "", answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = [ask(server, "POST", "/predict", body, mark="1")[:2] for body in (b"x", b"y")]
        server.shutdown()
    assert found == [(500, {"problem": "train.npy: No such file or directory"}), (200, {"classes": []})]


def test_a_port_that_is_taken_is_named(server: Server) -> None:
    with pytest.raises(UserError, match=rf"^--port {server.server_port}: .*; give another one, or 0"):
        Server(server.server_port, "", "", lambda _: {})


def test_without_the_view_it_says_so(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = ModelFolder.open(str(home / "models/intel/cnn"))
    network = model.network()
    reason = demo.find_neighbours(model, network, None)
    assert isinstance(reason, str) and "data/views/intel-24" in reason and "--view" in reason
    answer = Reporter(model, network, reason).report(as_png(picture(1)))
    assert answer["no_nearest"] == reason and "nearest" not in answer
    with pytest.raises(UserError, match=r"^nowhere: no prepared view"):
        demo.find_neighbours(model, network, Path("nowhere"))
    view = shutil.copytree(home / "data/views/intel-24", tmp_path / "view")
    (view / "view.json").write_text(json.dumps({"classes": ["a", "b", "c", "d"]}), encoding="utf-8")
    with pytest.raises(UserError, match="its classes are a, b, c, d, not those of the model"):
        demo.find_neighbours(model, network, view)


def test_a_network_without_features_or_maps_says_so(home: Path, tmp_path: Path) -> None:
    view = open_view(home / "data/views/intel-24")
    both = combine({name: scratch_network() for name in ("one", "two")}, True)
    with pytest.raises(UserError, match="the network has no layer of its own that decides"):
        Neighbours(both, view, "demo")
    model = ModelFolder.open(str(write_model(tmp_path / "dark", sigmoid_network(SIZE), ["dark", "bright"])))
    answer = Reporter(model, model.network(), "none").report(as_png(picture(1)))
    assert "heat" not in answer and "no feature maps" in answer["no_heat"]
    assert sorted(name for name, _ in answer["classes"]) == ["bright", "dark"]
