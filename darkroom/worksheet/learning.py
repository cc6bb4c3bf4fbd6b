"""Questions on the trainings: overfitting, convergence, and how many epochs they took."""

from darkroom.comparison import verdict as comparison_verdict
from darkroom.comparison.alike import BATCH_SIZE, FROZEN, alike_but_for
from darkroom.evaluation.curves import Verdict, is_cross_entropy, is_validated, judge
from darkroom.evaluation.evaluations import Evaluated
from darkroom.worksheet.material import Answer, Material, Question, rows

WORDS = {
    "overfitting": "it overfits",
    "underfit": "it has not learned to the end",
    "converged": "it has converged",
    "unstable": "it is unstable",
}
VARIED = {
    "which batch size is fastest by step and which by epoch": BATCH_SIZE,
    "what computing frozen layers once saved": FROZEN,
}
"""What models that differ in these hyperparameters alone say of times."""
SHARES = {"training": ".1%", "validation": ".1%", "test": ".1%"}


def overfitting(material: Material) -> Answer:
    """Whether each model overfits or has converged."""
    found = []
    for model, one in material.evaluated.items():
        verdict = judged_of(one)
        if verdict:
            found.append({"model": model, "verdict": WORDS[verdict.outcome], "because": verdict.reason})
        else:
            gap = one.kept["train_accuracy"] - one.metrics["accuracy"]
            reason = f"nothing validated; training accuracy less test accuracy: {100 * gap:+.1f} points"
            found.append({"model": model, "verdict": "cannot be said of its curves", "because": reason})
    files = [material.every("history.csv"), material.every("curves.png")]
    return Answer("Is it overfitting? Has it converged?", rows(found), files)


def gaps(material: Material) -> Answer:
    """How far training accuracy is from validation's and the test's."""
    found = []
    for model, one in material.evaluated.items():
        held_out = one.kept["val_accuracy"] if is_validated(one.history) else one.metrics["accuracy"]
        shares = {"training": one.kept["train_accuracy"], "validation": one.kept["val_accuracy"]}
        gap = {"gap (points)": 100 * (shares["training"] - held_out)}
        found.append({"model": model, **shares, "test": one.metrics["accuracy"], **gap})
    below = (
        "\nOf the epoch whose weights were kept. Gap: training less validation, or where nothing validated, less test, "
        "in percentage points. Training's accuracy is measured with dropout and augmentation at work, so the gap can "
        "be negative.\n"
    )
    question = "How far apart are training, validation and test?"
    return Answer(question, rows(found, {**SHARES, "gap (points)": "+.1f"}) + below, [material.every("metrics.json")])


def onset(material: Material) -> Answer | None:
    """Where overfitting sets in."""
    found = []
    for model, one in material.evaluated.items():
        verdict = judged_of(one)
        if verdict:
            then = f"{verdict.rise:.1%} higher after the last"
            then = then if verdict.best_epoch < verdict.epochs else "the last epoch"
            lowest = {"lowest validation loss": verdict.lowest, "after epoch": verdict.best_epoch, "then": then}
            found.append({"model": model, **lowest})
    question = "Where does overfitting set in? (The epoch of the lowest validation loss: what follows is no gain.)"
    formats = {"lowest validation loss": ".3f"}
    return Answer(question, rows(found, formats), [material.every("history.csv")]) if found else None


def epochs(material: Material) -> Answer:
    """In how many epochs each model was trained, and which epoch's weights were kept."""
    found = [
        {
            "model": model,
            "at most": one.hyperparameters["training.epochs"],
            "run": one.metrics["epochs"],
            "kept": one.metrics["best_epoch"],
            "stopped early": stopped_early(one),
        }
        for model, one in material.evaluated.items()
    ]
    files = [material.every("metrics.json"), material.every("hyperparameters.csv")]
    return Answer("In how many epochs?", rows(found), files)


def times(material: Material) -> Answer:
    """How long training took: which answers stand at the head of the page on costs."""
    used = {model: one.hyperparameters for model, one in material.evaluated.items()}
    compared = [what for what, names in VARIED.items() if alike_but_for(names, used)]
    told = ["which training was fastest and which slowest", *compared]
    answer = (
        "Times differ from run to run, and this page does not. "
        f"{material.linked('The page on costs', material.costs)} begins with the answers: "
        f"{comparison_verdict.listed([*told, 'the highest memory'])}. The time of each training stands below them.\n"
    )
    return Answer("How long did training take?", answer, [])


def judged_of(one: Evaluated) -> Verdict | None:
    """Return the verdict on a model's learning curves; none, where nothing validated."""
    return judge(one.history, len(one.classes), stopped_early(one), is_cross_entropy(one.hyperparameters))


def stopped_early(one: Evaluated) -> bool:
    """Return whether a callback ended the training before its epochs ran out."""
    return bool(one.metrics["epochs"] < one.hyperparameters["training.epochs"])


QUESTIONS: tuple[Question, ...] = (overfitting, gaps, onset, epochs, times)
