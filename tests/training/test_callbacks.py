"""Each callback of params.yaml does what it says, and what cannot be done is refused in one line."""

import csv
import http.server
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from pydantic import ValidationError

from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.images.prepared.shards import open_view
from darkroom.params.callbacks import KINDS, LearningRateScheduler
from darkroom.params.training import Training
from darkroom.training import callbacks
from stages import train
from tests.support.learning import ARGUMENTS, TRAINING, model, write_view
from tests.support.small_study import STOP
from tests.training.test_resume import AVERAGE, BACKUP, BEST, BOARD, LIVE, PLATEAU, SCHEDULE, TABLE

pytestmark = pytest.mark.slow

LOGS = Path("logs/training/study/cnn")
NAN = {"name": "TerminateOnNaN"}


@pytest.fixture
def learn(project: Callable[..., Path]) -> Callable[..., tuple[pandas.DataFrame, dict[str, Any]]]:
    """Train with some callbacks on a view whose validation images mislead; return history and summary."""

    def run(*chosen: dict[str, Any], **training: Any) -> tuple[pandas.DataFrame, dict[str, Any]]:
        settings = {"validation_split": None, "epochs": 5, "accumulation_steps": 1, **training}
        folder = project(model({**settings, "callbacks": list(chosen)}))
        write_view(folder / "view", validation=24, misled=True)
        out = Path("models/study/cnn")
        train.main([*ARGUMENTS, "--out", str(out)])
        return pandas.read_csv(out / "history.csv"), json.loads((out / "summary.json").read_text())

    return run


def kept_loss() -> float:
    """The loss of the model that was written, of the validation images."""
    network, view = keras.saving.load_model("models/study/cnn/model.keras"), open_view(Path("view"))
    rows = numpy.arange(80, 104)
    probabilities = network.predict(view.read_learning(rows), verbose=0)
    return float(-numpy.log(probabilities[numpy.arange(24), view.learning_labels()[rows]]).mean())


def test_early_stopping_keeps_the_best_epoch_or_the_last(learn: Callable) -> None:
    history, summary = learn({**STOP, "patience": 2})
    assert (len(history), summary["best_epoch"], summary["stopped_early"]) == (3, 1, True)
    assert kept_loss() == pytest.approx(history["val_loss"][0], rel=1e-4)
    history, summary = learn({**STOP, "patience": 2, "restore_best_weights": False})
    assert (len(history), summary["best_epoch"]) == (3, 3)
    assert kept_loss() == pytest.approx(history["val_loss"][2], rel=1e-4)


def test_early_stopping_judges_the_epochs_and_figures_it_is_told(learn: Callable) -> None:
    history, summary = learn({**STOP, "patience": 1, "start_from_epoch": 2})
    assert (len(history), summary["best_epoch"]) == (4, 3)
    history, summary = learn({**STOP, "patience": 5, "monitor": "accuracy", "mode": "auto"})
    assert summary["best_epoch"] == history["accuracy"].idxmax() + 1 > 1


def test_the_learning_rate_follows_its_schedule(learn: Callable) -> None:
    scheduler = LearningRateScheduler(name="LearningRateScheduler", factor=0.5, every=2, start_from_epoch=1)
    assert [callbacks.compute_rate(0.4, scheduler, epoch) for epoch in range(7)] == [0.4, 0.4, 0.4, 0.2, 0.2, 0.1, 0.1]
    history, _ = learn({**scheduler.model_dump()}, optimizer="sgd", learning_rate=0.4)
    assert history["learning_rate"].tolist() == [0.4, 0.4, 0.4, 0.2, 0.2]


def test_the_learning_rate_falls_on_a_plateau(learn: Callable) -> None:
    history, _ = learn({**PLATEAU, "patience": 1, "cooldown": 0, "factor": 0.5, "min_lr": 0.004})
    assert history["learning_rate"].tolist() == [0.02, 0.02, 0.01, 0.005, 0.004]


@pytest.mark.parametrize("swap", [False, True])
def test_the_average_of_the_weights_is_validated_and_kept(learn: Callable, swap: bool) -> None:
    history, _ = learn({**AVERAGE, "swap_on_epoch": swap})
    assert kept_loss() == pytest.approx(history["val_loss"].iloc[-1], rel=1e-4)
    plain, _ = learn()
    assert plain["loss"].iloc[-1] == pytest.approx(history["loss"].iloc[-1], abs=0.02), "it is trained as without"
    assert kept_loss() != pytest.approx(history["val_loss"].iloc[-1], rel=1e-2)


def test_an_epoch_of_averages_is_kept_as_it_was_validated(learn: Callable) -> None:
    history, summary = learn(AVERAGE, {**STOP, "patience": 2, "monitor": "val_accuracy", "mode": "max"}, BEST)
    best = summary["best_epoch"] - 1
    assert kept_loss() == pytest.approx(history["val_loss"][best], rel=1e-4)
    assert (LOGS / "best.keras").is_file()


