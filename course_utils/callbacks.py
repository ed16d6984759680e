"""Callbacks for `fit`: watch it, look at samples, survive a kill, stop on NaN."""

import hashlib
import json
import re
import shutil
import sys
import time

from course_utils import CourseError, artifacts

import keras
import numpy as np
import safetensors.numpy


class Progress(keras.callbacks.Callback):
    """One line of progress, for `fit(verbose=0)`: live with the minutes left, then
    without any time, so that a notebook that runs again stores the same line."""

    def on_train_begin(self, logs=None):
        self.handle, self.first, self.drawn = None, None, 0.0
        self.began = time.monotonic()
        self._draw("starting")

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.first = epoch, epoch if self.first is None else self.first

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        if now - self.drawn < 0.5:
            return
        epochs, steps = self.params["epochs"], self.params["steps"]
        self.drawn, left = now, ""
        if steps:
            done = self.epoch + (batch + 1) / steps - self.first
            seconds = (now - self.began) * ((epochs - self.first) / done - 1)
            left = f", {seconds // 60:.0f} min {seconds % 60:.0f} s left"
        place = f"epoch {self.epoch + 1}/{epochs}, step {batch + 1}/{steps or '?'}"
        self._draw(f"{place}: {_numbers(logs)}{left}")

    def on_train_end(self, logs=None):  # logs: the last epoch's; None if none was left
        epochs = self.params["epochs"]
        done = self.epoch + 1 if logs else epochs
        count = f"{done} epochs" if done == epochs else f"{done} of {epochs} epochs"
        self._draw(f"{count}: {_numbers(logs)}" if logs else count, end="\n")

    def _draw(self, text, end=""):
        ipython, data = sys.modules.get("IPython"), {"text/plain": text}
        if self.handle:
            self.handle.update(data, raw=True)
        elif hasattr(ipython and ipython.get_ipython(), "kernel"):  # in a notebook
            self.handle = ipython.display.display(data, raw=True, display_id=True)
        elif sys.stdout.isatty():
            print(f"\r{text}\033[K", end=end, flush=True)
        elif end:
            print(text)


def _numbers(logs):
    return ", ".join(f"{name} {value:.4g}" for name, value in logs.items())


class LiveSamples(keras.callbacks.Callback):
    """Calls `sample()` every `every` epochs, or with `steps` every so many steps, and
    prints the text that it returns; if it shows a picture, the number goes below."""

    def __init__(self, sample, every=1, steps=None):
        super().__init__()
        self.sample, self.every, self.steps = sample, every, steps

    def on_train_begin(self, logs=None):
        self.step = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.step = epoch * (self.params["steps"] or 0) or self.step

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self.steps and self.step % self.steps == 0:
            self._show(f"step {self.step}")

    def on_epoch_end(self, epoch, logs=None):
        if not self.steps and (epoch + 1) % self.every == 0:
            self._show(f"epoch {epoch + 1}")

    def _show(self, label):
        text = self.sample()
        if text is not None:
            label += f":\n{text}\n" if "\n" in text else f": {text}"
        # In a terminal it takes the place of the line of Progress.
        print("\r\033[K" + label if sys.stdout.isatty() else label)


class StopOnNaN(keras.callbacks.Callback):
    """Stops within one batch of a NaN or infinite loss and puts back the last weights
    that were finite, those of at most `every` steps before; prints one sentence.
    `optimizers` as for Resume. Raises CourseError if weights are NaN from the start."""

    def __init__(self, every=50, optimizers=None):
        super().__init__()
        self.every, self.optimizers = every, optimizers

    def on_train_begin(self, logs=None):
        self.variables = _variables(self.model, self.optimizers)
        self.step, self.good = 0, None
        self._keep()

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        # Keras reports the mean of an epoch so far, which one NaN makes NaN for good.
        if not _finite_losses(logs):
            self._stop("The loss")
        elif self.step % self.every == 0:
            self._keep()

    def on_epoch_end(self, epoch, logs=None):
        if not self.model.stop_training and not _finite_losses(logs):
            self._stop("The validation loss")

    def on_train_end(self, logs=None):
        if not self.model.stop_training:
            self._keep()  # the last update of all may have been the bad one

    def _keep(self):
        if values := _finite_values(self.variables):
            self.good = self.step, values
        else:
            self._stop("A weight")

    def _stop(self, what):
        if not self.good:
            raise CourseError("Weights are NaN before training: build the model again.")
        self.model.stop_training = True
        step, values = self.good
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        optimizers = self.optimizers or [self.model.optimizer]
        rates = " and ".join(f"{float(o.learning_rate):.3g}" for o in optimizers)
        print(
            f"{what} is not finite at step {self.step} with learning rate {rates}, so "
            f"training stopped and the weights of step {step} are back: try a tenth of "
            "that rate, clipnorm=1.0 in the optimizer, or look for NaN in the data."
        )


