"""Train three of the networks on a GPU, beside plain ``keras.fit`` of the same networks, and print what that gives.

    python benchmarks/gpu.py [--backend torch] [--minutes 8] [--images 2048] [--out FOLDER]

Needs Keras, one of its backends, NumPy, h5py, pydantic, pandas and Pillow, nothing else: no DVC, no Snakemake, no
params.yaml. Images are noise, and the backbone's weights are random: what is measured is speed, not accuracy. Each
network trains in float32 and in mixed bfloat16, both sides one after the other; the first epoch, which compiles, is
not timed. Then two short trainings must give the same bytes. Writes gpu.csv into FOLDER after each row, and prints it.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy
import pandas

ROOT = Path(__file__).resolve().parents[1]
PRECISIONS = ("float32", "mixed_bfloat16")
EPOCHS = 3
"""Of each training; those after the first are timed."""
BATCH, SEED, CLASSES = 64, 13, 6
BLOCKS: dict[str, Any] = {"filters": [32, 64, 64, 128, 256], "kernel": 3, "padding": "valid", "activation": "relu"}
BLOCKS |= {"batch_normalization": None, "pooling": 2, "pooling_kind": "max", "strides": 1, "residual": False}
BLOCKS |= {"dropout": 0.1, "dropout_first": False, "l2": 0.0}
HEAD: dict[str, Any] = {"pooling": "flatten", "batch_normalization": None, "input_dropout": 0.0, "units": [128, 64]}
HEAD |= {"activation": "relu", "dropout": [0.4, 0.4], "l2": 0.0, "output": "softmax", "output_dropout": 0.0}
MOMENTUM = {"momentum": 0.9}
CASES: dict[str, dict[str, Any]] = {
    "cnn": {"size": 150, "network": {"normalization": "none", "blocks": BLOCKS, "head": HEAD}},
    "cnn-bn-256-gap": {
        "size": 256,
        "network": {
            "normalization": "layer",
            "blocks": {**BLOCKS, "batch_normalization": MOMENTUM},
            "head": {**HEAD, "pooling": "global-average"},
        },
    },
    "efficientnetlite0": {
        "size": 180,
        "network": {
            "backbone": "efficientnetlite0",
            "head": {**HEAD, "pooling": "global-average", "batch_normalization": MOMENTUM, "units": [256, 128]}
            | {"dropout": [0.4, 0.3]},
        },
    },
}
"""The networks of params.yaml, as they are there; and the side of their images."""
TRAINING: dict[str, Any] = {"optimizer": "adam", "momentum": 0.0, "weight_decay": 0.0, "clip_norm": None}
TRAINING |= {"learning_rate": 0.001, "schedule": None, "label_smoothing": 0.0, "epochs": EPOCHS, "batch_size": BATCH}
TRAINING |= {"accumulation_steps": 1, "augmentation": None, "mix": None, "class_weights": None, "callbacks": []}


def main() -> None:
    """Measure until the time is over, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("tensorflow", "jax", "torch"), help="the first that is installed")
    parser.add_argument("--minutes", type=float, default=8, help="no measurement begins after these")
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--out", type=Path, default=Path())
    given = parser.parse_args()
    backend = given.backend or next(name for name in ("tensorflow", "torch", "jax") if find_spec(name))
    out = (given.out.resolve() / "gpu.csv", time.monotonic() + 60 * given.minutes)
    out[0].parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # where there is no params.yaml, so that the backend is this one
        os.environ["KERAS_BACKEND"] = backend
        sys.path.insert(0, str(ROOT))
        rows = []
        for row in measure(given.cases, given.images, out[1]):
            rows.append(row)
            pandas.DataFrame(rows).to_csv(out[0], index=False)
            print("  ".join(f"{name}: {value}" for name, value in row.items()), flush=True)


