"""The command of every stage in the study that faults are tried on: what it writes follows from what it reads.

    python stand_in.py VERB KEY

Each output holds a digest of the parameters and of the bytes that its stage depends on, code aside, so that a result of
older inputs differs from one of newer. Files are written in their place, in two halves, with a pause between: a
stage that is stopped there leaves half a file, as none of Darkroom's would.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

from darkroom.params.yaml_files import read
from darkroom.pipeline import template

PAUSE = 0.4
"""Seconds that the pauses of a stage take together."""
ENDED = Path("executed.txt")


def digest(stage: template.Stage) -> str:
    """Return a digest of all that a stage reads."""
    found = hashlib.sha256(stage.name.encode())
    for name, keys in sorted(stage.params.items()):
        for key in sorted(keys):
            found.update(json.dumps([key, value(read(Path(name)), key)], sort_keys=True, default=str).encode())
    for dep in sorted(stage.deps):
        top = Path(dep)
        if top.parts[0] in ("data", "models", "results", ".."):
            files = [file for file in sorted(top.rglob("*")) if file.is_file()] if top.is_dir() else [top]
            for file in (one for one in files if not one.name.startswith(".")):
                found.update(str(file).encode() + file.read_bytes())
    return found.hexdigest()


def value(document: object, key: str) -> object:
    """Return what stands under a dotted key."""
    for part in key.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def content(path: Path, found: str) -> str:
    """Return what a file is to hold, in the form that its suffix promises."""
    if path.suffix == ".json":
        return json.dumps({"of": found, "loss": int(found[:6], 16)}) + "\n"
    if path.suffix == ".csv":
        return f"epoch,accuracy,class,predicted\n1,{int(found[:6], 16)},{found[6:20]},{found[20:40]}\n"
    return f"{path} {found}\n"


def main() -> None:
    """Write the outputs of the stage that the command line names, and that it has ended."""
    began = time.time()
    stage = template.read_stages()[f"{sys.argv[1]}@{sys.argv[2]}"]
    found = digest(stage)
    files = [Path(out) if "." in Path(out).name else Path(out, "content") for out in stage.outs]
    for file in files:
        text = content(file, found)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8") as opened:
            opened.write(text[: len(text) // 2])
            opened.flush()
            time.sleep(PAUSE / len(files))
            opened.write(text[len(text) // 2 :])
    with ENDED.open("a", encoding="utf-8") as opened:
        opened.write(f"{stage.name} {began} {time.time()}\n")


if __name__ == "__main__":
    main()
