"""Architectures and weights in forms that every supported version reads alike."""

import collections
import contextlib
import io
import json
import math
import re
import zipfile

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
# All that a saved model may consist of: layers and operations that compute. No code
# (Lambda, functions), and nothing that opens files (TFSMLayer, StringLookup).
PARTS = re.compile(
    r"""(?x)
    keras\.layers\.(
        Activation | ELU | LeakyReLU | PReLU | ReLU | Softmax
        | Add | Average | Concatenate | Dot | Maximum | Minimum | Multiply | Subtract
        | (Additive|GroupQuery|GroupedQuery|MultiHead)?Attention
        | (Adaptive|Global)?(Average|Max)Pooling[123]D
        | (Alpha|Gaussian|Spatial)?Dropout([123]D)? | GaussianNoise
        | (Batch|Group|Layer|RMS|Unit)?Normalization
        | (Cropping|UpSampling|ZeroPadding)[123]D | CategoryEncoding | Flatten
        | Identity | Masking | Permute | RepeatVector | Rescaling | Reshape | Resizing
        | (Depthwise|Separable)?Conv[123]D(Transpose)? | (Einsum)?Dense
        | (Reversible)?Embedding
        | (GRU|LSTM|SimpleRNN)(Cell)? | RNN | StackedRNNCells | Bidirectional
        | TimeDistributed | InputLayer
    )
    | keras\.(DTypePolicy | Sequential | (constraints|regularizers)\.\w+)
    | keras\.src\.models\.functional\.Functional
    | keras\.src\.ops\.(core|image|linalg|math|nn|numpy)\.\w+
    | None\.__(keras_tensor|numpy|slice|tensor|tuple)__"""
)
MAX_PARTS = 5_000
SPARE_NUMBERS = 2**20  # that a model may hold beside its weights, such as states


class Refused(ValueError):
    """What a file asks for is not built; the text says what that is."""


def architecture(model):
    """The architecture of a functional model as a dictionary that Keras >= 3.13 builds.

    All initializers are "zeros", since weights are to follow. Raises CourseError for
    models with custom or Lambda layers.
    """
    try:
        tree = _portable(canonical(json.loads(model.to_json())))
        shapes = [weight.shape for weight in build(tree).weights]
    except (NotImplementedError, TypeError, ValueError) as error:
        raise _custom_part(type(model).__name__, error) from error
    if shapes != [weight.shape for weight in model.weights]:
        raise _custom_part(type(model).__name__)
    return tree


def build(tree, num_weights=math.inf):
    """A model of the given architecture; its weights are zeros.

    Raises Refused for parts that are not in `PARTS`, and as soon as the layers ask for
    more numbers than `num_weights`, before the memory for them is taken.
    """
    import keras  # here, because checking data needs no TensorFlow

    # Without its optimiser, which would be one more thing to check.
    tree = {key: tree[key] for key in tree if key != "compile_config"}
    _check_parts(tree)
    with _at_most(num_weights + SPARE_NUMBERS):
        return keras.models.model_from_json(json.dumps(tree))


def _check_parts(tree):
    for number, part in enumerate(_parts(tree)):
        name = f"{part.get('module')}.{part['class_name']}"
        if not PARTS.fullmatch(name):
            raise Refused(f"names {name.removeprefix('None.')[:60]}")
        if number == MAX_PARTS:
            raise Refused(f"has more than {MAX_PARTS} parts")
        if name.endswith(".Functional"):
            _check_calls(part["config"]["layers"])


def _check_calls(layers):
    """That every layer is called on tensors, each of which another call has made."""
    made, waiting = {}, []
    for layer in layers:
        made[layer["name"]] = int(layer["class_name"] in ("InputLayer", "Functional"))
        for node in layer["inbound_nodes"]:
            tensors = [p for p in _parts(node) if p["class_name"] == "__keras_tensor__"]
            if not tensors:  # Keras would compute at once, with arrays of any size
                raise Refused(f"calls {str(layer['class_name'])[:60]} on no tensor")
            needs = [part["config"]["keras_history"] for part in tensors]
            waiting.append((layer["name"], needs))
    while waiting:
        left = []
        for name, needs in waiting:
            if all(made[needed] > call for needed, call, _ in needs):
                made[name] += 1
            else:
                left.append((name, needs))
        if len(left) == len(waiting):  # Keras 3.13 would wait for ever
            raise Refused("connects its layers in a circle")
        waiting = left


@contextlib.contextmanager
def _at_most(limit):
    """Context in which the layers that are built may take `limit` numbers in all."""
    import keras

    def counted(function, count):
        def counting(layer, *arguments, **options):
            nonlocal limit
            limit -= count(layer, *arguments, **options)
            if limit < 0:
                raise Refused("describes a larger model than its weights fill")
            return function(layer, *arguments, **options)

        return counting

    patches = [
        (keras.layers.Layer, "add_weight", _numbers_of_weight),
        (keras.layers.RNN, "get_initial_state", _numbers_of_state),
    ]
    originals = [getattr(owner, name) for owner, name, _ in patches]
    for (owner, name, count), original in zip(patches, originals, strict=True):
        setattr(owner, name, counted(original, count))
    try:
        yield
    finally:
        for (owner, name, _), original in zip(patches, originals, strict=True):
            setattr(owner, name, original)


def _numbers_of_weight(layer, *arguments, shape=(), **_):
    shape = arguments[0] if arguments else shape
    return math.prod([shape] if isinstance(shape, int) else shape or ())


def _numbers_of_state(layer, batch_size):
    if not isinstance(batch_size, int):
        return 0  # known only when the model is called
    import keras

    return batch_size * sum(keras.tree.flatten(layer.state_size))


def _custom_part(class_name, error=None):
    named = f" ({error})" if isinstance(error, Refused) else ""
    return CourseError(
        f"The model has the custom part {class_name[:60]}{named}, which no other "
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
    """The dictionary of arrays that `pack` was given.

    Raises Refused for anything else, before it takes more memory than `data` does.
    """
    arrays = {}
    try:
        if (
            data.count(b"PK\1\2") > MAX_PARTS
        ):  # each is an entry of the list of contents
            raise Refused("has too many parts")
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if sum(member.file_size for member in file.infolist()) > len(data):
                raise Refused("holds less than it declares")
            for member in file.infolist():
                with file.open(member) as part:
                    arrays[member.filename.removesuffix(".npy")] = _read_array(part)
    except Refused:
        raise
    except Exception as error:  # a crooked file can make these readers raise anything
        raise Refused("is no file of plain arrays") from error
    return arrays


def _read_array(part):
    np.lib.format.read_magic(part)
    shape, columns_first, dtype = np.lib.format.read_array_header_1_0(part)
    if dtype.kind not in "biuf":  # others can hold pickled objects, which run code
        raise Refused("holds something other than numbers")
    # Its shape must fit the numbers that are really there.
    order = "F" if columns_first else "C"
    return np.frombuffer(part.read(), dtype).reshape(shape, order=order)