def test_checkpoints_and_table_are_written_as_training_goes_on(learn: Callable) -> None:
    history, _ = learn({**BEST, "save_best_only": False}, TABLE, epochs=3)
    assert sorted(path.name for path in LOGS.iterdir()) == [
        *(f"epoch-00{number}.keras" for number in (1, 2, 3)), "epochs.csv"
    ]  # fmt: skip
    rows = list(csv.DictReader((LOGS / "epochs.csv").read_text().splitlines()))
    numpy.testing.assert_allclose([float(row["val_loss"]) for row in rows], history["val_loss"], rtol=1e-6)
    learn(BEST, epochs=2)
    assert [path.name for path in LOGS.iterdir()] == ["best.keras"], "what a training before it wrote is gone"
    network = keras.saving.load_model(LOGS / "best.keras")
    assert network.optimizer.iterations == 5


def test_tensorboard_reads_scalars_graph_and_histograms(learn: Callable) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    history, _ = learn({**BOARD, "histogram_freq": 1}, epochs=2)
    events = EventAccumulator(str(LOGS / "train")).Reload()
    tags = events.Tags()["tensors"]
    assert {"epoch_loss", "epoch_accuracy", "epoch_learning_rate", "keras"} <= set(tags)
    assert [name for name in tags if "convolution_1/kernel/histogram" in name]
    assert list(events.PluginTagToContent("graph_keras_model")) == ["keras"]
    losses = [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors("epoch_loss")]
    numpy.testing.assert_allclose(losses, history["loss"], rtol=1e-6)
    assert "epoch_loss" in EventAccumulator(str(LOGS / "validation")).Reload().Tags()["tensors"]


def test_a_loss_that_is_no_number_ends_the_training_in_one_line(learn: Callable) -> None:
    with pytest.raises(
        UserError, match=r"^models\.cnn: training\.learning_rate: 1e\+30: the training diverged in epoch"
    ):
        learn(NAN, optimizer="sgd", learning_rate=1.0e30)
    history, _ = learn(NAN, epochs=2)
    assert len(history) == 2


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ([STOP, STOP], "callbacks name EarlyStopping twice"),
        ([SCHEDULE, PLATEAU], "LearningRateScheduler sets the rate of each epoch and undoes ReduceLROnPlateau"),
        ([STOP, AVERAGE], "EarlyStopping would keep other weights than those that were validated"),
        ([{**AVERAGE, "swap_on_epoch": False}, BEST], "ModelCheckpoint would keep other weights"),
    ],
)
def test_callbacks_that_undo_each_other_are_refused(chosen: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Training(**{**TRAINING, "accumulation_steps": 1, "callbacks": chosen})


def test_averages_of_accumulated_updates_are_refused() -> None:
    with pytest.raises(ValidationError, match="averages after each part of a batch, not after each update"):
        Training(**{**TRAINING, "accumulation_steps": 2, "callbacks": [AVERAGE]})


def test_all_callbacks_work_together_and_none_is_untried(learn: Callable) -> None:
    once = [BACKUP, AVERAGE, SCHEDULE, STOP, BEST, BOARD, TABLE, LIVE, NAN]
    alone = {"ReduceLROnPlateau", "ProgbarLogger", "RemoteMonitor", "LambdaCallback"}  # each in a test of its own
    assert {callback["name"] for callback in once} == set(KINDS) - alone
    history, summary = learn(*once)
    assert (len(history), summary["best_epoch"]) == (3, 1)


def test_a_bar_is_drawn(learn: Callable, capsys: pytest.CaptureFixture[str]) -> None:
    learn({"name": "ProgbarLogger"}, epochs=2)
    said = capsys.readouterr().out
    assert "Epoch 2/2" in said and "5/5" in said


def test_functions_of_the_user_are_called_with_each_epoch(learn: Callable, tmp_path: Path) -> None:
    code = "from pathlib import Path\n"
    code += "def say(epoch, logs):\n    Path('said.txt').open('a').write(f'{epoch} {sorted(logs)}\\n')\n"
    own = {"name": "LambdaCallback", "on_epoch_begin": None, "on_epoch_end": "own_callbacks.say"}
    with pytest.raises(UserError, match=r"LambdaCallback: own_callbacks\.say: No module named 'own_callbacks'; name a"):
        learn(own, epochs=2)
    Path("own_callbacks.py").write_text(code)
    with pytest.raises(UserError, match=r"LambdaCallback: own_callbacks\.sing: no function of this name"):
        learn({**own, "on_epoch_end": "own_callbacks.sing"}, epochs=2)
    learn(own, epochs=2)
    metrics = ["accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"]
    assert Path("said.txt").read_text() == f"0 {metrics}\n1 {metrics}\n"


def test_a_server_that_listens_is_sent_each_epoch(learn: Callable) -> None:
    taken = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        history, _ = learn({"name": "RemoteMonitor", "root": root, "path": "/epochs/", "send_as_json": True}, epochs=2)
        server.shutdown()
    assert [path for path, _ in taken] == ["/epochs/", "/epochs/"]
    assert [values["loss"] for _, values in taken] == pytest.approx(history["loss"].tolist())
