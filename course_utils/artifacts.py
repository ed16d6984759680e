"""Files that lessons share: checked data sets, saved models."""

import hashlib
import json
import re
from importlib import metadata

from course_utils import DATA_DIR, CourseError, portable
from course_utils.files import read_plain, root, shown, sweep, write_atomic

import numpy as np

MAX_CARD, MAX_WEIGHTS = 1_000_000, 100_000_000  # bytes
DICTIONARIES = ["architecture", "forms", "versions"]  # of a card


def verify_data(*names):
    """Check every file of the named data sets against `data/SHA256SUMS`.

    Without names, all data sets are checked. Raises CourseError for the first file
    that is missing or differs from the one the course ships, and for unknown names.
    """
    sums = DATA_DIR / "SHA256SUMS"
    lines = sums.read_text("utf-8", "replace").splitlines() if sums.is_file() else []
    entries = [re.fullmatch("([0-9a-f]{64})  (([^/]+)/.+)", line) for line in lines]
    if not entries or None in entries:
        raise CourseError(
            f"data/SHA256SUMS is {'damaged' if entries else 'missing'}: run `git "
            "checkout -- data/SHA256SUMS` in the course folder, or download the course "
            "again."
        )
    expected = {}
    for entry in entries:
        digest, path, folder = entry.groups()
        expected.setdefault(folder, {})[path] = digest
    for name in names or expected:
        if name not in expected:
            raise CourseError(
                f"{str(name)[:60]!r} is not a data set of the course: choose from "
                f"{', '.join(expected)}."
            )
        for path, digest in expected[name].items():
            _verify_file(path, digest)


def _verify_file(path, digest):
    try:
        with open(DATA_DIR / path, "rb") as file:
            problem = (
                None
                if hashlib.file_digest(file, "sha256").hexdigest() == digest
                else "is cut short or was changed"
            )
    except FileNotFoundError:
        problem = "is missing"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if problem:
        raise CourseError(
            f"data/{path} {problem}: run `git checkout -- data/{path.split('/')[0]}` "
            "in the course folder, or download the course again."
        )


def save(
    name,
    model,
    *,
    description,
    vocabulary=None,
    metrics=None,
    forms=None,
    dtype="float32",
    **card,
):
    """Save a trained model as the learner's own `artifacts/NAME`, with its card.

    `description` says what the model maps to what, with shapes and value ranges;
    `forms` names other models with the same weights, such as {"step": stateful_model};
    dtype="float16" halves the file, which `load` turns back into float32. Any other
    keyword (seconds, lesson, ...) goes to the card. Raises CourseError for custom
    layers, infinite weights, a full disk or a folder that cannot be written; the model
    that was saved before then stays whole.
    """
    folder = root() / _checked(name)
    architecture = portable.architecture(model)
    arrays = model.get_weights()
    for form, other in (forms or {}).items():
        if not _same(arrays, other.get_weights()):
            raise CourseError(
                f"Not saved: form {form!r} of {name} has other weights than the model, "
                "so call its set_weights(model.get_weights()) first."
            )
    with np.errstate(over="ignore"):
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays]
    if not all(np.isfinite(array).all() for array in arrays):
        raise CourseError(
            f"Not saved: {name} has weights that are infinite or NaN as {dtype}, so "
            "train it with a lower learning rate."
        )
    data = portable.pack({f"{i:04d}": array for i, array in enumerate(arrays)})
    digest = hashlib.sha256(data).hexdigest()
    weights = folder / f"{digest[:12]}.npz"
    content = {
        "name": name,
        "description": description,
        **card,
        "metrics": metrics or {},
        "vocabulary": vocabulary,
        "inputs": [_signature(tensor) for tensor in model.inputs],
        "outputs": [_signature(tensor) for tensor in model.outputs],
        "parameters": sum(array.size for array in arrays),
        "versions": {each: metadata.version(each) for each in ["keras", "numpy"]},
        "weights": weights.name,
        "dtype": dtype,
        "sha256": digest,
        "architecture": architecture,
        "forms": {f: portable.architecture(each) for f, each in (forms or {}).items()},
    }
    content = json.loads(json.dumps(content, default=lambda v: np.asarray(v).tolist()))
    content["checksum"] = _checksum(content)
    text = _one_key_a_line(content).encode()
    if len(data) > MAX_WEIGHTS or len(text) > MAX_CARD:
        raise CourseError(
            f"Not saved: {name} takes {len(data) / 1e6:.1f} MB and its card "
            f"{len(text) / 1e6:.1f} MB, but only {MAX_WEIGHTS / 1e6:g} and "
            f"{MAX_CARD / 1e6:g} MB can be loaded: use model.save, or a shorter card."
        )
    write_atomic(weights, data)
    # The card names its weights, so that the model is saved at the moment the card is.
    write_atomic(folder / "card.json", text)
    for pattern in ["*.npz", ".*.tmp"]:
        sweep(folder, pattern, keep=[weights.name])


