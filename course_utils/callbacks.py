"""Callbacks for `fit`: watch it, look at samples, survive a kill, stop on NaN."""

import math
import sys
import time

from course_utils import CourseError
from course_utils.resume import Resume, numpy_copy, optimizers, variables

import keras
import numpy as np

__all__ = ["LiveSamples", "Progress", "Resume", "StopOnNaN"]


class Progress(keras.callbacks.Callback):
    """One line of progress, for `fit(verbose=0)`: live with the minutes left, then
    without any time, so that a notebook that runs again stores the same line."""

    def on_train_begin(self, logs=None):
        self.handle, self.began, self.drawn = None, None, 0.0
        self._draw("starting")

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        if self.began is None:
            self.began, self.first = time.monotonic(), epoch

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        if now - self.drawn < 0.5:
            return
        self.drawn = now
        epochs, steps = self.params["epochs"], self.params["steps"]
        of_steps, left = "", ""
        if steps:
            done = self.epoch + (batch + 1) / steps - self.first
            seconds = (now - self.began) * ((epochs - self.first) / done - 1)
            of_steps = f"/{steps}"
            left = f", {seconds // 60:.0f} min {seconds % 60:.0f} s left"
        place = f"epoch {self.epoch + 1}/{epochs}, step {batch + 1}{of_steps}"
        self._draw(f"{place}: {_numbers(logs)}{left}")

    def on_train_end(self, logs=None):
        history = getattr(
            self.model, "history", None
        )  # all epochs, also those before a resume
        done, epochs = len(history.epoch) if history else 0, self.params["epochs"]
        count = f"{done} epochs" if done == epochs else f"{done} of {epochs} epochs"
        last = {k: v[-1] for k, v in history.history.items()} if done else {}
        self._draw(f"{count}: {_numbers(last)}" if last else count, last=True)

    def _draw(self, text, last=False):
        if _in_notebook():
            from IPython.display import display

            data = {"text/plain": text}
            if self.handle is None:
                self.handle = display(data, raw=True, display_id=True)
            else:
                self.handle.update(data, raw=True)
        elif sys.stdout.isatty():
            print(f"\r{text}\033[K", end="\n" if last else "", flush=True)
        elif last:
            print(text)


def _in_notebook():
    ipython = sys.modules.get("IPython")
    return hasattr(ipython and ipython.get_ipython(), "kernel")


def _numbers(logs):
    return ", ".join(f"{name} {value:.4g}" for name, value in (logs or {}).items())


class LiveSamples(keras.callbacks.Callback):
    """Calls `sample()` every `every` epochs, or with `steps` every so many steps.

    A text that it returns is printed after the number of the epoch or step; if it
    shows a picture and returns None, the number stands below it.
    """

    def __init__(self, sample, every=1, steps=None):
        super().__init__()
        self.sample, self.every, self.steps = sample, every, steps

    def on_train_begin(self, logs=None):
        self.step = 0

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        if self.steps and self.step % self.steps == 0:
            self._show(f"step {self.step}")

    def on_epoch_end(self, epoch, logs=None):
        if not self.steps and (epoch + 1) % self.every == 0:
            self._show(f"epoch {epoch + 1}")

    def _show(self, label):
        text = self.sample()
        if sys.stdout.isatty():
            print("\r\033[K", end="")  # the line of Progress
        if text is None:
            print(label)
        else:
            print(f"{label}: {text}" if "\n" not in text else f"{label}:\n{text}\n")


class StopOnNaN(keras.callbacks.Callback):
    """Stops within one batch of a NaN or infinite loss and puts back the last weights
    that were finite, those of at most `every` steps before.

    Prints one sentence. Raises CourseError if the weights are NaN from the start.
    """

    def __init__(self, every=50):
        super().__init__()
        self.every = every

    def on_train_begin(self, logs=None):
        self.step, self.good = 0, None
        if not self.model.variables:
            raise CourseError(
                "StopOnNaN can put back the weights of a built model only: begin the "
                "model with keras.Input."
            )

    def on_epoch_begin(self, epoch, logs=None):
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
        values = {id(v): numpy_copy(v) for v in variables(self.model)}
        if all(np.isfinite(value).all() for value in values.values()):
            self.good = self.step, values
        elif self.good:
            self._stop("A weight")
        else:
            raise CourseError(
                "The weights are NaN before training has begun: run the cell that "
                "builds the model again, then this one."
            )

    def _stop(self, what):
        self.model.stop_training = True
        step, values = self.good
        for variable in variables(self.model):
            # What the optimizer made since then (averages of gradients) begins at 0.
            variable.assign(values.get(id(variable), np.zeros(variable.shape)))
        rates = [f"{float(o.learning_rate):.3g}" for o in optimizers(self.model)]
        print(
            f"{what} is not finite at step {self.step} with learning rate "
            f"{' and '.join(rates)}, so training stopped and the weights of step "
            f"{step} are back: try a tenth of that rate, clipnorm=1.0 in the "
            "optimizer, or look for NaN in the data."
        )


def _finite_losses(logs):
    logs = logs or {}
    losses = [value for name, value in logs.items() if "loss" in name]
    return all(map(math.isfinite, losses or logs.values()))
