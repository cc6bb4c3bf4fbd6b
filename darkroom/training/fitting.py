"""Fitting a network: the batches that train and validate, optimizer and loss, and the epochs (see ``epochs``)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

from darkroom.core import runtime
from darkroom.core.backend import keras
from darkroom.core.errors import UserError
from darkroom.core.progress import note
from darkroom.images.prepared import augmentation
from darkroom.images.prepared.batches import Batches
from darkroom.images.prepared.mixing import Mixing
from darkroom.images.prepared.views import View
from darkroom.networks.calls import list_calls
from darkroom.params.callbacks import BackupAndRestore
from darkroom.params.training import Fit
from darkroom.training import backups, callbacks, identity
from darkroom.training.epochs import Fitted, Loop
from darkroom.training.identity import Origin
from darkroom.training.optimizers import make_optimizer
from darkroom.training.targets import Targets


@dataclass(frozen=True)
class Rows:
    """Rows of a view's images for training: those that train and those that validate, maybe none; int64."""

    train: numpy.ndarray
    validation: numpy.ndarray

    def make_batches(
        self, read: Callable[[numpy.ndarray], Any], view: View, fit: Fit, seed: int
    ) -> tuple[Batches, Batches | None]:
        """Return the batches that train, shuffled and changed by ``seed``, and those that validate, if any do.

        ``read`` gives the inputs of rows. What validates is neither changed, mixed nor weighted.

        Raises:
            UserError: a batch would fall in more parts than there are rows, or weights name other classes.
        """
        parts, labels = fit.accumulation_steps, view.learning_labels()
        if len(self.train) < parts:
            raise UserError(f"training.accumulation_steps: {parts}: more than {len(self.train)} training images")
        changed = augmentation.make_changes(fit.augmentation) if fit.augmentation else None
        weights = weigh_classes(fit, labels[self.train], view.classes)
        mixing = Mixing(fit.mix, self.train, labels, len(view.classes)) if fit.mix else None
        train = Batches(read, labels, self.train, fit.batch_size, parts, seed, changed, weights, mixing)
        if not len(self.validation):
            return train, None
        return train, Batches(read, labels, self.validation, train.part, 1, None)


def weigh_classes(fit: Fit, labels: numpy.ndarray, classes: Sequence[str]) -> numpy.ndarray | None:
    """Return how much an image of each class counts, float32 (classes,), or ``None`` where all count the same.

    Balanced weights are images / (classes × images of the class), as those of scikit-learn.

    Raises:
        UserError: the weights that are given are not those of the classes, or a class has no image to balance.
    """
    given = fit.class_weights
    if given is None:
        return None
    if isinstance(given, str):
        counts = numpy.bincount(labels, minlength=len(classes))
        if lacking := [name for name, count in zip(classes, counts, strict=True) if not count]:
            raise UserError(
                f"training.class_weights: balanced: no training image of {', '.join(lacking)}; give weights"
            )
        return (len(labels) / (len(classes) * counts)).astype(numpy.float32)
    if set(given) != set(classes):
        raise UserError(
            f"training.class_weights: given for {', '.join(given) or 'no class'}; give each class its weight: "
            f"{', '.join(classes)}"
        )
    return numpy.array([given[name] for name in classes], dtype=numpy.float32)


def compile_model(model: keras.Model, fit: Fit) -> keras.Model:
    """Return ``model``, compiled with the optimizer and accumulation that ``fit`` asks for, and the loss of its output.

    Of a single unit that is the binary cross-entropy, of one for each class the categorical one. L2 penalties come on
    top of it, as in Keras: the loss of a history contains them.
    """
    targets = Targets.of(model, fit)
    compiled = runtime.choose_compilation()
    model.compile(make_optimizer(model, fit), targets.loss, metrics=targets.metrics, jit_compile=compiled)
    make_variables(model, targets)
    return model


def make_variables(model: keras.Model, targets: Targets) -> None:
    """Make what the optimizer and the metrics of a compiled model keep, before its first step.

    TensorFlow traces a step that makes variables twice, and tracing takes most of the time of a short training.
    """
    model.optimizer.build(model.trainable_variables)
    predicted = numpy.zeros((1, targets.outputs), numpy.float32)
    model.compute_metrics(None, targets.make(numpy.zeros(1, numpy.int64)), predicted)
    model.reset_metrics()


def fit_model(
    model: keras.Model,
    train: Batches,
    validation: Batches | None,
    fit: Fit,
    task: str,
    logs: Path,
    origin: Origin,
    until: ExitStack,
) -> Fitted:
    """Compile and fit ``model``, which then holds the weights that its callbacks keep: without any, the last epoch's.

    With BackupAndRestore it goes on where a process that was killed has left its backup, and ends with the same bytes.
    The backup stays ``until`` that is closed: close it when the model is written.

    Raises:
        UserError: the training diverged, or a callback watches a metric that there is not.
    """
    callbacks.check(fit, validation is not None)
    wanted = callbacks.find_callback(fit, BackupAndRestore)
    backup = None
    if wanted:
        identified = identity.identify(model, train, validation, fit, origin)
        backup = until.enter_context(backups.open_backup(identified, task))
    with scale_momentum(model, train.batch_size, fit.accumulation_steps, task):
        loop = Loop(compile_model(model, fit), train, validation, fit, task)
        return loop.run(logs, backup, wanted.every if wanted else 0)


@contextmanager
def scale_momentum(model: keras.Model, batch_size: int, parts: int, task: str) -> Iterator[None]:
    """Let the moving statistics of batch normalization cover as many images in ``parts`` as with the whole batch.

    Meanwhile the momentum of each layer that trains is its ``parts``-th root, as it is applied so many times a batch.
    That they are normalized by the statistics of a part alone is said, as it changes what is learned.
    """
    trained = [
        call.operation
        for call in list_calls(model)
        if isinstance(call.operation, keras.layers.BatchNormalization)
        and call.operation.trainable
        and call.training is not False
    ]
    if parts == 1 or not trained:
        yield
        return
    note(
        task,
        f"accumulation_steps: {parts}: batch normalization sees parts of {batch_size // parts} images, not the batch "
        f"of {batch_size}, and learns otherwise; its moving statistics cover as many images as with the whole batch",
    )
    given = [layer.momentum for layer in trained]
    for layer in trained:
        layer.momentum **= 1 / parts
    try:
        yield
    finally:
        for layer, momentum in zip(trained, given, strict=True):
            layer.momentum = momentum
