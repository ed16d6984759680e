import itertools
import json
import multiprocessing
import random
import sys
import time
import types

from course_utils import ROOT, CourseError, artifacts, callbacks

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
import trainings
from nbclient import NotebookClient
from sentences import is_one_sentence, one_sentence
from trainings import At, X, Y, dense, plain, train

# A process that has imported TensorFlow and done nothing else is copied for each
# training (where the system can do that), so that a training costs a second.
FORK = "forkserver" if sys.platform == "linux" else "spawn"
CONTEXT = multiprocessing.get_context(FORK)
if FORK == "forkserver":
    CONTEXT.set_forkserver_preload(["course_utils.callbacks"])


def start(*arguments):
    process = CONTEXT.Process(target=trainings.train_elsewhere, args=arguments)
    process.start()
    return process


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    return artifacts.root() / "runs"


def states(runs):
    return sorted(runs.glob("*/epoch-*"))


def interrupt():
    raise KeyboardInterrupt


def stop():
    """Ctrl-C within epoch 3; what was printed until then does not matter."""
    with pytest.raises(KeyboardInterrupt):
        train(plain, At(3, interrupt))


# Resume


def compare(folder, setup, epochs=trainings.EPOCHS):
    """Undisturbed and, from where it was killed, continued: the same in every bit?"""
    paths = folder / "undisturbed.json", folder / "continued.json"
    undisturbed = start(folder / "other", paths[0], setup, None, epochs)
    start(folder, paths[1], setup, None, epochs).join()
    undisturbed.join()
    (expected, before), (actual, said) = [json.loads(p.read_text()) for p in paths]
    assert actual == expected and before == "" and is_one_sentence(said.strip())
    assert not list(folder.glob("**/epoch-*"))  # a training that ended leaves nothing
    return said


@pytest.mark.parametrize("setup", ["text", "gan", "vae"])
def test_killed_and_continued_elsewhere_is_the_same_bit_for_bit(tmp_path, runs, setup):
    killed = start(tmp_path, tmp_path / "killed.json", setup, 3)
    killed.join()
    assert killed.exitcode < 0 and len(states(runs)) == 2
    assert compare(tmp_path, setup).startswith("Resuming after epoch 3 (")


def test_kills_at_random_moments(tmp_path):
    moments, began, kills = random.Random(0), tmp_path / "killed.began", 0
    for _ in range(3):
        began.unlink(missing_ok=True)
        process = start(tmp_path, tmp_path / "killed.json", "plain", None, 150)
        while process.is_alive() and not began.exists():
            time.sleep(0.01)
        process.join(moments.uniform(0, 0.3))
        kills += process.is_alive()
        process.kill()
        process.join()
    assert kills >= 2
    assert compare(tmp_path, "plain", 150).startswith("Resuming after epoch ")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ARTIFACTS", str(tmp_path_factory.mktemp("undisturbed")))
        return train(plain)[0]


def test_ctrl_c_and_the_same_cell_again(undisturbed):
    stop()
    samples = callbacks.LiveSamples(lambda: "a text", steps=14)
    actual, said = train(plain, samples, callbacks.Progress())
    resuming, sample, progress = said.splitlines()
    assert actual == undisturbed and resuming.startswith("Resuming after epoch 3 (")
    assert sample == "step 28: a text" and progress.startswith("5 epochs: loss ")
    assert train(plain) == (undisturbed, "")  # anew, with the same result


def test_an_end_that_was_missed(undisturbed):
    with pytest.raises(KeyboardInterrupt):
        train(plain, keras.callbacks.LambdaCallback(on_train_end=lambda _: interrupt()))
    actual, said = train(plain, callbacks.Progress())
    assert said.startswith("Resuming after epoch 5 (") and said.endswith("\n5 epochs\n")
    assert actual == undisturbed


def test_a_training_that_was_stopped_has_ended(runs):
    stopping = keras.callbacks.EarlyStopping("loss", min_delta=1e9, patience=1)
    (history, _), _ = train(plain, stopping)
    assert len(history["loss"]) == 2 and not states(runs)


def test_another_model_rate_or_config_is_another_run(capsys):
    stop()
    more, optimizer = keras.layers.BatchNormalization, keras.optimizers.Adam
    dropout = dense(keras.layers.Dropout(0.4), more())
    slower = dense(keras.layers.Dropout(0.3), more(), optimizer=optimizer(1e-4))
    for model, config in [(dropout, None), (slower, None), (plain()[0], {"data": "x"})]:
        assert callbacks.Resume("run", model, config=config).epoch == 0
    assert callbacks.Resume("run", plain()[0]).epoch == 3
    assert capsys.readouterr().out.startswith("Resuming after epoch 3 (")


@pytest.mark.parametrize("both", [False, True])
def test_a_damaged_state_falls_back_to_the_one_before(runs, undisturbed, both):
    stop()
    older, newest = states(runs)
    data = newest.read_bytes()
    newest.write_bytes(data[:500] + b"x" + data[501:])
    older.write_bytes(b"" if both else older.read_bytes())
    actual, said = train(plain)
    first, second = said.splitlines()
    assert f"{newest.name} is damaged" in first and is_one_sentence(first)
    assert (
        f"{older.name} is damaged" if both else "Resuming after epoch 2 ("
    ) in second
    assert actual == undisturbed


def test_a_full_disk_does_not_end_a_training(undisturbed, monkeypatch):
    def full(path, data):
        raise CourseError("Not saved: the disk is full.")

    monkeypatch.setattr(artifacts, "write_atomic", full)
    actual, said = train(plain)
    assert actual == undisturbed and is_one_sentence(said.strip())
    assert said.startswith("Training goes on") and "the disk is full" in said


