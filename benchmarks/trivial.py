"""A study of many models whose stages cost next to nothing, in a copy of the sources: what takes time is the rest.

Dependencies, parameters and outputs are those of dvc.yaml. The commands are replaced by a script that writes the outs
at once, and its stage and times into executed.txt. Each run of a stage writes something else, as after an edit that has
an effect; where mark.txt is, what it holds is all that two runs differ by, and their times, in their records.
"""

import re
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from benchmarks import project
from darkroom.params.yaml_files import read
from darkroom.pipeline import template

STUDY, VIEW = "intel", "intel-150"
LEARNING_RATE = 1e-6
"""Of the first model; the n-th has n times as much."""
SCRIPT, EXECUTED, MARK = Path("trivial.sh"), Path("executed.txt"), Path("mark.txt")
WRITER = f"""\
# bash {SCRIPT} VERB KEY ... -- OUT...: writes the outs at once, with what no earlier run wrote, or with the mark
began=$EPOCHREALTIME stage="$1@$2"
mark=$began
[ ! -e {MARK} ] || mark=$(< {MARK})
until [ "$1" = -- ]; do shift; done
shift
files=() folders=()
for out; do
    case "${{out##*/}}" in
        *.*) files+=("$out") folders+=("${{out%/*}}") ;;
        *) files+=("$out/content") folders+=("$out") ;;
    esac
done
mkdir -p "${{folders[@]}}"
for file in "${{files[@]}}"; do
    case "$file" in
        */record.json) echo "{{\\"clock\\": $began}}" ;;
        *.json) echo "{{\\"of\\": \\"$stage $file\\", \\"loss\\": $mark}}" ;;
        *.csv) printf 'epoch,accuracy,class,predicted\\n1,%s,%s,%s\\n' "$mark" "$stage" "$file" ;;
        *) echo "$stage $file $mark" ;;
    esac > "$file"
done
echo "$stage $began $EPOCHREALTIME" >> {EXECUTED}
"""


def made(folder: Path, count: int, every_kind: bool = False) -> Path:
    """Copy the sources into ``folder``, with a study of ``count`` models where nothing has run yet, and return it.

    With ``every_kind`` the study has beside them what each other kind of stage is for: see :func:`others`.
    """
    shutil.rmtree(folder, ignore_errors=True)
    project.leave_one_study(project.copied(folder), STUDY)
    parameters = read(folder / template.PARAMETERS)
    model = next(one for one in parameters["models"].values() if one.get("view") == VIEW)
    models = {name(number): with_learning_rate(model, number) for number in range(1, count + 1)}
    changes = {"models": models, "finetunes": {}, "ensembles": {}, "backbones": {}}
    changes["views"] = {VIEW: parameters["views"][VIEW]}
    project.edit(folder, changes | {f"studies.{STUDY}.models": list(models)})
    if every_kind:
        project.edit(folder, others(parameters, list(models)))
    simplify(folder)
    project.run(folder, "darkroom.pipeline.plan")
    with (folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write(f"/{EXECUTED}\n")
    project.git(folder, "add", "--all")
    project.git(folder, "commit", "--quiet", "--message", "Start")
    return folder


def others(parameters: dict[str, Any], models: list[str]) -> dict[str, Any]:
    """Return edits that add what each other kind of stage is for to ``models`` of ``parameters``.

    That is a frozen backbone and its fine-tune, a sweep of the first with a variant on augmented images, and what the
    first sees.
    """
    frozen = parameters["models"]["efficientnetlite0"]
    alone: dict[str, Any] = {"validation_split": None, "callbacks": []}
    variants = {"slow": {"training": {"learning_rate": 0.5}}, "varied": {"view": "varied", "training": alone}}
    return {
        "augmented": {"variants": {"dataset": STUDY, "augmentation": {"flip": "horizontal"}}},
        "views.varied": {"base": VIEW, "dataset": "variants"},
        f"views.{frozen['view']}": parameters["views"][frozen["view"]],
        "backbones": {"mobile": {"architecture": "MobileNet", "alpha": 0.25, "weights": "none"}},
        "models.frozen": {**frozen, "network": {**frozen["network"], "backbone": "mobile"}},
        "finetunes": {"tuned": {"base": "frozen", "unfreeze": 6}},
        "sweeps": {"rate": {"title": "Rate", "of": models[0], "variants": variants}},
        "explanations": {models[0]: {"layers": [1], "classes": ["sea"]}},
        f"studies.{STUDY}.models": [*models, "frozen", "tuned"],
        f"studies.{STUDY}.sweeps": ["rate"],
    }


def name(number: int) -> str:
    """Return the key of the n-th model."""
    return f"model-{number:04}"


def with_learning_rate(model: dict[str, Any], number: int) -> dict[str, Any]:
    """Return ``model`` with the learning rate of the n-th."""
    return {**model, "training": {**model["training"], "learning_rate": round(number * LEARNING_RATE, 6)}}


def change(folder: Path, number: int) -> list[str]:
    """Give the n-th model in ``folder`` a learning rate that none has, and return the stages that this concerns."""
    models = read(folder / template.PARAMETERS)["models"]
    rates = (model["training"]["learning_rate"] for model in models.values())
    rate = round(max(rates) + LEARNING_RATE, 6)
    project.edit(folder, {f"models.{name(number)}.training.learning_rate": rate})
    of_study = (f"{verb}@{STUDY}" for verb in ("compare", "costs", "page", "worksheet"))
    return sorted([*(f"{verb}@{name(number)}" for verb in ("train", "evaluate")), *of_study])


def simplify(folder: Path) -> None:
    """Let the commands of the dvc.yaml in ``folder`` hand their arguments and outs to the script."""
    file = folder / template.FILE
    document = deepcopy(read(file))
    for definition in (stage["do"] for verb, stage in document["stages"].items() if verb != template.CHECK):
        handed = re.sub(r"^python -m stages\.", f"bash {SCRIPT} ", definition["cmd"])
        definition["cmd"] = " ".join([handed, "--", *template.list_outs(definition)])
    file.write_text(yaml.safe_dump(document, sort_keys=False, width=1000), encoding="utf-8")
    (folder / SCRIPT).write_text(WRITER, encoding="utf-8")


def executed(folder: Path) -> list[tuple[str, float]]:
    """Return the stages whose commands ran in ``folder``, in order, each with the seconds that its command took."""
    file = folder / EXECUTED
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [(stage, float(ended) - float(began)) for stage, began, ended in map(str.split, lines)]


def mark(folder: Path, text: int) -> None:
    """Let commands write the same in every run from now on: another thing than with another mark."""
    (folder / MARK).write_text(f"{text}\n", encoding="utf-8")


def forget(folder: Path) -> None:
    """Let :func:`executed` begin anew."""
    (folder / EXECUTED).unlink(missing_ok=True)
