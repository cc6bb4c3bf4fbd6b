"""Questions on the images: how many, of which classes, sizes and modes, and how they reach a network."""

import pandas

from darkroom.census import counts
from darkroom.census import page as census_page
from darkroom.evaluation.evaluations import CLASSES, view_of
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.reporting.tables import escaped, markdown
from darkroom.worksheet.material import Answer, Material, Question, read, rows

MOST = 5
"""Identical files named."""


def number_per_class(material: Material) -> Answer:
    """How many images each class has in each split."""
    file = material.census / "classes.csv"
    table = read(file)
    total = pandas.DataFrame([{"class": "all"} | {name: table[name].sum() for name in counts.splits_of(table)}])
    return Answer("How many images has each class in each split?", markdown(pandas.concat([table, total])), [file])


def balance(material: Material) -> Answer:
    """Whether the classes are balanced."""
    file = material.census / "classes.csv"
    lines = census_page.describe_balances(read(file), material.balance_tolerance)
    return Answer("Are the classes balanced?", "\n\n".join(lines) + "\n", [file])


def labels(material: Material) -> Answer:
    """Which label stands for which class."""
    one = material.evaluated[material.best]
    named = (f"{label}: {escaped(name)}" for label, name in enumerate(one.classes["class"]))
    return Answer(
        "Which label has which class?", f"In alphabetical order: {', '.join(named)}.\n", [one.folder / CLASSES]
    )


def sizes(material: Material) -> Answer:
    """Which sizes the images have: how many, the smallest, the largest."""
    file = material.census / "sizes.csv"
    return Answer("Which sizes do the images have?", census_page.describe_sizes(read(file)) + "\n", [file])


def readiness(material: Material) -> Answer:
    """Whether the images can feed a network as they are."""
    files = [material.census / f"{name}.csv" for name in ("sizes", "modes", "corrupt")]
    distinct, modes, corrupt = (read(file) for file in files)
    reasons = [
        f"they have {len(distinct):,} sizes" if len(distinct) != 1 else "",
        f"they have {modes['mode'].nunique()} colour modes" if modes["mode"].nunique() != 1 else "",
        f"{len(corrupt):,} cannot be read completely" if len(corrupt) else "",
    ]
    found = ", and ".join(filter(None, reasons))
    yes = "Yes: all have one size and one colour mode, and all can be read."
    return Answer("Can the images feed a network as they are?", (f"No: {found}." if found else yes) + "\n", files)


def duplicates(material: Material) -> Answer:
    """Whether the same file stands in two splits, or under two labels."""
    file = material.census / "duplicates.csv"
    table = read(file)
    count = table["group"].nunique()
    words = "1 group of files has" if count == 1 else f"{count:,} groups of files have"
    answer = f"{words} the same bytes:\n\n{markdown(table.head(MOST))}"
    none = "No two files have the same bytes.\n"
    return Answer("Is an image there twice, in two splits or under two labels?", answer if len(table) else none, [file])


def views(material: Material) -> Answer:
    """Which views were made of the images, and which models see them."""
    found = [
        {
            "view": name,
            "images of": view["dataset"],
            "size": f"{view['size']}×{view['size']}",
            "resize": view["resize"],
            "filter": view["filter"],
            "mode": view["mode"],
            "models": sum(view_of(model, material.evaluated) == name for model in material.evaluated),
        }
        for name, view in material.views.items()
    ]
    return Answer("Which views were made of the images?", rows(found), [material.every(DESCRIPTION)])


def drawn(material: Material) -> Answer:
    """How many images train, validate and test each model."""
    columns = {"train_images": "train", "validation_images": "validate", "images": "test"}
    alike: dict[tuple[int, ...], list[str]] = {}
    for model, one in material.evaluated.items():
        alike.setdefault(tuple(one.metrics[name] for name in columns), []).append(model)
    found = [
        dict(zip(columns.values(), key, strict=True)) | {"models": ", ".join(names)} for key, names in alike.items()
    ]
    return Answer("How many images train, validate and test?", rows(found), [material.every("metrics.json")])


def augmentation(material: Material) -> Answer | None:
    """Which models see randomly changed images in training, and how these are changed."""
    found = []
    for model, one in material.evaluated.items():
        used = one.below("training.augmentation")
        chosen = ", ".join(f"{name} {value}" for name, value in used.items() if value and name != "fill")
        if chosen:
            found.append({"model": model, "changes": chosen, "fill": used.get("fill")})
    question = "Which networks see randomly changed images in training?"
    return Answer(question, rows(found), [material.every("hyperparameters.csv")]) if found else None


QUESTIONS: tuple[Question, ...] = (
    number_per_class, balance, labels, sizes, readiness, duplicates, views, drawn, augmentation,
)  # fmt: skip