def test_what_resume_and_stop_on_nan_need():
    uncompiled = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    other = keras.optimizers.Adam()  # not built
    for arguments in [(dense(build=False),), (uncompiled,), (dense(), [other])]:
        with one_sentence("keras.Input"):
            callbacks.Resume("x", *arguments)
    with one_sentence("keras.Input"):
        fit(model=dense(build=False))


def test_mixed_precision(request, capsys):
    set_policy = keras.mixed_precision.set_global_policy
    request.addfinalizer(lambda: set_policy("float32"))
    set_policy("mixed_float16")
    expected, _ = train(plain, name="other")
    stop()
    actual, said = train(plain)
    assert actual == expected and said.startswith("Resuming after epoch 3 (")
    test_nan_in_the_data_stops_at_once_and_restores(capsys, 7, 6)


# StopOnNaN


class Watch(keras.callbacks.Callback):
    """Notes the losses, and all variables after each step."""

    def on_train_begin(self, logs=None):
        self.losses, self.steps = [], [self.now()]

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])
        self.steps.append(self.now())

    def now(self):
        variables = [*self.model.variables, *self.model.optimizer.variables]
        return [np.array(keras.ops.convert_to_numpy(v.value)) for v in variables]


def fit(*more, model=None, y=Y, every=50, **options):
    """36 steps in 3 epochs, with StopOnNaN."""
    keras.utils.set_random_seed(0)
    watch, model = Watch(), model or dense()
    data = tf.data.Dataset.from_tensor_slices((np.tile(X, (3, 1)), np.resize(y, 144)))
    options |= dict(steps_per_epoch=12, epochs=3, shuffle=False, verbose=0)
    helpers = [callbacks.StopOnNaN(every), watch, *more]
    model.fit(data.batch(4).repeat(), callbacks=helpers, **options)
    return watch


def equal(arrays, others):
    return len(arrays) == len(others) and all(map(np.array_equal, arrays, others))


@pytest.mark.parametrize("step, kept", [(1, 0), (7, 6), (36, 34)])
def test_nan_in_the_data_stops_at_once_and_restores(capsys, step, kept):
    y = np.tile(Y, (3, 1))
    y[4 * step - 1] = np.nan
    watch, said = fit(y=y, every=2), capsys.readouterr().out
    assert np.isfinite(watch.losses).tolist() == (step - 1) * [True] + [False]
    assert equal(watch.now(), watch.steps[kept])
    assert f"at step {step} with learning rate 0.001" in said
    assert f"weights of step {kept} " in said and is_one_sentence(said.strip())


def test_a_learning_rate_that_is_too_high(capsys):
    watch = fit(model=dense(optimizer=keras.optimizers.SGD(1e12, momentum=0.9)))
    assert np.isfinite(watch.losses).sum() == len(watch.losses) - 1
    assert equal(watch.now(), watch.steps[0])
    assert "learning rate 1e+12" in capsys.readouterr().out


def test_nan_that_only_the_weights_show(capsys):
    def poison(batch, logs):
        if int(model.optimizer.iterations) == 36:  # the last: no loss comes after it
            model.weights[0].assign(np.full((4, 8), np.nan))

    model = dense()
    watch = fit(keras.callbacks.LambdaCallback(on_train_batch_end=poison), model=model)
    assert "A weight is not finite at step 36" in capsys.readouterr().out
    assert equal(watch.now(), watch.steps[0])


def test_nan_in_the_validation_loss(capsys):
    watch = fit(validation_data=(X, Y * np.nan), every=9)
    said = capsys.readouterr().out
    assert said.startswith("The validation loss is not finite at step 12")
    assert len(watch.losses) == 12 and equal(watch.now(), watch.steps[9])


def test_weights_that_are_nan_before():
    model = dense()
    model.set_weights([np.full_like(value, np.nan) for value in model.get_weights()])
    with one_sentence("before training"):
        fit(model=model)


# Progress and LiveSamples


def test_progress_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    clock = types.SimpleNamespace(monotonic=itertools.count().__next__)
    monkeypatch.setattr(callbacks, "time", clock)
    fit(callbacks.Progress())
    *live, last = capsys.readouterr().out.removesuffix("\n").split("\r")
    starts = "epoch 2/3, step 1/12: loss "
    assert any(line.startswith(starts) and " left" in line for line in live)
    assert last.startswith("3 epochs: loss ")


def test_progress_in_a_notebook_is_stored_as_one_line_without_times():
    cell = """
import sys; sys.path.insert(0, "tests")
from test_callbacks import callbacks, fit
fit(callbacks.Progress(), callbacks.LiveSamples(lambda: "a text"));
"""
    cells = [nbformat.v4.new_code_cell(cell) for _ in range(2)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    options = dict(kernel_name="python3", coalesce_streams=True)
    NotebookClient(notebook, **options).execute(cwd=ROOT)
    line, samples = notebook.cells[0].outputs
    assert line.output_type == "display_data" and list(line.data) == ["text/plain"]
    assert line.data["text/plain"].startswith("3 epochs: loss ")
    assert samples.text == "epoch 1: a text\nepoch 2: a text\nepoch 3: a text\n"
    again = notebook.cells[1].outputs
    assert [dict(o) for o in again] == [dict(line), dict(samples)]


def test_live_samples_by_epoch_and_by_step(capsys):
    fit(callbacks.LiveSamples(lambda: "one line", every=2))
    assert capsys.readouterr().out == "epoch 2: one line\n"
    fit(callbacks.LiveSamples(lambda: "two\nlines", steps=15))
    assert capsys.readouterr().out == "step 15:\ntwo\nlines\n\nstep 30:\ntwo\nlines\n\n"
    fit(callbacks.LiveSamples(lambda: None))
    assert capsys.readouterr().out == "epoch 1\nepoch 2\nepoch 3\n"