def measure(cases: list[str], images: int, end: float) -> Iterator[dict[str, Any]]:
    """Yield the rows, until ``end``, of time.monotonic()."""
    from darkroom.core import runtime
    from darkroom.core.backend import keras
    from darkroom.params.model import Runtime

    settings = Runtime(seed=SEED, threads=max(1, len(os.sched_getaffinity(0))), backend=keras.backend.backend())
    for precision in PRECISIONS:
        runtime.start(settings, precision)
        device = runtime.find_gpu_name() or "processor"
        peak = measure_product(precision)
        yield {"what": "matrix product", "precision": precision, "device": device, "tflops": round(peak / 1e12, 2)}
        for name in cases:
            for side, train in (("darkroom", train_ours), ("keras.fit", train_plain)):
                if time.monotonic() > end:
                    yield {"what": name, "precision": precision, "side": side, "note": "not measured: no time left"}
                    continue
                speed, flops = train(name, precision, images, settings)
                row: dict[str, Any] = {"what": name, "precision": precision, "side": side, "device": device}
                row |= {"images_per_second": round(speed, 1), "tflops": round(speed * flops / 1e12, 3)}
                yield row | {"share_of_product": round(speed * flops / peak, 4), "memory_mib": measure_memory()}
        for name in cases:
            if time.monotonic() < end:
                digests = {hash_training(name, precision, settings) for _ in range(2)}
                yield {"what": name, "precision": precision, "note": "two trainings: " + describe(len(digests) == 1)}


def describe(same: bool) -> str:
    """Return in words whether two trainings gave the same bytes."""
    return "the same bytes" if same else "OTHER BYTES"


def measure_product(precision: str, side: int = 4096, turns: int = 20) -> float:
    """Return the floating-point operations a second of a product of square matrices, the best of three."""
    from darkroom.core.backend import keras

    kind = "bfloat16" if precision != "float32" else "float32"
    side, turns = (side, turns) if is_on_gpu() else (1024, 3)
    first = keras.ops.cast(keras.ops.ones((side, side)), kind)
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        found = first
        for _ in range(turns):
            found = keras.ops.matmul(found, first) * (1 / side)
        keras.ops.convert_to_numpy(keras.ops.cast(found[:1, :1], "float32"))  # waits until it is computed
        best = max(best, turns * 2 * side**3 / (time.perf_counter() - began))
    return best


def is_on_gpu() -> bool:
    """Return whether a GPU computes."""
    from darkroom.core import runtime

    return runtime.find_gpu_name() is not None


def make_view(size: int, images: int) -> Any:
    """Return a view of noise, in a folder of its own below this one."""
    from darkroom.core.files import write_json
    from darkroom.images.prepared.shards import open_view

    folder = Path(f"view-{size}-{images}")
    if not folder.exists():
        folder.mkdir()
        random = numpy.random.default_rng(SEED)
        numpy.save(folder / "train.npy", random.integers(0, 256, (images, size, size, 3), dtype=numpy.uint8))
        numpy.save(folder / "train-labels.npy", random.integers(0, CLASSES, images))
        write_json(folder / "view.json", {"classes": [str(number) for number in range(CLASSES)]})
    return open_view(folder)


def make_network(name: str, view: Any) -> Any:
    """Return the network of a case for the images of a view, its weights drawn at random."""
    from darkroom.core import kernels
    from darkroom.networks import network
    from darkroom.params.network import Network
    from darkroom.params.transfer import Transfer
    from darkroom.transfer_learning import architectures, backbone

    described = CASES[name]["network"]
    if "backbone" in described:
        base = architectures.build("EfficientNetLite0", None, view.shape)
        preprocessing = architectures.make_preprocessing("EfficientNetLite0")
        return backbone.build_on_backbone(Transfer.model_validate(described), base, preprocessing, CLASSES)
    made = network.build(Network.model_validate(described), view.shape, CLASSES)
    rows = numpy.arange(min(256, len(view.learning_labels())))
    network.set_normalization(made, [view.read_learning(rows)])
    kernels.fuse_batch_normalization(made)
    kernels.draw_cheaper_masks(made)
    return made


def train_ours(name: str, precision: str, images: int, settings: Any) -> tuple[float, float]:
    """Train as the stages do; return images a second, and the operations of an image in a step.

    What frozen layers give is computed once, as there, and its time is part of the training's.
    """
    view = make_view(CASES[name]["size"], images)
    whole = make_network(name, view)
    flops = count_operations(whole)
    began = time.perf_counter()
    fit, read = prepare(whole, view, settings) if "backbone" in CASES[name]["network"] else (whole, view.read_learning)
    seconds = time.perf_counter() - began
    marks: list[float] = []
    train_epochs(fit, view, read, {"precision": precision}, lambda: marks.append(time.perf_counter()))
    timed = (marks[-1] - marks[0]) / (EPOCHS - 1)
    return images / (timed + seconds / EPOCHS), flops


