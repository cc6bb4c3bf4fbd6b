"""Files that are deleted, altered or replaced in a finished study, and what DVC's cache holds of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import tampering
from benchmarks.faults.study import an_out
from benchmarks.faults.trial import Fault, Trial
from workflow.listings import place

VERBS = (
    "fetch",
    "unzip",
    "augment",
    "census",
    "prepare",
    "pretrained",
    "train",
    "transfer",
    "finetune",
    "evaluate",
    "explain",
    "sweep",
    "compare",
    "costs",
    "worksheet",
)
FEW = ("fetch", "train", "evaluate", "worksheet")
TOOLS = (
    ".dvc/cache",
    ".dvc/cache/files",
    ".dvc/cache/runs",
    ".dvc/tmp",
    ".dvc/tmp/darkroom",
    ".dvc/tmp/jobs",
    ".snakemake",
    "logs",
    "dvc.lock",
    "workflow/plan.yaml",
    "workflow/versions.yaml",
    "data",
    "models",
    "results",
)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def halve(file: Path) -> None:
    """Leave the first half of a file."""
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip_protected(file: Path) -> None:
    """Change a byte of a file that nobody may write to."""
    tampering.flip(file)
    file.chmod(0o444)


def to_dead_link(path: Path) -> None:
    """Put a link that leads nowhere in the place of a file or folder."""
    remove(path)
    path.symlink_to("nowhere")


def to_folder(file: Path) -> None:
    """Put a folder in the place of a file."""
    file.unlink()
    (file / "inside").mkdir(parents=True)


def to_file(folder: Path) -> None:
    """Put a file in the place of a folder."""
    shutil.rmtree(folder)
    folder.write_text("a file", encoding="utf-8")


def in_cache(trial: Trial, file: Path) -> Path:
    """Return where the cache keeps what a file holds."""
    return trial.folder / place(Path(".dvc/cache"), tampering.md5(file))


def on(verb: str, act: Callable[[Path], None], cache: str = "") -> Callable[[Trial], None]:
    """Return what does something to a file that a kind of stage wrote; to the ``cache``, too: gone, flipped, halved."""

    def inject(trial: Trial) -> None:
        file = an_out(trial.folder, verb)
        if cache == "gone":
            remove(trial.folder / ".dvc/cache")
        elif cache:
            {"flipped": flip_protected, "halved": halve}[cache](in_cache(trial, file))
        act(file)

    return inject


def at(path: str, act: Callable[[Path], None]) -> Callable[[Trial], None]:
    """Return what does something to a file or folder of the study."""
    return lambda trial: act(trial.folder / path)


def remove_in(path: str) -> Callable[[Trial], None]:
    """Return what takes away again what was put at a path."""
    return lambda trial: remove(trial.folder / path)


def faults() -> Iterator[Fault]:
    """Yield the faults."""
    yield from (Fault("gone", path, at(path, remove)) for path in TOOLS)
    yield from (Fault("gone", f"an output of {verb}", on(verb, remove)) for verb in VERBS)
    yield from (Fault("gone", f"an output of {verb}, and the cache", on(verb, remove, "gone")) for verb in FEW)
    yield from (Fault("flipped", f"a byte of an output of {verb}", on(verb, tampering.flip)) for verb in VERBS)
    for cache in ("flipped", "halved"):
        for verb in FEW:
            yield Fault("cache", f"{cache} of an output of {verb}, which is gone", on(verb, remove, cache))
        yield Fault("cache", f"{cache} of an output of train, which is altered", on("train", halve, cache))
    acts = {"half": halve, "a dead link": to_dead_link, "a folder": to_folder}
    yield from (Fault("replaced", f"an output by {name}", on("train", act)) for name, act in acts.items())
    view = "data/views/intel-150"
    yield Fault("replaced", "a folder that is an output by a dead link", at(view, to_dead_link))
    yield Fault("replaced", "a folder that is an output by a file", at(view, to_file))
    yield Fault(
        "replaced", "a folder of outputs by a dead link", at("data/views", to_dead_link), remove_in("data/views")
    )
    yield Fault("replaced", "a folder of outputs by a file", at("models/intel", to_file), remove_in("models/intel"))
    yield Fault(
        "replaced", "nothing by a dead link in an output", at(f"{view}/more", lambda path: path.symlink_to("x"))
    )
