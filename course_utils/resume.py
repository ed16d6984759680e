"""Exact continuation of a training that was killed or interrupted."""

import contextlib
import hashlib
import json
import random
import sys

from course_utils import CourseError, portable
from course_utils.files import root, shown, sweep, write_atomic

import keras
import numpy as np
from keras.src.random.seed_generator import global_seed_generator


class Resume(keras.callbacks.Callback):
    """Continues a killed or interrupted `fit` after its last whole epoch, exactly.

    Run the same cells again: on the same machine the model ends with the same bits as
    without the interruption, and the history has all epochs. Weights, optimizer, random
    numbers (Keras, NumPy, Python), states of stateful layers and of other callbacks are
    put back; the data of the epochs done is read again without training, so that its
    shuffling goes on where it was. For that, build a shuffled tf.data set in the cell
    that trains, and leave the validation data unshuffled.

    The folder is `artifacts/runs/NAME-xxxxxxxx`, where x stands for the model, its
    optimizer and loss, the steps and `config` (JSON: whatever else makes it another
    run, such as {"seed": 1}). It is deleted when `fit` has ended.
    """

    def __init__(self, name, config=None):
        super().__init__()
        self.name, self.config = name, config

    def on_train_begin(self, logs=None):
        fit = _variables_of_fit()
        if not self._moved_last(fit["callbacks"].callbacks):
            return
        self.others = _by_class(fit["callbacks"].callbacks)
        self.at_start = {key: _texts(other) for key, other in self.others.items()}
        self.folder = root() / "runs" / f"{self.name}-{self._fingerprint()}"
        self.warned = False
        global_seed_generator()  # made now, to be there when its state comes back
        state = self._read(fit["epochs"])
        if state:
            done = state["epoch"]
            self._skip_data(fit["epoch_iterator"], done - fit["initial_epoch"])
            self._restore(state)
            # `fit` reads this after on_train_begin.
            self.model._initial_epoch = fit["epochs"] if state["stop"] else done
            place = f"epoch {done} of {fit['epochs']} ({shown(self.folder)})"
            print(f"Resuming after {place}.")

    def on_epoch_begin(self, epoch, logs=None):
        self.model._initial_epoch = None  # not for the next `fit`

    def on_epoch_end(self, epoch, logs=None):
        state = {
            "epoch": epoch + 1,
            "stop": self.model.stop_training,
            "variables": [numpy_copy(v) for v in variables(self.model)],
            "callbacks": {key: self._changes(key) for key in self.others},
            # ruff prefers Generator objects; this is what set_random_seed sets.
            "random": [random.getstate(), np.random.get_state()],  # noqa: NPY002
        }
        arrays = {}
        text = _to_json(state, arrays)
        data = portable.pack(arrays | {"json": np.frombuffer(text.encode(), np.uint8)})
        digest = hashlib.sha256(data).hexdigest()[:16]
        try:
            write_atomic(self.folder / f"epoch-{epoch + 1:05d}-{digest}.npz", data)
        except CourseError as error:  # no reason to lose the training too
            if not self.warned:
                print(f"Training goes on but cannot resume. {error}")
            self.warned = True
        # Two states stay: should the newer one get damaged, there is the older one.
        for path in sorted(self.folder.glob("epoch-*.npz"))[:-2]:
            path.unlink(missing_ok=True)
        sweep(self.folder, ".*.tmp")

    def on_train_end(self, logs=None):
        self.model._initial_epoch = None
        with contextlib.suppress(OSError):
            for path in [*self.folder.glob("epoch-*.npz"), *self.folder.glob(".*.tmp")]:
                path.unlink(missing_ok=True)
            self.folder.rmdir()

    def _moved_last(self, callbacks):
        # The others reset their state in on_train_begin and change it in on_epoch_end,
        # so this one has to come after them. `fit` is looping over the list right now:
        # a stand-in keeps the places, and the loop will come to the new last place.
        here = callbacks.index(self)
        if all(isinstance(other, Resume) for other in callbacks[here:]):
            return True
        callbacks[here] = keras.callbacks.Callback()
        callbacks.append(self)
        return False

    def _fingerprint(self):
        model = self.model
        texts = [json.dumps([self.config, self.params["steps"]], sort_keys=True)]
        for part in [model, model.loss, *model.layers, *optimizers(model)]:
            try:
                text = json.dumps(keras.saving.serialize_keras_object(part))
                tree = portable.canonical([json.loads(text)])
                texts.append(json.dumps(tree, sort_keys=True))
            except (NotImplementedError, TypeError, ValueError):  # a subclass
                texts.append(getattr(part, "__name__", type(part).__name__))
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]

    def _changes(self, key):
        """What has changed in a callback since the start, unlike its arguments."""
        before, other = self.at_start[key], self.others[key]
        now = _texts(other).items()
        return {k: getattr(other, k) for k, text in now if text != before.get(k)}

    def _read(self, epochs):
        """The newest state that is whole and not beyond the epochs asked for."""
        for path in sorted(self.folder.glob("epoch-*.npz"), reverse=True):
            _, epoch, digest = path.stem.split("-")
            if int(epoch) > epochs:
                continue
            with contextlib.suppress(OSError):
                data = path.read_bytes()
                if hashlib.sha256(data).hexdigest()[:16] == digest:
                    arrays = portable.unpack(data)
                    return _from_json(arrays["json"].tobytes().decode(), arrays)
            print(f"{shown(path)} is damaged, so an older state is looked for.")
        return None

    def _skip_data(self, epoch_iterator, epochs):
        """Draw the batches of the epochs done, just as `fit` does."""
        first = True
        for _ in range(epochs):
            with epoch_iterator.catch_stop_iteration():
                for _, _, iterator in epoch_iterator:
                    if first:  # one real step makes the variables that Keras makes late
                        self.model.train_function(iterator)
                        first = False
                        continue
                    next(iterator)
                    for _ in range(self.model.steps_per_execution - 1):
                        next(iterator, None)

    def _restore(self, state):
        own, values = variables(self.model), state["variables"]
        if [tuple(variable.shape) for variable in own] != [v.shape for v in values]:
            raise CourseError(
                f"The state in {shown(self.folder)} does not fit this model: delete "
                "that folder and run the cell again."
            )
        for variable, value in zip(own, values, strict=True):
            variable.assign(value)
        for key in self.others.keys() & state["callbacks"].keys():
            for name, value in state["callbacks"][key].items():
                setattr(self.others[key], name, value)
        self.model.history = self.others["History 0"]
        python, array = state["random"]
        random.setstate((python[0], tuple(python[1]), python[2]))
        np.random.set_state(tuple(array))  # noqa: NPY002


