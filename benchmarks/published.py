"""A finished study, published for clones of it, and a table of what is done with them."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.project import cloned, git, parameters, run

RESULTS = "results"
PUSH, PULL = ("workflow.sharing", "push"), ("workflow.sharing", "pull")


class Bench:
    """A published study, clones of it, and rows of what was done with them and the seconds it took."""

    def __init__(self, study: Path, place: Path, model: str) -> None:
        """Copy the study to ``place``, its lock committed, with a remote beside it."""
        self.study, self.place, self.model = place / "study", place, model
        self.rows: list[dict[str, Any]] = []
        shutil.copytree(study, self.study, symlinks=True)
        self.source = self._bring_source(study)
        run(self.study, "workflow.remote", str(place / "storage"))
        self.commit(self.study, "Run the study")

    def _bring_source(self, study: Path) -> Path:
        """Copy what the study was made from to where its clones look for it, and return the folder."""
        (dataset,) = parameters(study)["datasets"].values()
        source = self.study / dataset["source"]
        shutil.copytree(study / dataset["source"], source)
        return source.resolve()

    def clone(self, name: str) -> Path:
        """Return a new clone, into which everything was pulled."""
        folder = cloned(self.study, self.place / name)
        run(folder, *PULL)
        return folder

    def commit(self, folder: Path, message: str) -> None:
        """Commit all that changed in a clone."""
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", message)

    def note(self, what: str, work: Callable[[], list[str] | str | object]) -> None:
        """Do the ``work`` and note it with the commands that it executed, a list, or with what it said, a text."""
        began = time.perf_counter()
        found = work()
        row: dict[str, Any] = {"what": what, "seconds": round(time.perf_counter() - began, 1)}
        if isinstance(found, list):
            row |= {"commands executed": len(found), "which, or what was said": " ".join(found)}
        elif isinstance(found, str):
            row |= {"which, or what was said": found}
        self.rows.append(row)
        print(*row.values(), flush=True)

    @property
    def parameters(self) -> dict[str, Any]:
        """The params.yaml of the study, every entry in full."""
        return parameters(self.study)

    @property
    def metrics(self) -> str:
        """Where the numbers of the model stand."""
        (study,) = self.parameters["studies"]
        return f"{RESULTS}/{study}/evaluations/{self.model}/metrics.json"