def prepare(whole: Any, view: Any, settings: Any) -> tuple[Any, Callable[[numpy.ndarray], Any]]:
    """Return the network behind the frozen layers, and what reads its inputs, which these have given."""
    from darkroom.transfer_learning import features
    from darkroom.transfer_learning.prefix import Cut, FlatNetwork

    flat = FlatNetwork(whole)
    cut = flat.find_cut()
    assert isinstance(cut, Cut)
    return flat.behind(cut), features.read_or_compute(flat, cut, {}, view, settings, "transfer")


def train_epochs(
    network: Any,
    view: Any,
    read: Callable[[numpy.ndarray], Any],
    settings: dict[str, Any],
    mark: Callable[[], None] | None = None,
) -> None:
    """Fit a network as the stages do, with ``settings`` in the place of TRAINING's; ``mark`` ends each epoch."""
    from darkroom.images.prepared import batches
    from darkroom.params.training import Fit
    from darkroom.training import fitting
    from darkroom.training.identity import Origin

    rows = fitting.Rows(numpy.arange(len(view.learning_labels())), numpy.arange(0))
    fit = Fit.model_validate({**TRAINING, **settings})
    train, _ = rows.make_batches(read, view, fit, SEED)
    ended = batches.Batches.on_epoch_end

    def end(given: Any) -> None:
        if mark:
            mark()
        ended(given)

    train.on_epoch_end = end.__get__(train)  # type: ignore[method-assign]
    with ExitStack() as until:
        origin: Any = Origin(network, view, None, {})  # type: ignore[arg-type]  # backups alone ask for it
        fitting.fit_model(network, train, None, fit, "train", Path("logs"), origin, until)


def train_plain(name: str, precision: str, images: int, settings: Any) -> tuple[float, float]:
    """Train the same network by keras.fit on an array in memory, frozen layers in every epoch; return as above."""
    from darkroom.core.backend import keras

    view = make_view(CASES[name]["size"], images)
    network = make_network(name, view)
    network = keras.models.clone_model(network)  # with Keras' own layers, as a notebook has them
    pixels, labels = numpy.load(view.folder / "train.npy"), numpy.load(view.folder / "train-labels.npy")
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(pixels, labels, batch_size=BATCH, epochs=1, verbose=0)
    began = time.perf_counter()
    network.fit(pixels, labels, batch_size=BATCH, epochs=EPOCHS - 1, verbose=0)
    return images * (EPOCHS - 1) / (time.perf_counter() - began), count_operations(network)


def hash_training(name: str, precision: str, settings: Any) -> str:
    """Return the SHA-256 of the weights after a short training."""
    from darkroom.core import runtime

    runtime.start(settings, precision)
    view = make_view(CASES[name]["size"], 4 * BATCH)
    network = make_network(name, view)
    train_epochs(network, view, view.read_learning, {"precision": precision, "epochs": 2})
    return hashlib.sha256(b"".join(numpy.ascontiguousarray(one).tobytes() for one in network.get_weights())).hexdigest()


def count_operations(network: Any) -> float:
    """Return the multiplications and additions of a training step for an image: of convolutions and dense layers.

    Forward once; backward twice as much where something trains, nothing for frozen layers.
    """
    found = 0.0
    for layer in network.layers:
        if hasattr(layer, "layers"):
            found += count_operations(layer)
        elif (kernel := getattr(layer, "kernel", None)) is not None:
            outputs = numpy.prod(layer.output.shape[1:-1]) if len(layer.output.shape) == 4 else 1
            found += 2 * float(outputs) * float(numpy.prod(kernel.shape)) * (3 if layer.trainable else 1)
    return found


def measure_memory() -> int | str:
    """Return the most memory (MiB) that the backend has taken on the GPU, of this process; on a processor, of all."""
    import resource

    from darkroom.core.backend import keras

    if not is_on_gpu():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        peak = torch.cuda.max_memory_allocated()
        torch.cuda.reset_peak_memory_stats()
    elif backend == "jax":
        import jax

        peak = jax.devices()[0].memory_stats()["peak_bytes_in_use"]
    else:
        import tensorflow

        peak = tensorflow.config.experimental.get_memory_info("GPU:0")["peak"]
        tensorflow.config.experimental.reset_memory_stats("GPU:0")
    return int(peak) >> 20


if __name__ == "__main__":
    main()
