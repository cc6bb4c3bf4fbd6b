"""Questions on the training runs: overfitting, convergence, and how many epochs they took."""

from darkroom.comparison.costs import BATCH_SIZE, FROZEN, group_alike
from darkroom.evaluation.curves import Verdict, is_cross_entropy, is_validated, judge
from darkroom.evaluation.evaluations import Evaluated
from darkroom.worksheet.material import Answer, Material, Question


def judge_overfitting(material: Material) -> Answer:
    """Is each model overfitting, or has it converged?"""
    found = {}
    for model, one in material.trained.items():
        gap = one.kept["train_accuracy"] - one.metrics["accuracy"]
        found[model] = {"verdict": judge_curves(one), "gap_to_test": gap}
    return {"models": found, "files": [material.every("history.csv"), material.every("curves.png")]}


def measure_gaps(material: Material) -> Answer:
    """How far apart are training, validation and test accuracy?"""
    found = []
    for model, one in material.trained.items():
        held_out = one.kept["val_accuracy"] if is_validated(one.history) else one.metrics["accuracy"]
        shares = {"training": one.kept["train_accuracy"], "validation": one.kept["val_accuracy"]}
        gap = {"gap": 100 * (shares["training"] - held_out)}
        found.append({"model": model, **shares, "test": one.metrics["accuracy"], **gap})
    return {"rows": found, "files": [material.every("metrics.json")]}


def find_onset(material: Material) -> Answer | None:
    """Where does overfitting set in?"""
    verdicts = {model: judge_curves(one) for model, one in material.trained.items()}
    found = {model: verdict for model, verdict in verdicts.items() if verdict}
    return {"models": found, "files": [material.every("history.csv")]} if found else None


def count_epochs(material: Material) -> Answer:
    """For how many epochs was each model trained, and which epoch's weights were kept?"""
    found = [
        {
            "model": model,
            "most": one.hyperparameters["training.epochs"],
            "run": one.metrics["epochs"],
            "kept": one.metrics["best_epoch"],
            "stopped": is_stopped_early(one),
        }
        for model, one in material.trained.items()
    ]
    return {"rows": found, "files": [material.every("metrics.json"), material.every("hyperparameters.csv")]}


def point_to_costs(material: Material) -> Answer:
    """How long did training take? The page on costs has the times; this one says which answers it begins with."""
    used = {model: one.hyperparameters for model, one in material.trained.items()}
    return {
        "page": material.locate(material.costs),
        "batch_sizes": bool(group_alike(BATCH_SIZE, used)),
        "frozen": bool(group_alike(FROZEN, used)),
        "files": [],
    }


def judge_curves(one: Evaluated) -> Verdict | None:
    """Return the verdict on a model's learning curves; none, where nothing validated."""
    return judge(one.history, len(one.classes), is_stopped_early(one), is_cross_entropy(one.hyperparameters))


def is_stopped_early(one: Evaluated) -> bool:
    """Return True if a callback ended the training run before its epochs ran out."""
    return bool(one.metrics["epochs"] < one.hyperparameters["training.epochs"])


QUESTIONS: dict[str, Question] = {
    "overfitting": judge_overfitting,
    "gaps": measure_gaps,
    "onset": find_onset,
    "epochs": count_epochs,
    "times": point_to_costs,
}
