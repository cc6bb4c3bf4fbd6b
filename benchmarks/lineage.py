"""What sharing, changing, auditing and repeating a finished study cost: seconds, and commands that DVC executed.

    python -m benchmarks.lineage --study FOLDER --model MODEL

``FOLDER`` is a checkout in which the study was made from a local source. A copy of it is committed and pushed to a
remote in a temporary folder; everything else happens in clones that pull from there. ``MODEL``, a network trained from
scratch, is the one that is changed. Last, two clean clones make everything twice. Writes benchmarks/lineage.csv.
"""

import argparse
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas

from benchmarks.project import ROOT, edit, executed, git, run, snakemake
from benchmarks.published import PUSH, RESULTS, Bench
from benchmarks.tampering import flip, locked, md5, out
from darkroom.core.files import write_table

TABLE = ROOT / "benchmarks/lineage.csv"
EPOCHS = {"first": 1, "second": 2}
"""How long the models are trained that two branches add."""
TRIED = 4
"""For how many epochs an experiment trains the model."""


def append(file: Path, text: str) -> None:
    """Add ``text`` to the end of a file."""
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def lengthen(bench: Bench, folder: Path) -> None:
    """Train the model for one epoch more."""
    epochs = bench.parameters["models"][bench.model]["training"]["epochs"]
    edit(folder, {f"models.{bench.model}.training.epochs": epochs + 1})


def verified(folder: Path, path: str) -> str:
    """Return what --verify says of a file."""
    return run(folder, "workflow.audit", path, "--verify", check=False).stdout.strip()


def share(bench: Bench) -> None:
    """Push, clone, pull, run and audit."""
    bench.note("push all results to a folder", lambda: run(bench.study, *PUSH))
    bench.note("clone, then pull", lambda: bench.clone("first"))
    first = bench.place / "first"
    bench.note("snakemake after that", lambda: snakemake(first))
    bench.note("snakemake again", lambda: snakemake(first))
    bench.note("audit all results, not rehashed", lambda: run(first, "workflow.audit", RESULTS) and None)
    bench.note("audit all results, rehashed", lambda: run(first, "workflow.audit", RESULTS, "--verify").stdout.strip())
    crate = ("--format", "ro-crate", str(bench.place / "crate"))
    bench.note("write an RO-Crate of all results", lambda: run(first, "workflow.audit", RESULTS, *crate) and None)


def change(bench: Bench) -> None:
    """Change one thing after another, each from the same start."""
    folder = bench.clone("changed")
    worst = bench.parameters["evaluation"]["worst"]

    def changed(what: str, work: Callable[[], object]) -> None:
        work()
        bench.note(what, lambda: snakemake(folder))
        git(folder, "checkout", "--quiet", ".")
        bench.note("and back", lambda: snakemake(folder))

    changed("a comment added to stages/prepare.py", lambda: append(folder / "stages/prepare.py", "\n# a comment\n"))
    text = folder / "darkroom/evaluation/evaluation.md.j2"
    other = text.read_text(encoding="utf-8").replace("# {{ title | escaped }}", "# Test of {{ title | escaped }}")
    changed("other words in darkroom/evaluation/evaluation.md.j2", lambda: text.write_text(other, encoding="utf-8"))
    changed("a shared parameter, evaluation.worst", lambda: edit(folder, {"evaluation.worst": worst - 1}))


def branch(bench: Bench) -> None:
    """Switch branches, share one, and have a colleague make the same change."""
    first = bench.place / "first"
    git(first, "checkout", "--quiet", "-b", "longer")
    lengthen(bench, first)
    bench.note(f"a branch with one epoch more for {bench.model}", lambda: snakemake(first))
    bench.commit(first, "One epoch more")
    git(first, "checkout", "--quiet", "-")
    bench.note("back to the first branch", lambda: snakemake(first))
    git(first, "checkout", "--quiet", "longer")
    bench.note("and to the other again", lambda: snakemake(first))
    bench.note("push what that branch gave", lambda: run(first, *PUSH))
    colleague = bench.clone("colleague")
    lengthen(bench, colleague)
    bench.note("a colleague's same change, unaware of the branch", lambda: snakemake(colleague))