def _variables_of_fit():
    # Keras hands a callback neither the other callbacks nor the data; `fit` has both.
    frame = sys._getframe()
    while frame:
        if frame.f_code.co_name == "fit" and "epoch_iterator" in frame.f_locals:
            return frame.f_locals
        frame = frame.f_back
    raise CourseError("Resume works in Keras' own model.fit only: train with that.")


def _by_class(callbacks):
    """The callbacks that may have a state, by class and place within the class."""
    names = [type(callback).__name__ for callback in callbacks]
    return {
        f"{name} {names[:index].count(name)}": callbacks[index]
        for index, name in enumerate(names)
        if name not in ("Resume", "Progress", "Callback")
    }


def optimizers(model):
    """The optimizers of a model; a subclass may have several."""
    values = {id(value): value for value in vars(model).values()}.values()
    return [v for v in values if isinstance(v, keras.optimizers.Optimizer)]


def variables(model):
    """All that training changes: weights, seeds, states and optimizers' variables."""
    found = list(model.variables)
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):  # Keras does not track these states
            found += keras.tree.flatten(getattr(layer, "states", None) or [])
    for optimizer in optimizers(model):
        found += optimizer.variables
    return [*found, global_seed_generator().state]


def numpy_copy(variable):
    return np.array(variable.value.numpy())


def _texts(callback):
    """Those attributes of a callback that JSON and arrays can hold, as text each."""
    texts = {}
    for name, value in vars(callback).items():
        # Keras' callbacks flip the sign of min_delta in every process anew.
        if name != "min_delta":
            with contextlib.suppress(TypeError, ValueError, RecursionError):
                texts[name] = _to_json(value, {})
    return texts


def _to_json(value, arrays):
    """JSON of the value; its arrays go to the dictionary `arrays`, named by content."""

    def store(item):
        if not isinstance(item, np.ndarray | np.generic) or item.dtype.hasobject:
            raise TypeError
        head = f"{item.dtype.str} {item.shape} ".encode()
        key = hashlib.sha256(head + item.tobytes()).hexdigest()
        arrays[key] = np.asarray(item)
        return {"array": key}

    return json.dumps(value, default=store)


def _from_json(text, arrays):
    return json.loads(
        text, object_hook=lambda d: arrays[d["array"]] if set(d) == {"array"} else d
    )
