"""Questions on the images: how many, of which classes, sizes and modes, and how they reach a network."""

from darkroom.census import counts
from darkroom.census import page as census_page
from darkroom.evaluation.evaluations import CLASSES, view_of
from darkroom.images.prepared.views import DESCRIPTION
from darkroom.worksheet.material import Answer, Material, Question, read_table

MOST = 5
"""Identical files named."""


def count_per_class(material: Material) -> Answer:
    """How many images does each class have in each split?"""
    file = material.census / "classes.csv"
    table = read_table(file)
    total = {name: table[name].sum() for name in counts.splits_of(table)}
    return {"rows": table.to_dict("records"), "total": total, "files": [file]}


def judge_balance(material: Material) -> Answer:
    """Are the classes balanced?"""
    file = material.census / "classes.csv"
    return {"splits": census_page.summarize_balances(read_table(file), material.balance_tolerance), "files": [file]}


def list_labels(material: Material) -> Answer:
    """Which label stands for which class?"""
    one = material.evaluated[material.best]
    names = list(one.classes["class"])
    return {
        "classes": names,
        "own": names == [str(label) for label in range(len(names))],
        "files": [one.folder / CLASSES],
    }


def describe_sizes(material: Material) -> Answer:
    """What sizes do the images have?"""
    file = material.census / "sizes.csv"
    return {"sizes": census_page.summarize_sizes(read_table(file)), "files": [file]}


def judge_readiness(material: Material) -> Answer:
    """Can the images be fed to a network as they are?"""
    files = [material.census / f"{name}.csv" for name in ("sizes", "modes", "corrupt")]
    sizes, modes, corrupt = (read_table(file) for file in files)
    return {"sizes": len(sizes), "modes": modes["mode"].nunique(), "corrupt": len(corrupt), "files": files}


def find_duplicates(material: Material) -> Answer:
    """Does any image occur twice, in two splits or under two labels?"""
    file = material.census / "duplicates.csv"
    table = read_table(file)
    return {"groups": table["group"].nunique(), "rows": table.head(MOST), "files": [file]}


def list_views(material: Material) -> Answer:
    """Which views were made of the images, and how many models see each?"""
    found = [
        {
            "view": name,
            "dataset": view["dataset"],
            "size": f"{view['size']}×{view['size']}",
            "resize": view["resize"],
            "filter": view["filter"],
            "mode": view["mode"],
            "models": sum(view_of(model, material.evaluated) == name for model in material.evaluated),
        }
        for name, view in material.views.items()
    ]
    return {"rows": found, "files": [material.every(DESCRIPTION)]}


def count_uses(material: Material) -> Answer:
    """How many images are used for training, validation and testing?"""
    columns = {"train_images": "train", "validation_images": "validate", "images": "test"}
    alike: dict[tuple[int, ...], list[str]] = {}
    for model, one in material.evaluated.items():
        alike.setdefault(tuple(one.metrics[name] for name in columns), []).append(model)
    found = [
        dict(zip(columns.values(), key, strict=True)) | {"models": ", ".join(names)} for key, names in alike.items()
    ]
    return {"rows": found, "files": [material.every("metrics.json")]}


def list_augmentations(material: Material) -> Answer | None:
    """Which networks are trained on randomly changed images, and how are these changed?"""
    found = []
    for model, one in material.evaluated.items():
        used = one.below("training.augmentation")
        changes = ", ".join(f"{name} {value}" for name, value in used.items() if value and name != "fill")
        if changes:
            found.append({"model": model, "changes": changes, "fill": used.get("fill")})
    return {"rows": found, "files": [material.every("hyperparameters.csv")]} if found else None


QUESTIONS: dict[str, Question] = {
    "number_per_class": count_per_class,
    "balance": judge_balance,
    "labels": list_labels,
    "sizes": describe_sizes,
    "readiness": judge_readiness,
    "duplicates": find_duplicates,
    "views": list_views,
    "uses": count_uses,
    "augmentation": list_augmentations,
}