def _finite_losses(logs):
    losses = [value for name, value in logs.items() if "loss" in name]
    return np.isfinite(losses or list(logs.values())).all()


class Resume(keras.callbacks.Callback):
    """Lets a killed `fit` go on after its last whole epoch: run the cell again.

        resume = callbacks.Resume("name", model, config={"dataset": dataset})
        data = stream.skip(resume.epoch * steps)  # or, for arrays in memory:
        data = tf.data.Dataset.range(resume.epoch, epochs).flat_map(
            lambda epoch: examples.shuffle(len(examples), seed=epoch).batch(batch_size))
        model.fit(data, steps_per_epoch=steps, epochs=epochs,
                  initial_epoch=resume.epoch, callbacks=[callbacks.Progress(), resume])

    Made after `compile`, it restores what it finds in `artifacts/runs/NAME-xxxxxxxx`
    (x: layers, optimizers, loss, and `config`, JSON: what else makes it another run).
    No bit differs from an uninterrupted run if data depend on the epoch's number alone
    and random numbers come from layers or SeedGenerators of the model; other callbacks
    and layers with stateful=True begin anew. `history` and `seconds` (of CPU) have all
    epochs. A model with its own optimizers gives those, built, as `optimizers`."""

    def __init__(self, name, model, optimizers=None, config=None):
        super().__init__()
        self.epoch, self.history, self.seconds, self.warned = 0, {}, [], False
        self.variables = _variables(model, optimizers)
        parts = [keras.__version__, config, model, model.loss]
        parts.append(optimizers or model.optimizer)
        # Keras numbers names through a session: dense_7 is dense when run again.
        text = re.sub(r'_\d+"', '"', json.dumps(parts, default=_described))
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        self.folder = artifacts.root() / "runs" / f"{name}-{digest}"
        for path in sorted(self.folder.glob("epoch-*"), reverse=True):
            if hashlib.sha256(path.read_bytes()).hexdigest()[:16] in path.name:
                self._restore(path)
                break
            print(f"{artifacts.shown(path)} is damaged: looking for an older state.")

    def _restore(self, path):
        with safetensors.safe_open(path, "numpy") as file:
            state = json.loads(file.metadata()["state"])
            self.epoch, self.history, self.seconds = state
            for number, variable in enumerate(self.variables):
                variable.assign(file.get_tensor(str(number)))
        print(f"Resuming after epoch {self.epoch} ({artifacts.shown(self.folder)}).")

    def on_train_begin(self, logs=None):
        self.began = time.process_time() - (self.seconds or [0])[-1]

    def on_epoch_end(self, epoch, logs=None):
        self.epoch = epoch + 1
        self.seconds.append(time.process_time() - self.began)
        for key, value in logs.items():
            self.history.setdefault(key, []).append(np.asarray(value).tolist())
        values = _finite_values(self.variables)
        if values and not self.model.stop_training:
            self._save({str(number): value for number, value in enumerate(values)})

    def _save(self, arrays):
        state = json.dumps([self.epoch, self.history, self.seconds])
        data = safetensors.numpy.save(arrays, {"state": state})
        name = f"epoch-{self.epoch:05d}-{hashlib.sha256(data).hexdigest()[:16]}"
        try:
            artifacts.write_atomic(self.folder / f"{name}.safetensors", data)
        except CourseError as error:  # no reason to lose the training too
            if not self.warned:
                print(f"Training goes on, but could not resume after a kill: {error}")
            self.warned = True
        for path in sorted(self.folder.glob("epoch-*"))[:-2]:  # two: one may be damaged
            path.unlink(missing_ok=True)

    def on_train_end(self, logs=None):
        shutil.rmtree(self.folder, ignore_errors=True)


def _described(thing):
    """For JSON: type, settings and layers of a layer or optimizer, else its name."""
    try:
        settings = thing.get_config()
    except (AttributeError, NotImplementedError):
        settings = getattr(thing, "__name__", None)
    return [type(thing).__name__, settings, getattr(thing, "layers", None)]


def _variables(model, optimizers=None):
    """All that training changes: weights, seeds, the optimizers' averages."""
    optimizers = optimizers or [getattr(model, "optimizer", None)]
    built = None not in optimizers and all(layer.built for layer in model.layers)
    if built and model.optimizer in optimizers and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    if not built or not all(optimizer.built for optimizer in optimizers):
        raise CourseError(
            "Resume and StopOnNaN need a compiled, built model: begin it with "
            "keras.Input or call it on a batch, and build optimizers that you pass by "
            "optimizer.build(network.trainable_variables)."
        )
    return [*model.variables, *(v for each in optimizers for v in each.variables)]


def _finite_values(variables):
    """Copies of their values; None if any is NaN or infinite."""
    values = [np.array(keras.ops.convert_to_numpy(v.value)) for v in variables]
    return values if all(np.isfinite(value).all() for value in values) else None
