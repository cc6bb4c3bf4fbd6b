"""Notes that every result must show of images or weights that stand in for real ones."""

NOTES = {"drawn": "synthetic images, drawn by a program", "delivered": ""}
"""Of images that a program drew, and of those that a source delivers: nothing."""
OF_IMAGES = "note_on_images"
"""Key under which a model's summary says it; ``note`` is that on its weights."""
RANDOM = "random weights, no pretraining"


def kind_of_images(source: str) -> str:
    """Return what the images of a dataset's ``source`` are, drawn or delivered: a key of ``NOTES``."""
    return "drawn" if source == "synthetic" else "delivered"


def note_on_images(source: str) -> str:
    """Return what every result made from a dataset's ``source`` must say; nothing of real images."""
    return NOTES[kind_of_images(source)]


def describe_record(note: str) -> dict[str, str]:
    """Return what the record of a training run says of its images, of which ``note`` is what every result must say."""
    return {"note": note} if note else {}


def note_on_weights(weights: str) -> str:
    """Return what every result that goes back to a backbone's ``weights`` must say; nothing of pretrained ones."""
    return RANDOM if weights == "none" else ""
