"""Isolation of a stage's process: settings of its user, shell or scheduler that could change a byte don't reach it.

Importing this module isolates a process that was started by ``python -m stages.…``, and does nothing in any other. The
process begins anew, under the same number, where its environment differs from ``FIXED`` and from what is left out.
Then the working folder, which Python puts before the libraries, goes behind them: a file there hides none of them.

Settings that a library reads from a file in a home folder are undone where it is imported: Keras' in backend.py,
matplotlib's in darkroom/reporting/figures.py. What stays is what finds files, devices and servers, such as
LD_LIBRARY_PATH.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

FIXED = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "OMP_NUM_THREADS": "1",  # sums of NumPy's and SciPy's; those of a network have params.yaml's runtime.threads
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""The same in every stage's process."""
LEFT_OUT = (
    *("LC_", "LANG", "PYTHON", "MATPLOTLIBRC", "MPLBACKEND", "SOURCE_DATE_EPOCH", "GLIBC_TUNABLES"),
    *("KERAS_", "TF_", "XLA_", "JAX_", "TORCH", "PYTORCH_", "ONEDNN_", "DNNL_", "NPY_", "JSIMD_"),
    *("MKL_", "OMP_", "KMP_", "GOMP_", "OPENBLAS_", "GOTO_", "BLIS_", "VECLIB_", "NUMEXPR_"),
    *("CUBLAS_", "CUDNN_", "NVIDIA_TF32_OVERRIDE"),
)
"""Beginnings of names of variables by which Python and libraries choose another way to compute or to write."""
KEPT = (
    *("KERAS_HOME", "TORCH_HOME", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONFAULTHANDLER"),
    *("TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL", "TF_FORCE_GPU_ALLOW_GROWTH", "TF_GPU_ALLOCATOR"),
)
"""Variables with such a name that say where files are kept, what is printed, and how memory is had."""
SEARCH_PATH = "PYTHONPATH"
BEGUN = "DARKROOM_ISOLATED"
"""The variable that holds the number of the process that began anew, so that it does so once."""
ROOT = Path(__file__).parents[2]


def isolate_environment(given: Mapping[str, str], root: Path, folder: Path) -> dict[str, str]:
    """Return the variables of a stage whose code lies in ``root``, and which runs in ``folder``, from those ``given``.

    Of PYTHONPATH nothing stays but ``root``, and that only where the stage runs elsewhere and could not be found.
    """
    kept = {name: value for name, value in given.items() if name in KEPT or not name.startswith(LEFT_OUT)}
    return {**kept, **FIXED, **({} if folder == root else {SEARCH_PATH: str(root)})}


def isolate() -> None:
    """Begin this process anew without the settings of its user, once; then look for libraries in their place first."""
    begun, number = os.environ.pop(BEGUN, ""), str(os.getpid())
    wanted = isolate_environment(os.environ, ROOT, Path.cwd())
    if begun != number and wanted != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**wanted, BEGUN: number})
    ours = {str(ROOT), str(Path.cwd())}
    sys.path.sort(key=lambda place: place in ours)


if sys.argv[0] == "-m":  # which Python says until it has found the module to run
    isolate()
