"""A GPU is used, required or left alone as the environment wants, and what computed is recorded."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from darkroom.core import facts, gpu, runtime
from darkroom.core.errors import UserError
from darkroom.evaluation import prediction
from darkroom.params.model import Runtime
from darkroom.pipeline import record
from stages import finetune, pretrained, train, transfer

SETTINGS = Runtime(seed=13, threads=1, backend="tensorflow")
PROPRIETARY = """NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023
GCC version:  gcc version 11.4.0 (Ubuntu 11.4.0-1ubuntu1~22.04)
"""
OPEN = """NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54  Release Build  (dvs-builder@U16-A23)
GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)
"""
LAST = ["--images-are", "drawn", "--out", "out"]
FACTS = {"gpu", "compute_capability", "cuda_visible_devices", "backend", "threads"}


class Machine:
    """What TensorFlow finds on a machine, and what it was told to do with it."""

    def __init__(self, gpus: list[str]) -> None:
        self.gpus = gpus
        self.grows: list[str] = []

    def hide(self, devices: list[Any], kind: str) -> None:
        assert (devices, kind) == ([], "GPU")
        self.gpus = []

    def grow(self, device: str, enable: bool) -> None:
        assert enable
        self.grows.append(device)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Machine]:
    """Let TensorFlow and the driver find these GPUs; nothing is told to the real ones."""

    def with_gpus(*names: str, driver: str | None = None, built_for_gpus: bool = True) -> Machine:
        found = Machine(list(names))
        details = {"compute_capability": (9, 0)}
        monkeypatch.setattr("tensorflow.config.get_visible_devices", lambda kind: found.gpus)
        monkeypatch.setattr("tensorflow.config.set_visible_devices", found.hide)
        experimental = "tensorflow.config.experimental"
        monkeypatch.setattr(f"{experimental}.set_memory_growth", found.grow)
        monkeypatch.setattr(f"{experimental}.get_device_details", lambda one: {"device_name": one, **details})
        monkeypatch.setattr("tensorflow.test.is_built_with_gpu_support", lambda: built_for_gpus)
        build = {"is_cuda_build": True, "cuda_version": "12.5.1", "cudnn_version": "9"}
        monkeypatch.setattr("tensorflow.sysconfig.get_build_info", lambda: build)
        monkeypatch.setattr(gpu, "find_driver_version", lambda: driver)
        monkeypatch.setattr(gpu, "is_here", lambda: driver is not None)
        monkeypatch.setattr(facts, "_told", {})
        monkeypatch.setattr("socket.gethostname", lambda: "node7")
        monkeypatch.delenv(gpu.VARIABLE, raising=False)
        return found

    return with_gpus


def wish(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv(gpu.VARIABLE, wanted)


@pytest.mark.parametrize("wanted", ["", "preferred", "required"])
def test_a_gpu_that_is_there_is_used_and_recorded(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    found = machine("NVIDIA H100", "NVIDIA A100", driver="550.54")
    wish(monkeypatch, wanted)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    assert runtime.start(SETTINGS, replicate=2) == 14
    assert found.grows == found.gpus == ["NVIDIA H100", "NVIDIA A100"]
    known = record.describe_process()
    assert {name: known[name] for name in FACTS} == {
        "gpu": "NVIDIA H100",
        "compute_capability": "9.0",
        "cuda_visible_devices": "3,5",
        "backend": "tensorflow",
        "threads": 1,
    }
    assert known["versions"].items() >= {"cuda": "12.5.1", "cudnn": "9", "nvidia-driver": "550.54"}.items()
    assert {"python", "keras", "tensorflow"} <= set(known["versions"])
    assert runtime.find_gpu_name() == "NVIDIA H100"


def test_on_a_processor_nothing_of_a_gpu_is_recorded(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    machine()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    runtime.start(SETTINGS)
    known = record.describe_process()
    assert [known[name] for name in ("gpu", "compute_capability", "cuda_visible_devices")] == [None] * 3
    assert not {"cuda", "cudnn", "nvidia-driver"} & set(known["versions"])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("wanted", "on_gpu"), [("none", True), ("required", False), ("preferred", False)])
def test_a_gpu_is_left_alone_where_none_is_wanted(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch, wanted: str, on_gpu: bool
) -> None:
    found = machine("NVIDIA H100", driver="550.54")
    wish(monkeypatch, wanted)
    runtime.start(SETTINGS, on_gpu=on_gpu)
    assert (found.gpus, found.grows, runtime.find_gpu_name()) == ([], [], None)
    assert record.describe_process()["gpu"] is None


@pytest.mark.parametrize(
    ("driver", "built_for_gpus", "reason"),
    [
        ("550.54", True, "TensorFlow can use none, CUDA_VISIBLE_DEVICES is '7'"),
        ("550.54", False, "TensorFlow is built for processors: make LOCK=gpu environment installs the other"),
        (None, True, "no NVIDIA driver is loaded there, see nvidia-smi"),
    ],
)
def test_a_required_gpu_that_is_missing_is_told_with_its_host_and_reason(
    machine: Callable[..., Machine],
    monkeypatch: pytest.MonkeyPatch,
    driver: str | None,
    built_for_gpus: bool,
    reason: str,
) -> None:
    machine(driver=driver, built_for_gpus=built_for_gpus)
    wish(monkeypatch, "required")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    with pytest.raises(UserError) as raised:
        runtime.start(SETTINGS)
    expected = f"DARKROOM_GPU: required: no GPU on node7: {reason}; or let the profile say config: [gpu=preferred]"
    assert str(raised.value) == expected


def test_a_gpu_that_the_installed_tensorflow_cannot_use_is_noted(
    machine: Callable[..., Machine], capfd: pytest.CaptureFixture[str]
) -> None:
    machine(driver="550.54", built_for_gpus=False)
    runtime.start(SETTINGS)
    build = "TensorFlow is built for processors: make LOCK=gpu environment installs the other"
    assert capfd.readouterr().err == f"[gpu] not used: {build}\n"


def test_another_wish_is_refused(machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch) -> None:
    machine()
    wish(monkeypatch, "maybe")
    with pytest.raises(UserError, match=r"^DARKROOM_GPU: 'maybe': allowed: required, preferred, none$"):
        runtime.start(SETTINGS)


@pytest.mark.parametrize("module", [train, transfer, finetune])
def test_every_training_stops_before_it_reads_anything(
    machine: Callable[..., Machine], project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    machine()
    project()
    wish(monkeypatch, "required")
    key = {train: "cnn", transfer: "efficientnetlite0", finetune: "efficientnetlite0-finetuned"}[module]
    folders = {train: [], transfer: ["--backbone", "nowhere"], finetune: ["--base", "nowhere"]}[module]
    with pytest.raises(UserError, match=rf"^(models|finetunes)\.{key}: DARKROOM_GPU: required: no GPU on node7: "):
        module.main([key, "--model", key, "--replicate", "1", "--view", "nowhere", *folders, *LAST])
    assert not Path("out").exists()


def test_an_evaluation_stops_before_it_loads_the_network(
    machine: Callable[..., Machine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    wish(monkeypatch, "required")
    for name in ("model.keras", "history.csv", "layers.csv", "summary.json"):
        (tmp_path / name).write_text("no such thing")
    with pytest.raises(UserError, match=r"^DARKROOM_GPU: required: no GPU on node7: "):
        prediction.open_trained(tmp_path, SETTINGS)


def test_weights_are_brought_without_a_gpu(
    machine: Callable[..., Machine], project: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = machine("NVIDIA H100", driver="550.54")
    project()
    wish(monkeypatch, "required")
    monkeypatch.setattr(pretrained, "store_weights", lambda *arguments: None)
    pretrained.main(["efficientnetlite0", "--out", "out"])
    assert (found.gpus, found.grows) == ([], [])


@pytest.mark.slow
def test_the_user_reads_one_line(root: Path, project: Callable[..., Path]) -> None:
    project()
    hidden = {**os.environ, gpu.VARIABLE: "required", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(root)}
    options = ["--model", "cnn", "--replicate", "1", "--view", "nowhere", *LAST]
    command = [sys.executable, "-m", "stages.train", "cnn", *options]
    done = subprocess.run(command, env=hidden, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: models.cnn: DARKROOM_GPU: required: no GPU on ")


@pytest.mark.parametrize(("text", "version"), [(PROPRIETARY, "535.129.03"), (OPEN, "550.54"), ("no driver\n", None)])
def test_the_driver_says_its_version(tmp_path: Path, text: str, version: str | None) -> None:
    (tmp_path / "version").write_text(text)
    assert gpu.find_driver_version(tmp_path / "version") == version
    assert gpu.is_here(tmp_path / "version", tmp_path)


def test_nvidia_smi_is_asked_where_the_driver_does_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gpu.find_driver_version(tmp_path / "none") is None
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 575.51.03\necho 575.51.03\n")
    program.chmod(0o755)
    assert gpu.find_driver_version(tmp_path / "other") == "575.51.03"
    program.write_text("#!/bin/sh\necho 575.51.03\nexit 9\n")
    assert gpu.find_driver_version(tmp_path / "third") is None


@pytest.mark.parametrize(("name", "here"), [("nvidia0", True), ("nvidiactl", False), ("null", False)])
def test_a_gpu_is_told_by_its_device(tmp_path: Path, name: str, here: bool) -> None:
    (tmp_path / name).touch()
    assert gpu.is_here(tmp_path / "none", tmp_path) == here
