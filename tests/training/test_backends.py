"""A training, its resume and its predictions on each of Keras' backends, and models that all of them read."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy
import pytest

from benchmarks.project import edit, environment
from darkroom.core.backend import BACKENDS
from tests.conftest import ROOT
from tests.support.learning import finished, killed, model, write_view
from tests.support.small_study import STOP

INSTALLED = [name for name in BACKENDS if find_spec(name)]
BACKUP = {"name": "BackupAndRestore", "every": 1}
PREDICT = """
import sys
import numpy
from darkroom.core.backend import keras
print(keras.backend.backend())
images = numpy.load("view/test.npy")
for model in sys.argv[2:]:
    found = keras.saving.load_model(f"{model}/model.keras").predict(images, verbose=0)
    numpy.save(f"{model}-by-{sys.argv[1]}.npy", found)
"""


@pytest.fixture
def folder(project: Callable[..., Path]) -> Path:
    """A working folder with a small view and a model of it."""
    training = {"epochs": 4, "callbacks": [{**STOP, "patience": 8}, BACKUP]}
    folder = project(model({"validation_split": 0.25, **training}))
    write_view(folder / "view")
    return folder


def call(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**environment(), "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
    )


def test_the_backend_is_that_of_the_parameters_whatever_the_environment_says(folder: Path) -> None:
    said = call(
        folder, "-c", "from darkroom.core.backend import keras; print(keras.backend.backend())", KERAS_BACKEND="x"
    )
    assert said.stdout.strip() == "tensorflow", said.stderr


def test_a_backend_that_is_not_installed_is_refused_in_one_line(folder: Path) -> None:
    edit(folder, {"runtime.backend": "jax"})
    hidden = "import importlib.util as found; find = found.find_spec\n"
    hidden += "found.find_spec = lambda name: None if name == 'jax' else find(name)\nimport darkroom.core.backend"
    said = call(folder, "-c", hidden)
    assert said.returncode == 1
    assert said.stderr.startswith("error: params.yaml: runtime.backend: jax is not installed here; write tensorflow")
    assert said.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a model of each backend is kept, once it is trained."""
    return tmp_path_factory.mktemp("models")


def trained(folder: Path, models: Path, backend: str) -> Path:
    """A model that was trained with a backend, in ``folder`` or before."""
    if not (models / backend).exists():
        edit(folder, {"runtime.backend": backend})
        finished(folder, f"by-{backend}")
        shutil.copytree(folder / f"by-{backend}", models / backend)
    return models / backend


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_training_resumes_to_the_same_bytes(folder: Path, models: Path, backend: str) -> None:
    if backend not in INSTALLED:
        pytest.skip(f"{backend} is not installed: make reference installs its build for processors")
    whole = trained(folder, models, backend)
    edit(folder, {"runtime.backend": backend})
    killed(folder, "resumed", lambda line: "epoch 2 of" in line)
    assert "resumed from" in finished(folder, "resumed")
    for name in ("model.keras", "history.csv", "summary.json"):
        assert (folder / "resumed" / name).read_bytes() == (whole / name).read_bytes(), name
    assert json.loads((whole / "summary.json").read_text())["epochs"] == 4


@pytest.mark.slow
def test_every_backend_reads_the_models_of_all(folder: Path, models: Path) -> None:
    made = [str(trained(folder, models, backend)) for backend in INSTALLED]
    for reader in INSTALLED:
        edit(folder, {"runtime.backend": reader})
        said = call(folder, "-c", PREDICT, reader, *made)
        assert said.stdout.strip() == reader, said.stderr
    labels = numpy.load(folder / "view/test-labels.npy")
    for model_of in made:
        found = [numpy.load(f"{model_of}-by-{reader}.npy") for reader in INSTALLED]
        for one in found:
            numpy.testing.assert_allclose(one, found[0], atol=1e-5)
        assert (found[0].argmax(axis=1) == labels).mean() > 0.8, "it has learned"


GRADIENT = """
import numpy
from darkroom.core.gradients import compute_gradient
from darkroom.core.backend import keras
image = keras.Input((3, 3, 1))
between = keras.layers.Lambda(lambda x: x * x)(image)
model = keras.Model(image, [between, keras.ops.sum(between * numpy.arange(9.0).reshape(1, 3, 3, 1))])
features, found = compute_gradient(lambda x: model(x), numpy.full((1, 3, 3, 1), 2, "float32"))
print(features.ravel().tolist(), found.ravel().tolist())
"""


@pytest.mark.slow
@pytest.mark.skipif("torch" not in INSTALLED, reason="torch is not installed: make reference installs it")
def test_gradients_on_pytorch_are_those_of_the_tensor_on_the_way(folder: Path) -> None:
    edit(folder, {"runtime.backend": "torch"})
    said = call(folder, "-c", GRADIENT)
    assert said.stdout.strip() == f"{[4.0] * 9} {[float(place) for place in range(9)]}", said.stderr


START = """
from darkroom.core import runtime
from darkroom.params.base import read_entry
from darkroom.params.model import Runtime
runtime.start(read_entry(Runtime, "runtime"))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "name"), [("jax", "JAX"), ("torch", "PyTorch")])
def test_a_backend_for_processors_does_not_pass_for_a_gpu(folder: Path, backend: str, name: str) -> None:
    if backend not in INSTALLED:
        pytest.skip(f"{backend} is not installed: make reference installs its build for processors")
    edit(folder, {"runtime.backend": backend})
    said = call(folder, "-c", START, DARKROOM_GPU="required")
    assert "DARKROOM_GPU: required: no GPU on " in said.stderr, said.stderr
    assert f"{name} is built for processors" in said.stderr