def merge(bench: Bench) -> None:
    """Add a model on each of two branches, and merge them."""
    folder = bench.clone("merged")
    (study,) = bench.parameters["studies"]
    models = bench.parameters["studies"][study]["models"]

    def add(*names: str) -> None:
        for name in names:
            model = bench.parameters["models"][bench.model]
            model["training"]["epochs"] = EPOCHS[name]
            edit(folder, {f"models.{name}": model})
        edit(folder, {f"studies.{study}.models": [*models, *names]})

    for name in EPOCHS:
        git(folder, "checkout", "--quiet", "-b", name, "origin/HEAD")
        add(name)
        bench.note(f"a branch with one more model, {name}", lambda: snakemake(folder))
        bench.commit(folder, f"Add {name}")
    subprocess.run(["git", "merge", "first"], cwd=folder, capture_output=True, check=False)
    git(folder, "checkout", "origin/HEAD", "--", "params.yaml")
    add(*EPOCHS)
    git(folder, "add", "params.yaml")
    bench.note("make merge, params.yaml decided", lambda: run(folder, "workflow.merge").stdout.splitlines()[-2])
    bench.commit(folder, "Merge")
    bench.note("snakemake after the merge", lambda: snakemake(folder))


def experiment(bench: Bench) -> None:
    """Override a parameter of the model with DVC's own command."""
    folder = bench.clone("experiment")
    override = f"models.{bench.model}.training.epochs={TRIED}"

    def tried() -> list[str]:
        done = run(folder, "dvc", "exp", "run", "--set-param", override)
        return executed(done.stdout + done.stderr)

    bench.note(f"dvc exp run -S {override}", tried)


def tamper(bench: Bench) -> None:
    """Tamper with one thing after another, and verify the model's numbers."""
    (dataset,) = bench.parameters["datasets"]
    view = f"data/views/{bench.parameters['models'][bench.model]['view']}"

    def forge(folder: Path) -> None:
        flip(folder / bench.metrics)
        entry = f"evaluate@{bench.model}"
        locked(folder, lambda all: out(all[entry], "outs", bench.metrics).update(md5=md5(folder / bench.metrics)))

    def break_chain(folder: Path) -> None:
        entry = f"train@{bench.model}"
        locked(folder, lambda all: out(all[entry], "deps", view).update(md5="0" * 32 + ".dir"))

    ways: dict[str, Callable[[Path], object]] = {
        "a bit of a raw archive": lambda at: flip(next((at / "data/raw" / dataset).glob("*.zip"))),
        "a bit of a view": lambda at: flip(at / view / "train.npy"),
        "a bit of the result": lambda at: flip(at / bench.metrics),
        "code": lambda at: append(at / "darkroom/images/prepared/views.py", "\n# a comment\n"),
        "a parameter": lambda at: lengthen(bench, at),
        "the result, and dvc.lock to match": forge,
        "dvc.lock: a view that nobody wrote": break_chain,
    }
    for number, (what, way) in enumerate(ways.items()):
        folder = bench.clone(f"tampered-{number}")
        way(folder)
        bench.note(f"verify after tampering with {what}", partial(verified, folder, bench.metrics))
        shutil.rmtree(folder)


def hand(bench: Bench) -> None:
    """Edit a view by hand, change the model that reads it, and run."""
    folder = bench.clone("by-hand")
    flip(folder / "data/views" / bench.parameters["models"][bench.model]["view"] / "train.npy")
    bench.note("a view edited by hand: snakemake restores it", lambda: snakemake(folder))


def replace_archive(bench: Bench) -> None:
    """Let one archive hold one image more."""
    folder = bench.clone("more-images")
    archive = sorted(bench.source.glob("*.zip"))[0]
    archive.chmod(0o644)
    with zipfile.ZipFile(archive, "a") as opened:
        first = next(name for name in opened.namelist() if not name.endswith("/"))
        opened.writestr(f"{Path(first).parent}/another.jpg", opened.read(first))
    bench.note(f"one image more in {archive.name}", lambda: snakemake(folder))


def repeat(bench: Bench) -> None:
    """Make everything in two clean clones, and compare."""
    study = ("workflow.audit.reproducible", "--params", "params.yaml")
    bench.note("make reproducible", lambda: run(bench.study, *study).stdout.splitlines()[-1])


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, required=True, help="a checkout in which the study was made")
    parser.add_argument("--model", required=True, help="the network trained from scratch that is changed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.study.resolve().parent) as place:
        bench = Bench(options.study.resolve(), Path(place), options.model)
        for scene in (share, change, branch, experiment, merge, tamper, hand, repeat, replace_archive):
            scene(bench)
            table = pandas.DataFrame(bench.rows).astype({"commands executed": "Int64"})
            write_table(TABLE, table)


if __name__ == "__main__":
    main()
