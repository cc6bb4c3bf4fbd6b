"""Settings of a user, shell or scheduler that are no parameters leave every byte of a stage as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from darkroom.core.isolation import BEGUN, FIXED, isolate_environment
from tests.conftest import ROOT, with_parameters
from tests.support.image_folders import picture, write_folder
from tests.support.learning import ARGUMENTS, model, write_view

TRAIN = ("train", *ARGUMENTS, "--out", "out")
CENSUS = ("census", "intel", "--images", "images", "--images-are", "drawn", "--out", "out")
KERAS_JSON = {"floatx": "float64", "image_data_format": "channels_first", "epsilon": 0.1, "backend": "torch"}
STYLE = "font.size: 20\nlines.linewidth: 9\naxes.facecolor: red\nsavefig.dpi: 50\ndate.epoch: 1999-01-01\n"
OTHER_WORDS = """
import pathlib
write_text = pathlib.Path.write_text
pathlib.Path.write_text = lambda path, text, *rest, **options: write_text(path, f"disturbed {text}", *rest, **options)
"""
IN_THE_WAY = "raise SystemExit('a file of the same name was imported')\n"
Files = Mapping[str, str]

DISTURBANCES: dict[str, tuple[tuple[str, ...], dict[str, str], Files]] = {
    "keras.json": (TRAIN, {}, {"home/.keras/keras.json": json.dumps(KERAS_JSON)}),
    "Keras' variables": (TRAIN, {"KERAS_BACKEND": "torch", "KERAS_MAX_EPOCHS": "1"}, {}),
    "oneDNN": (TRAIN, {"TF_ENABLE_ONEDNN_OPTS": "0", "ONEDNN_MAX_CPU_ISA": "SSE41"}, {}),
    "determinism": (TRAIN, {"TF_DETERMINISTIC_OPS": "0", "TF_CUDNN_DETERMINISTIC": "0"}, {}),
    "XLA": (TRAIN, {"TF_XLA_FLAGS": "--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit"}, {}),
    "threads": (TRAIN, dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2"), {}),
    "the processor's instructions": (
        TRAIN,
        {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3", "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA"},
        {},
    ),
    "sitecustomize": (CENSUS, {"PYTHONPATH": "site"}, {"site/sitecustomize.py": OTHER_WORDS}),
    "a library in PYTHONPATH": (CENSUS, {"PYTHONPATH": "site"}, {"site/scipy.py": IN_THE_WAY}),
    "libraries in the working folder": (CENSUS, {}, {"scipy.py": IN_THE_WAY, "colorsys.py": IN_THE_WAY}),
    "libraries of the user": (
        CENSUS,
        {},
        {f"home/.local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/scipy.py": IN_THE_WAY},
    ),
    "Python's variables": (CENSUS, {"PYTHONHASHSEED": "1", "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error"}, {}),
    "locale": (CENSUS, {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {}),
    "time zone": (CENSUS, {"TZ": "Pacific/Kiritimati"}, {}),
    "matplotlibrc in the working folder": (CENSUS, {}, {"matplotlibrc": STYLE}),
    "matplotlibrc of the user": (CENSUS, {}, {"home/.config/matplotlib/matplotlibrc": STYLE}),
    "MATPLOTLIBRC": (CENSUS, {"MATPLOTLIBRC": "style", "MPLBACKEND": "svg"}, {"style/matplotlibrc": STYLE}),
    "MPLCONFIGDIR": (
        CENSUS,
        {"MPLCONFIGDIR": "style"},
        {"style/matplotlibrc": STYLE, "style/stylelib/classic.mplstyle": STYLE},
    ),
}
"""By what is set: the stage that it may touch, variables, and files of the working folder, in which the home is."""


def begin(folder: Path, command: tuple[str, ...], variables: Mapping[str, str]) -> dict[str, bytes]:
    """What a stage writes in a process of its own, started as DVC does, by the name of each file."""
    home = {"HOME": str(folder / "home"), "MPLCONFIGDIR": os.environ.get("MPLCONFIGDIR", ""), "PYTHONPATH": ""}
    given = {**os.environ, **home, **variables}
    given["PYTHONPATH"] = os.pathsep.join(filter(None, [given["PYTHONPATH"], str(ROOT)]))
    verb, *arguments = command
    started = [sys.executable, "-m", f"stages.{verb}", *arguments]
    done = subprocess.run(started, cwd=folder, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def place(folder: Path) -> Path:
    """A working folder with a view, a small model of it, and images of two classes, one of another script."""
    (folder / "home").mkdir(parents=True)
    with_parameters(folder, model({"epochs": 1, "callbacks": []}))
    write_view(folder / "view")
    images: dict[str, Image.Image | bytes] = {f"train/Été/{number}.png": picture(number) for number in range(4)}
    images |= {f"train/{name}/{number}.jpg": picture(number, 30) for name in ("ant", "bee") for number in range(3)}
    write_folder(folder / "images", {**images, "test/ant/5.png": picture(5), "test/Été/6.png": picture(6)})
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[tuple[str, ...]], dict[str, bytes]]:
    """What each stage writes where nothing is set, run once."""
    known: dict[tuple[str, ...], dict[str, bytes]] = {}

    def written(command: tuple[str, ...]) -> dict[str, bytes]:
        if command not in known:
            known[command] = begin(place(tmp_path_factory.mktemp("plain") / "at"), command, {})
        return known[command]

    return written


@pytest.mark.slow
@pytest.mark.parametrize("what", DISTURBANCES)
def test_what_is_set_outside_the_parameters_changes_no_byte(
    tmp_path: Path, undisturbed: Callable[[tuple[str, ...]], dict[str, bytes]], what: str
) -> None:
    command, variables, files = DISTURBANCES[what]
    folder = place(tmp_path / "at")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    expected, found = undisturbed(command), begin(folder, command, variables)
    assert {name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)} == set()


def test_what_finds_files_devices_and_servers_stays() -> None:
    given = {"PATH": "/bin", "HOME": "/home/me", "CUDA_VISIBLE_DEVICES": "1", "LD_LIBRARY_PATH": "/opt/cuda"}
    given |= {"DARKROOM_GPU": "none", "KERAS_HOME": "/data", "TF_CPP_MIN_LOG_LEVEL": "0", "SLURM_JOB_ID": "7"}
    assert isolate_environment(given, ROOT, ROOT) == given | FIXED
    elsewhere = isolate_environment({**given, "PYTHONPATH": "/mine", "LANG": "tr_TR"}, ROOT, Path("/"))
    assert elsewhere == given | FIXED | {"PYTHONPATH": str(ROOT)}
    assert isolate_environment(elsewhere, ROOT, ROOT) == given | FIXED


@pytest.mark.slow
def test_a_process_begins_anew_at_most_once_and_its_children_like_it() -> None:
    code = "import os, sys; sys.argv[0] = '-m'; import stages; print(os.environ.get('TZ'))"
    command = [sys.executable, "-c", code]
    plain = {name: value for name, value in os.environ.items() if name not in FIXED}
    for variables in (plain, {**plain, BEGUN: "1"}):
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60)
        assert done.stdout == "UTC\n", done.stderr
