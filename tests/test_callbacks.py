import functools
import json
import multiprocessing
import random
import sys
import time

from course_utils import CourseError, callbacks, files

import keras
import nbformat
import numpy as np
import pytest
import trainings
from nbclient import NotebookClient
from trainings import SETUPS, At, interrupt, train

# A process that has imported TensorFlow and done nothing else is copied for each
# training (where the system can do that), so that a training costs a second.
FORK = "forkserver" if sys.platform == "linux" else "spawn"
CONTEXT = multiprocessing.get_context(FORK)
if FORK == "forkserver":
    CONTEXT.set_forkserver_preload(["course_utils.callbacks"])


def start(target, *arguments):
    process = CONTEXT.Process(target=target, args=arguments)
    process.start()
    return process


def stop(setup, epoch, *more, batch=2, **resume):
    """Ctrl-C within an epoch; what was printed until then does not matter."""
    with pytest.raises(KeyboardInterrupt):
        train(setup, At(epoch, batch, interrupt), *more, **resume)


def is_one_sentence(text):
    return len(text) <= 300 and text.strip().endswith(".") and "\n" not in text.strip()


@pytest.fixture(autouse=True)
def artifacts(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    return files.root()


def states(folder):
    return sorted(folder.glob("runs/*/*.npz"))


# Resume: kill -9


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What each set-up gives undisturbed, and when another process began it."""
    folder = tmp_path_factory.mktemp("kills")
    names = [setup.__name__ for setup in SETUPS]
    places = folder / "undisturbed", folder / "killed"
    results = [place.with_suffix(".json") for place in places]
    undisturbed = start(trainings.train_all, places[0], results[0], names)
    start(trainings.break_off_all, places[1], names).join()
    assert len(list(places[1].glob("**/runs/*"))) == len(names)
    start(trainings.train_all, places[1], results[1], names).join()
    undisturbed.join()
    assert not list(folder.glob("**/runs/*"))  # a training that ended leaves nothing
    return [json.loads(result.read_text()) for result in results]


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.__name__)
def test_another_process_continues_bit_for_bit(outcomes, setup):
    (expected, said_before), (actual, said) = [o[setup.__name__] for o in outcomes]
    assert actual == expected
    assert said_before == ""
    assert said.startswith("Resuming after epoch 3 of ") and is_one_sentence(said)


def test_kills_at_random_moments(tmp_path):
    places = tmp_path / "undisturbed", tmp_path / "killed"
    results = [place.with_suffix(".json") for place in places]
    undisturbed = start(trainings.train_all, places[0], results[0], ["long"])
    moments, running, kills = random.Random(0), tmp_path / "running", 0
    for _ in range(10):
        running.unlink(missing_ok=True)
        process = start(trainings.train_and_tell, places[1], "long", running)
        while process.is_alive() and not running.exists():
            time.sleep(0.01)
        process.join(moments.uniform(0, 0.2))
        kills += process.is_alive()
        process.kill()
        process.join()
    start(trainings.train_all, places[1], results[1], ["long"]).join()
    undisturbed.join()
    (expected, _), (actual, said) = [json.loads(r.read_text())["long"] for r in results]
    assert kills >= 8 and said.startswith("Resuming after epoch ")
    assert actual == expected


# Resume: in one session


@functools.cache
def undisturbed(setup):
    return train(setup)[0]


def test_ctrl_c_and_the_same_cell_again(artifacts):
    expected = undisturbed(trainings.dropout)
    stop(trainings.dropout, 4)
    assert len(states(artifacts)) == 2
    actual, said = train(trainings.dropout)
    assert actual == expected
    assert said.startswith("Resuming after epoch 4 of 6 (")
    assert not list(artifacts.glob("runs/*"))
    assert train(trainings.dropout) == (expected, "")  # anew, with the same result


def test_an_end_that_was_missed(artifacts):
    expected = undisturbed(trainings.early_stopping)

    class Interrupted(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            interrupt()

    with pytest.raises(KeyboardInterrupt):
        train(trainings.early_stopping, Interrupted())
    actual, said = train(trainings.early_stopping)
    assert said.startswith("Resuming after epoch 5 of 20 (")
    assert actual == expected


def test_another_model_rate_or_config_is_another_run(artifacts):
    def smaller():
        return trainings.dense(keras.layers.Dense(3)), trainings.plain()[1]

    def slower():
        return trainings.dense(optimizer=keras.optimizers.Adam(1e-4)), smaller()[1]

    runs = set()
    for number, run in enumerate([trainings.plain, smaller, slower]):
        stop(run, 1, name="same")
        runs |= {path.parent for path in states(artifacts)}
        assert len(runs) == number + 1
    stop(trainings.plain, 1, name="same", config={"data": "other"})
    assert len({path.parent for path in states(artifacts)}) == 4
    assert train(trainings.plain, name="same")[1]  # the first is still there


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-9], lambda data: data[:50] + b"x" + data[51:]]
)
def test_a_damaged_state_falls_back_to_the_one_before(artifacts, damage):
    expected = undisturbed(trainings.plain)
    stop(trainings.plain, 4)
    newest = states(artifacts)[-1]
    newest.write_bytes(damage(newest.read_bytes()))
    actual, said = train(trainings.plain)
    damaged, resuming = said.splitlines()
    assert f"{newest.name} is damaged" in damaged and is_one_sentence(damaged)
    assert resuming.startswith("Resuming after epoch 3 of 6")
    assert actual == expected


def test_two_damaged_states_mean_a_new_start(artifacts):
    expected = undisturbed(trainings.plain)
    stop(trainings.plain, 4)
    for path in states(artifacts):
        path.write_bytes(b"")
    actual, said = train(trainings.plain)
    assert actual == expected
    assert said.count(" is damaged,") == 2 and "Resuming" not in said


def test_fewer_epochs_than_done(artifacts):
    def short():
        return trainings.plain()[0], {**trainings.plain()[1], "epochs": 2}

    stop(trainings.plain, 4, name="same")
    result, said = train(short, name="same")
    assert said == "" and result["epochs"] == [0, 1]


def test_states_that_cannot_be_saved_do_not_end_a_training(artifacts, monkeypatch):
    expected = undisturbed(trainings.plain)
    monkeypatch.setenv("COURSE_ARTIFACTS", str(artifacts / "full"))
    files.root().mkdir(parents=True)
    (files.root() / "runs").write_text("a file in place of the folder")
    actual, said = train(trainings.plain)
    assert actual == expected
    assert said.startswith("Training goes on but cannot resume.")
    assert said.count("\n") == 1 and len(said) <= 300


def test_a_state_of_another_model_is_refused(artifacts, monkeypatch):
    def wider():
        return trainings.dense(keras.layers.Dense(3)), trainings.plain()[1]

    monkeypatch.setattr(callbacks.Resume, "_fingerprint", lambda self: "same")
    stop(trainings.plain, 2, name="x")
    with pytest.raises(CourseError, match="does not fit this model") as error:
        train(wider, name="x")
    assert is_one_sentence(str(error.value))


def test_resume_needs_fit():
    with pytest.raises(CourseError, match="model.fit"):
        callbacks.Resume("x").on_train_begin()


def test_resume_may_stand_anywhere_and_live_samples_count_on():
    seen = []
    others = [callbacks.LiveSamples(lambda: seen.append(1), steps=15)]
    others += [callbacks.Progress()]
    stop(trainings.plateau, 4, *others)
    result, _ = train(trainings.plateau, *reversed(others))
    assert result == undisturbed(trainings.plateau)
    # At step 15 and 30; the step 30 was undone and came again; at step 42 all ends.
    assert len(seen) == 3


# StopOnNaN


class Watch(keras.callbacks.Callback):
    """Notes the losses, and all variables after each step."""

    def on_train_begin(self, logs=None):
        self.losses, self.steps = [], [self.now()]

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])
        self.steps.append(self.now())

    def now(self):
        return [callbacks.numpy_copy(v) for v in callbacks.variables(self.model)]


def fit_with_nan(capsys, model, x, y, every, epochs=3, **fit):
    watch = Watch()
    model.fit(
        x,
        y,
        batch_size=2,
        shuffle=False,
        epochs=epochs,
        verbose=0,
        callbacks=[watch, callbacks.StopOnNaN(every=every)],
        **fit,
    )
    return watch, capsys.readouterr().out


def equal(arrays, others):
    return all(map(np.array_equal, arrays, others)) and len(arrays) == len(others)


def test_nan_in_the_data_stops_at_once_and_restores(capsys):
    keras.utils.set_random_seed(0)
    x, y = trainings.inputs()
    y[13] = np.nan  # in step 7
    watch, said = fit_with_nan(capsys, trainings.dense(), x, y, every=2)
    assert np.isfinite(watch.losses).tolist() == 6 * [True] + [False]
    assert equal(watch.now(), watch.steps[6])
    assert "at step 7 with learning rate 0.001" in said
    assert "weights of step 6" in said and is_one_sentence(said)


def test_a_learning_rate_that_is_too_high(capsys):
    model = trainings.dense(optimizer=keras.optimizers.SGD(1e12, momentum=0.9))
    before = model.get_weights()
    watch, said = fit_with_nan(capsys, model, *trainings.inputs(), every=50)
    assert np.isfinite(watch.losses).sum() == len(watch.losses) - 1
    assert equal(model.get_weights(), before)
    assert all(np.isfinite(value).all() for value in watch.now())
    assert "learning rate 1e+12" in said and is_one_sentence(said)


def test_nan_that_only_the_weights_show(capsys):
    class Poison(Watch):
        def on_train_batch_end(self, batch, logs=None):
            if len(self.losses) == 1:
                self.model.weights[0].assign(np.full((4, 8), np.nan))
            super().on_train_batch_end(batch, logs)

    model = trainings.dense()
    # The last step of all: no loss comes after it that could show it.
    model.fit(
        *[part[:4] for part in trainings.inputs()],
        batch_size=2,
        verbose=0,
        callbacks=[Poison(), callbacks.StopOnNaN()],
    )
    assert "A weight is not finite at step 2" in capsys.readouterr().out
    assert all(np.isfinite(value).all() for value in model.get_weights())


def test_nan_in_the_validation_loss(capsys):
    x, y = trainings.inputs()
    watch, said = fit_with_nan(
        capsys, trainings.dense(), x, y, every=9, validation_data=(x, y * np.nan)
    )
    assert said.startswith("The validation loss is not finite at step 25")
    assert len(watch.losses) == 25


def test_weights_that_are_nan_before(capsys):
    model = trainings.dense()
    model.set_weights([np.full_like(value, np.nan) for value in model.get_weights()])
    with pytest.raises(CourseError, match="before training") as error:
        fit_with_nan(capsys, model, *trainings.inputs(), every=9)
    assert is_one_sentence(str(error.value))


def test_stop_on_nan_needs_a_built_model(capsys):
    with pytest.raises(CourseError, match="keras.Input") as error:
        fit_with_nan(capsys, trainings.dense(build=False), *trainings.inputs(), every=9)
    assert is_one_sentence(str(error.value))


def test_a_good_training_is_left_alone(capsys):
    x, y = trainings.inputs()
    results = []
    for more in [[], [callbacks.StopOnNaN(every=2)]]:
        keras.utils.set_random_seed(0)
        model = trainings.dense()
        model.fit(x, y, epochs=2, verbose=0, callbacks=more)
        results.append(model.get_weights())
    assert equal(*results) and capsys.readouterr().out == ""


# Progress and LiveSamples


def fit(*callbacks, epochs=2):
    keras.utils.set_random_seed(0)
    x, y = trainings.inputs()
    trainings.dense().fit(
        x, y, batch_size=10, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )


def test_progress_without_a_notebook_is_one_line(capsys):
    fit(callbacks.Progress())
    line = capsys.readouterr().out
    assert line.startswith("2 epochs: loss ") and line.count("\n") == 1


def test_progress_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    fit(callbacks.Progress())
    *live, last = capsys.readouterr().out.removesuffix("\n").split("\r")
    assert any(
        "epoch 2/2, step 1/5: loss " in line and " left" in line for line in live
    )
    assert last.startswith("2 epochs: loss ")


def test_progress_in_a_notebook_is_stored_as_one_line_without_times():
    cell = """
import sys; sys.path.insert(0, "tests")
from test_callbacks import callbacks, fit, stop, trainings
fit(callbacks.Progress(), callbacks.LiveSamples(lambda: "a text"), epochs=3)
"""
    cells = [nbformat.v4.new_code_cell(cell) for _ in range(2)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": files.ROOT}},
        coalesce_streams=True,
    ).execute()
    line, samples = notebook.cells[0].outputs
    assert line.output_type == "display_data"
    assert line.data.keys() == {"text/plain"}
    assert line.data["text/plain"].startswith("3 epochs: loss ")
    assert samples.text == "epoch 1: a text\nepoch 2: a text\nepoch 3: a text\n"
    again = notebook.cells[1].outputs
    assert [dict(o) for o in again] == [dict(line), dict(samples)]


def test_live_samples_by_epoch_and_by_step(capsys):
    fit(callbacks.LiveSamples(lambda: "one line", every=2), epochs=5)
    assert capsys.readouterr().out == "epoch 2: one line\nepoch 4: one line\n"
    fit(callbacks.LiveSamples(lambda: "two\nlines", steps=4))
    assert capsys.readouterr().out == "step 4:\ntwo\nlines\n\nstep 8:\ntwo\nlines\n\n"
    fit(callbacks.LiveSamples(lambda: None))
    assert capsys.readouterr().out == "epoch 1\nepoch 2\n"
