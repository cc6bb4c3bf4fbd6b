"""The benchmark for GPUs: the networks of params.yaml, run where little is installed."""

import subprocess
import sys
from pathlib import Path

import pandas
import pytest

from benchmarks import gpu
from darkroom.params.base import validate
from darkroom.params.document import load
from darkroom.params.model import Model
from darkroom.params.sweeps import find_model
from darkroom.params.training import Fit
from darkroom.params.transfer import TransferModel

MISSING = {
    "yaml",
    "tqdm",
    "psutil",
    "pathspec",
    "ruamel",
    "dvc",
    "snakemake",
    "matplotlib",
    "jinja2",
    "pooch",
    "pyarrow",
}
RUN = """
import runpy, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
sys.argv = ["gpu.py", *{arguments}]
runpy.run_path({script!r}, run_name="__main__")
"""


def test_its_networks_are_those_of_the_parameters(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    parameters = load()
    for name, case in gpu.CASES.items():
        kind = TransferModel if "backbone" in case["network"] else Model
        model = validate(kind, *find_model(name))
        assert model.network.model_dump() == case["network"], name
        assert parameters.views[model.view].size == case["size"]
        used, given = model.training.model_dump(), Fit.model_validate({**gpu.TRAINING, "precision": "float32"})
        assert set(given.model_dump()) <= set(used)
        assert used["batch_size"] == gpu.BATCH


@pytest.mark.slow
def test_it_runs_where_little_is_installed_and_leaves_its_table(root: Path, tmp_path: Path) -> None:
    arguments = ["--images", "64", "--cases", "cnn", "--minutes", "4", "--out", str(tmp_path)]
    code = RUN.format(names=MISSING, arguments=arguments, script=str(root / "benchmarks/gpu.py"))
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = pandas.read_csv(tmp_path / "gpu.csv")
    assert table["what"].tolist()[:3] == ["matrix product", "cnn", "cnn"]
    assert (table["images_per_second"][1:3] > 0).all()
    assert table["share_of_product"][1] > 0.01
    assert "two trainings: the same bytes" in set(table["note"]) | {done.stdout}
    assert "OTHER BYTES" not in done.stdout
