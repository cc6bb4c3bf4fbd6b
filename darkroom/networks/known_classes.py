"""The classes that networks are built of: the file of a network may name these and no others.

Keras looks up whatever class or function a file names, and gives it arguments that stand there, too: safe mode has let
several pass by which a file ran code or fetched another (CVE-2025-1550, 8747, 9905, 9906). What no network here is
built of, no file of a network needs.
"""

from collections.abc import Iterator, Mapping
from typing import Any

CLASSES: Mapping[str, frozenset[str]] = {
    "keras": frozenset({"DTypePolicy", "Sequential"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.initializers": frozenset({"GlorotUniform", "HeNormal", "Ones", "VarianceScaling", "Zeros"}),
    "keras.regularizers": frozenset({"L2"}),
    "keras.layers": frozenset(
        {
            *("InputLayer", "Rescaling", "Normalization", "Activation", "ReLU", "Dropout"),
            *("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Dense", "BatchNormalization", "LayerNormalization"),
            *("MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "Flatten", "Reshape"),
            *("ZeroPadding2D", "Cropping2D", "Add", "Average", "Concatenate", "Multiply"),
        }
    ),
    "keras.src.applications.convnext": frozenset({"LayerScale"}),
    "keras.src.applications.inception_resnet_v2": frozenset({"CustomScaleLayer"}),
    "keras.src.ops.numpy": frozenset({"Add", "Flip", "Multiply"}),
}
"""The classes, by the module under which Keras writes them down."""
NETWORKS = frozenset({"Sequential", "Functional"})
"""Those of a whole network."""
TENSOR = "__keras_tensor__"
"""What Keras calls the class of a tensor between two layers, which is of no module."""


def find_unknown(config: Any) -> str | None:
    """Return, in a few words, something that a configuration names and no network here is built of, if it does."""
    if not isinstance(config, dict) or config.get("class_name") not in NETWORKS:
        return "no network"
    # That of the whole network is not read, as no network is compiled when it is loaded.
    kept = {key: value for key, value in config.items() if key != "compile_config"}
    return next((unknown for node in _walk(kept) if (unknown := _judge(node))), None)


def _walk(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a configuration, of whatever depth."""
    waiting = [config]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
        waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _judge(node: dict[str, Any]) -> str | None:
    if node.get("compile_config"):
        return "a network in it that is compiled"
    if "class_name" not in node:
        return None
    name, module, registered = (node.get(key) for key in ("class_name", "module", "registered_name"))
    if name == TENSOR:
        return None if node.keys() == {"class_name", "config"} else f"a {name} of a module"
    if not isinstance(name, str) or not isinstance(module, str) or name not in CLASSES.get(module, ()):
        given = node.get("config")
        called = f" {given}" if name == "function" and isinstance(given, str) else ""
        return f"{name}{called} of {module or 'no module'}"
    return f"{name} registered as {registered}" if registered not in (None, name) else None
