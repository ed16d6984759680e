"""Architectures and weights in forms that every supported version reads alike."""

import collections
import io
import json
import re

from course_utils import CourseError

import numpy as np

# Options that Keras 3.13 does not know; left out where they have no effect.
NEWER_OPTIONS = {
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "use_gate": False,
    "sliding_window": None,
}
# How Keras writes what is no object of a class: tensors, tuples, slices.
PLAIN_PARTS = ["__keras_tensor__", "__numpy__", "__slice__", "__tensor__", "__tuple__"]


def architecture(model):
    """The architecture of a functional model as a dictionary that Keras >= 3.13 builds.

    All initializers are "zeros", since weights are to follow. Raises CourseError for
    models with custom or Lambda layers.
    """
    try:
        tree = _portable(canonical(json.loads(model.to_json())))
        shapes = [weight.shape for weight in build(tree).weights]
    except (NotImplementedError, TypeError, ValueError) as error:
        if isinstance(error, CourseError):
            raise
        raise _custom_part(type(model).__name__) from error
    if shapes != [weight.shape for weight in model.weights]:
        raise _custom_part(type(model).__name__)
    return tree


def build(tree):
    """A model of the given architecture; its weights are zeros."""
    import keras  # here, because checking data needs no TensorFlow

    _require_stock_layers(tree)
    return keras.models.model_from_json(json.dumps(tree))


def _require_stock_layers(tree):
    for part in _parts(tree):
        module = str(part.get("module")).split(".")[0]
        stock = module == "keras" and part["class_name"] != "Lambda"
        if not stock and part["class_name"] not in PLAIN_PARTS:
            raise _custom_part(part["class_name"])


def _custom_part(class_name):
    return CourseError(
        f"The model has the custom part {str(class_name)[:60]}, which no other "
        "notebook could build: use a functional model of Keras' own layers, or save "
        "the functional parts of a keras.Model subclass one by one."
    )


def canonical(tree):
    """The same serialised model, its counted names ("dense_7") counted from zero again.

    So a model that is built twice in one session is the same text both times.
    """
    names, counts = {}, collections.Counter()
    for part in _parts(tree):
        config = part.get("config")
        name = config.get("name") if isinstance(config, dict) else None
        word = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", part["class_name"])
        word = re.sub(r"([a-z])([A-Z])", r"\1_\2", word).lower()  # as Keras does
        if name and name not in names and re.fullmatch(rf"{word}(_\d+)?", name):
            names[name] = f"{word}_{counts[word]}" if counts[word] else word
            counts[word] += 1
    return _rename(tree, names)


def _parts(tree):
    """Every serialised object in the tree, outermost first."""
    if isinstance(tree, dict) and "class_name" in tree:
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(value, dict | list):
            yield from _parts(value)


def _rename(tree, names):
    if isinstance(tree, dict):
        return {
            key: names.get(value, value)
            if key == "name" and isinstance(value, str)
            else _rename(value, names)
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        if len(tree) == 3 and isinstance(tree[0], str):  # [layer name, node, tensor]
            return [names.get(tree[0], tree[0]), *tree[1:]]
        return [_rename(value, names) for value in tree]
    return tree


def _portable(tree):
    if isinstance(tree, dict):
        return {
            # The arguments of initializers differ between versions.
            key: "zeros" if key.endswith("_initializer") and value else _portable(value)
            for key, value in tree.items()
            if key not in NEWER_OPTIONS or value != NEWER_OPTIONS[key]
        }
    return [_portable(value) for value in tree] if isinstance(tree, list) else tree


def pack(arrays):
    """Bytes that hold a dictionary of arrays; the same bytes for the same arrays.

    NumPy's format and not .weights.h5: it takes float16 for float32 weights, cannot
    link to other files, and runs no code with allow_pickle=False.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def unpack(data):
    """The dictionary of arrays that `pack` was given."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return dict(file)
