"""Saved models, and whole writes into the folder of the learner's own files."""

import contextlib
import errno
import hashlib
import json
import os
import re
import time
from importlib import metadata
from pathlib import Path

from course_utils import DATA_DIR, ROOT, SMOKE_TEST, CourseError

import numpy as np
import safetensors.numpy

# Parts that compute. None runs code (Lambda, functions) or opens files (StringLookup).
PARTS = re.compile(
    r"""(?x) None\.__(keras_tensor|numpy|slice|tensor|tuple)__|keras\.(DTypePolicy|
    Sequential|(constraints|regularizers)\.\w+|src\.models\.functional\.Functional|
    src\.ops\.(core|image|linalg|math|nn|numpy)\.\w+|layers\.(Activation|Add|Average|
    Dot|Masking|Bidirectional|CategoryEncoding|Concatenate|Flatten|GaussianNoise|
    Identity|InputLayer|Maximum|Minimum|Multiply|Permute|RepeatVector|Rescaling|Reshape|
    Resizing|Softmax|StackedRNNCells|Subtract|TimeDistributed|\w*(Attention|Dense|ELU|
    Embedding|ReLU|Normalization|Conv\dD(Transpose)?|Dropout(\dD)?|(Cropping|Pooling|
    UpSampling|ZeroPadding)\dD|(GRU|LSTM|RNN)(Cell)?)))"""
)
# Options that Keras 3.13 does not know; left out where they have no effect.
NEWER_OPTIONS = {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
NEWER_OPTIONS |= {"use_gate": False, "sliding_window": None}
FULL = errno.ENOSPC, errno.EDQUOT


def save(name, model, *, description, forms=None, dtype="float32", **card):
    """Save a trained model as the learner's own `artifacts/NAME`, with its card.

    model: or {name: array}, such as an adapter, which `load_arrays` returns;
    description: what it maps to what, with shapes and value ranges; forms: models with
    the same weights, {"step": stateful_model}; dtype="float16" halves the file; other
    keywords (vocabulary, metrics, ...) go to the card. Raises CourseError for custom
    layers, infinite weights and as `write_atomic`; the older model then stays whole.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", str(name)):
        raise CourseError("Not saved: a name has 1 to 40 letters, digits, underscores.")
    folder, data, forms = root() / name, _pack(model, dtype), forms or {}
    if any(_pack(form, dtype) != data for form in forms.values()):
        raise CourseError("Not saved: call form.set_weights(model.get_weights()).")
    arrays = isinstance(model, dict)
    built = {"architecture": None if arrays else _architecture(model)}
    built["forms"] = {form: _architecture(other) for form, other in forms.items()}
    digest = hashlib.sha256(data).hexdigest()
    weights = folder / f"{digest[:12]}.safetensors"
    card = dict(name=name, description=description, metrics={}, vocabulary=None) | card
    for key in ["inputs", "outputs"]:
        tensors = [] if arrays else getattr(model, key)
        card[key] = [{"shape": t.shape, "dtype": t.dtype} for t in tensors]
    card["parameters"] = sum(array.size for array in _arrays(model).values())
    card["versions"] = {each: metadata.version(each) for each in ["keras", "numpy"]}
    card |= {"weights": weights.name, "dtype": dtype, "sha256": digest}
    write_atomic(weights, data)
    # The card names its weights, so that the model is saved at the moment the card is.
    write_atomic(folder / "card.json", _text(card | built))
    for old in {*folder.glob("*.safetensors"), *folder.glob(".*.tmp")} - {weights}:
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > 60:  # younger: perhaps being saved
                old.unlink()


def _pack(model, dtype):
    """The weights as bytes of a safetensors file, floats as `dtype`."""
    arrays = _arrays(model)
    with np.errstate(over="ignore"), _told("Not saved", "lower the learning rate"):
        for name, array in arrays.items():
            kept = array.astype(dtype) if "float" in array.dtype.name else array
            arrays[name] = np.asarray(kept, order="C")
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError(f"weights are infinite or NaN as {dtype}")
    return safetensors.numpy.save(arrays)


def _arrays(model):
    if isinstance(model, dict):
        return {**model}
    return {f"{i:04d}": array for i, array in enumerate(model.get_weights())}


def _text(content):
    """The card as it is stored: one key a line, the last one a checksum of the rest."""
    text = json.dumps(content, default=lambda array: array.tolist())
    content = {k: v for k, v in json.loads(text).items() if k != "checksum"}
    content["checksum"] = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in content.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _architecture(model):
    """A functional model as a dictionary that Keras >= 3.13 builds, without weights."""
    with _told("Not saved", "save functional models of Keras' own layers, one by one"):
        text, names, counts = model.to_json(), {}, {}
        classes = re.findall(r'"class_name": "(\w+)"', text.lower())
        for name in re.findall(r'"name": "(\w+)"', text):  # dense_7 becomes dense again
            word = re.sub(r"_\d+$", "", name)
            if word.replace("_", "") in classes and name not in names:
                names[name] = f"{word}_{counts[word]}" if word in counts else word
                counts[word] = counts.get(word, 0) + 1
        places = r'(?<="name": ")\w+(?=")|(?<=\[")\w+(?=", \d+, \d+\])'
        text = re.sub(places, lambda match: names.get(match[0], match[0]), text)
        tree = json.loads(text, object_hook=_portable)
        build(tree).set_weights(model.get_weights())
        if "Normalization" in [type(layer).__name__ for layer in model.layers]:
            raise ValueError("Normalization does not use weights that are set again")
    return tree


def _portable(part):
    return {
        key: "zeros" if key.endswith("_initializer") and value else value
        for key, value in part.items()
        if key != "compile_config" and value != NEWER_OPTIONS.get(key, ...)
    }


def build(architecture):
    """A model of a card's architecture, with zeros for weights; of `PARTS` alone."""
    text, parts = json.dumps(architecture), []
    json.loads(text, object_hook=parts.append)
    for part in reversed(parts):  # the outer ones first
        name = f"{part.get('module')}.{part.get('class_name')}"
        if "class_name" in part and not PARTS.fullmatch(name):
            raise CourseError(f"{name[:60]} is no layer of Keras that only computes.")
    import keras  # only now, because cards and folders need no TensorFlow

    return keras.models.model_from_json(text)


def load(name, form=None):
    """The saved model `name`: the learner's own if there is one, else the course's.

    form: another architecture for the same weights, "step". Raises CourseError for what
    is unknown or damaged, links, and code before it runs; a file can yet fill memory.
    """
    folder, content, forms = _read_card(name)
    if form not in forms:
        raise CourseError(f"{name} has no form {form!s:.40}, only {[*forms]!s:.99}.")
    with _loading(folder):
        data = _read(folder / f"{content['sha256'][:12]}.safetensors")
        if hashlib.sha256(data).hexdigest() != content["sha256"]:
            raise ValueError("its weights are cut short or changed")
        model, arrays = build(forms[form]), safetensors.numpy.load(data)
        model.set_weights([arrays[key] for key in sorted(arrays)])
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("its weights are infinite or NaN")
    return model


def load_arrays(name):
    """{name: array} saved as `name`; looked up and checked as by `load`."""
    folder, content, _ = _read_card(name)
    with _loading(folder):
        data = _read(folder / f"{content['sha256'][:12]}.safetensors")
        if hashlib.sha256(data).hexdigest() != content["sha256"]:
            raise ValueError("its weights are cut short or changed")
        arrays = safetensors.numpy.load(data)
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("its weights are infinite or NaN")
    return arrays


def card(name):
    """The card of a saved model, a dictionary; looked up and checked as by `load`."""
    return _read_card(name)[1]


def _read_card(name):
    """Folder, card and {form: architecture} of the learner's own or the course's."""
    known = set()
    for folder in [root() / str(name), DATA_DIR / "checkpoints" / str(name)]:
        if os.path.lexists(folder / "card.json"):
            with _loading(folder):
                data = _read(folder / "card.json").replace(b"\r\n", b"\n")
                content = json.loads(data)
                if _text(content) != data:
                    raise ValueError("its card was changed or is of another edition")
                forms = {None: content["architecture"]} | content["forms"]
            return folder, content, forms
        known |= {path.parent.name for path in folder.parent.glob("*/card.json")}
    fix = f"run the lesson that saves it, or choose from {sorted(known)!s:.150}"
    raise CourseError(f"There is no saved model {str(name)[:40]!r}: {fix}.")


def _read(path):
    if path.is_symlink() or not path.is_file():
        raise ValueError(f"{path.name} is missing, a link or no ordinary file")
    return path.read_bytes()


def _loading(folder):
    fix = "delete that folder and run the lesson that saves it again"
    if folder.is_relative_to(DATA_DIR):
        fix = f"run `git checkout -- {shown(folder)}` or install the course again"
    return _told(f"{shown(folder)} cannot be loaded", fix)


@contextlib.contextmanager
def _told(problem, fix):
    """Whatever goes wrong is told in one sentence, with the reason that it names."""
    try:
        yield
    except Exception as error:
        if getattr(error, "errno", None) in FULL:
            fix = "make room there, or set COURSE_ARTIFACTS to a folder on another disk"
        reason = getattr(error, "strerror", None) or str(error)
        reason = " ".join(reason.rpartition("Exception encountered: ")[2].split())
        raise CourseError(f"{problem} ({reason[:90].rstrip('.')}): {fix}.") from error


def root():
    """Folder of the learner's own files; a smoke run has its own in it, `smoke`."""
    folder = Path(os.environ.get("COURSE_ARTIFACTS") or ROOT / "artifacts")
    return folder.expanduser().absolute() / ("smoke" if SMOKE_TEST else "")


def shown(path):
    """The path as a reader wants it: relative to the course folder where possible."""
    return path.as_posix().removeprefix(f"{ROOT.as_posix()}/")[-100:]


def write_atomic(path, data):
    """Write bytes so that `path` holds its old or its new content at every moment.

    Makes the folder; a kill leaves at most a hidden `.tmp` file. Raises CourseError if
    the disk is full, nothing can be written there or a program keeps the file open.
    """
    fix = "allow it, close what has it open, or set COURSE_ARTIFACTS to another folder"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _told(f"Not saved, nothing is lost: {shown(path)} cannot be written", fix):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                try:
                    os.fsync(file.fileno())
                except OSError as error:  # many file systems need none and know none
                    if error.errno in (*FULL, errno.EIO):
                        raise
            for _ in range(20):  # on Windows, virus scanners keep files open a moment
                with contextlib.suppress(PermissionError):
                    return os.replace(temporary, path)
                time.sleep(0.05)
            os.replace(temporary, path)
        finally:  # also after Ctrl-C
            with contextlib.suppress(OSError):
                temporary.unlink()