def _same(arrays, others):
    return len(arrays) == len(others) and all(map(np.array_equal, arrays, others))


def _signature(tensor):
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype)}


def _checksum(content):
    # The seconds a training took differ between runs that are otherwise the same.
    rest = {k: v for k, v in content.items() if k not in ("checksum", "seconds")}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _one_key_a_line(content):
    lines = [
        f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _checked(name):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", str(name)):
        raise CourseError(
            f"{str(name)[:60]!r} cannot name a model: use up to 40 letters, digits and "
            "underscores."
        )
    return str(name)


def card(name):
    """The card of a saved model, a dictionary; looked up and checked as by `load`."""
    return _read_card(name)[1]


def load(name, form=None):
    """The saved model `name`: the learner's own if there is one, else the course's.

    `form` asks for another architecture with the same weights, such as "step". Either
    a whole model is returned or CourseError raised: for a file that is missing or
    damaged, and for what a stranger may have put there (code, links, sizes that would
    fill the memory), before anything is built; also for an unknown name or form.
    """
    folder, content = _read_card(name)
    if form is not None and form not in content["forms"]:
        raise CourseError(
            f"{name} has no form {str(form)[:40]!r}: choose from "
            f"{', '.join(content['forms'])[:150] or 'none, that is leave form out'}."
        )
    architecture = content["architecture"] if form is None else content["forms"][form]
    path = folder / content["weights"]
    try:
        data = read_plain(path, MAX_WEIGHTS)
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != content["sha256"]:
        raise _damaged(path, "is cut short or was changed")
    try:
        arrays = [array for _, array in sorted(portable.unpack(data).items())]
    except portable.Refused as error:
        raise _damaged(path, str(error)) from error
    if not all(np.isfinite(array).all() for array in arrays):
        raise _damaged(path, "holds weights that are infinite or NaN")
    try:
        model = portable.build(architecture, sum(array.size for array in arrays))
    except portable.Refused as error:
        raise _damaged(folder / "card.json", f"is refused, as it {error}") from error
    except Exception as error:  # what Keras raises depends on its version
        raise CourseError(
            f"{shown(folder)} was saved with Keras {_version(content)} and the Keras "
            "here cannot build it: install the versions in requirements.txt."
        ) from error
    if [tuple(w.shape) for w in model.weights] != [a.shape for a in arrays]:
        raise _damaged(path, "holds the weights of another architecture")
    for weight, array in zip(model.weights, arrays, strict=True):
        weight.assign(array.astype(weight.dtype))
    return model


def _version(content):
    return re.sub("[^0-9.a-z]", "", str(content["versions"].get("keras")))[:20]


def _read_card(name):
    """Folder and content of the first card found: the learner's own, the course's."""
    places = [root(), DATA_DIR / "checkpoints"]
    for path in [place / _checked(name) / "card.json" for place in places]:
        try:
            content = json.loads(read_plain(path, MAX_CARD))
            # The checksum finds damage; whoever changes a card on purpose can make a
            # new one, so nothing that the card says is trusted for that.
            digest = content["sha256"]
            if (
                content["checksum"] == _checksum(content)
                and re.fullmatch("[0-9a-f]{64}", digest)
                and content["weights"] == f"{digest[:12]}.npz"  # no path to elsewhere
                and all(type(content[key]) is dict for key in DICTIONARIES)
            ):
                return path.parent, content
        except FileNotFoundError:
            continue
        except (ValueError, TypeError, KeyError, RecursionError):
            pass
        except OSError as error:
            raise _damaged(path, f"cannot be read ({error.strerror})") from error
        raise _damaged(path, "is cut short or was changed")
    cards = [path for place in places for path in place.glob("*/card.json")]
    known = sorted({path.parent.name for path in cards})
    raise CourseError(
        f"There is no saved model {name!r}: run the lesson that saves it, or choose "
        f"from {', '.join(known)[:150] or 'none, as none is saved yet'}."
    )


def _damaged(path, problem):
    if path.is_relative_to(DATA_DIR):
        fix = f"run `git checkout -- {shown(path.parent)}` or download the course again"
    else:
        fix = "delete that folder and run the lesson that saves it again"
    return CourseError(f"{shown(path)} {problem}: {fix}.")
