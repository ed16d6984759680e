"""Exercises of lesson 08: solutions, then checkers, then wrong answers."""

import tempfile
from pathlib import Path

from course_utils.judge import close

import numpy as np


def squash():
    import keras

    class Squash(keras.layers.Layer):
        def __init__(self, factor, activation="tanh", **options):
            super().__init__(**options)
            self.factor = factor
            self.activation = keras.activations.get(activation)

        def call(self, x):
            return self.activation(self.factor * x)

        def get_config(self):
            config = super().get_config()
            config["factor"] = self.factor
            config["activation"] = keras.activations.serialize(self.activation)
            return config

    return Squash


def go_on(path, x, y, schedule, done, last):
    import keras

    model = keras.models.load_model(path)
    rate = keras.callbacks.LearningRateScheduler(schedule)
    options = dict(batch_size=8, shuffle=False, callbacks=[rate], verbose=0)
    model.fit(x, y, initial_epoch=done, epochs=last, **options)
    return model


def differing_layers(path, other):
    import keras

    models = keras.models.load_model(path), keras.models.load_model(other)
    names = []
    for one, two in zip(models[0].layers, models[1].layers, strict=True):
        pairs = zip(one.get_weights(), two.get_weights(), strict=True)
        same = all(np.array_equal(a, b) for a, b in pairs)
        if one.get_config() != two.get_config() or not same:
            names.append(one.name)
    return sorted(names)


def check_1(answer):
    """A custom layer that comes back as it was."""
    import keras

    given = answer()
    is_class = isinstance(given, type) and issubclass(given, keras.layers.Layer)
    assert is_class, (
        f"it returned {str(given)[:40]}, which is no class of a layer. "
        "Hint: end with `return Squash`, without brackets behind it."
    )
    x = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    for factor, activation in [(2.0, "tanh"), (0.5, "relu")]:
        try:
            layer = given(factor, activation=activation, name="mine")
            start = keras.Input((3,))
            model = keras.Model(start, layer(start))
            expected = np.array(model(x))
        except Exception as error:
            raise AssertionError(_told("cannot be built and called", error)) from None
        right = np.tanh(2 * x) if activation == "tanh" else np.maximum(x / 2, 0)
        assert close(expected, right, 1e-5), (
            "the layer itself computes something else than before. "
            "Hint: copy the class of the lesson and change only get_config."
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.keras")
            try:
                model.save(path)
                objects = {given.__name__: given}
                loaded = keras.models.load_model(path, custom_objects=objects)
                outputs = np.array(loaded(x))
            except Exception as error:
                told = _told("cannot be saved and loaded", error)
                raise AssertionError(told) from None
        back = loaded.layers[1]
        assert back.factor == factor, (
            f"factor {factor} comes back as {back.factor}. "
            'Hint: put "factor": self.factor into the dictionary.'
        )
        assert close(outputs, expected), (
            f"with activation {activation!r} the loaded layer has other outputs. Hint: "
            "the dictionary needs the activation, too; without it comes the default."
        )
        assert back.name == "mine", (
            f"the name 'mine' comes back as {back.name!r}. Hint: begin with "
            "super().get_config(), which holds the name and other common settings."
        )


def _told(what, error):
    reason = str(error).rpartition("Exception encountered: ")[2].strip()
    reason = " ".join(reason.split())[:100].rstrip(".")
    return (
        f"the layer {what} ({type(error).__name__}: {reason}). Hint: get_config "
        "returns a dictionary with the arguments of __init__ as names."
    )


def _schedule(epoch):
    return 0.1 / (1 + epoch)


def check_2(answer):
    """A training that goes on exactly."""
    import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype("float32")
    y = (x @ [[1.0], [-2.0], [0.5]] + 1).astype("float32")
    done, last, steps = 2, 5, 5

    def fit(model, first, to, schedule=_schedule):
        rate = keras.callbacks.LearningRateScheduler(schedule)
        options = dict(batch_size=8, shuffle=False, callbacks=[rate], verbose=0)
        model.fit(x, y, initial_epoch=first, epochs=to, **options)
        return model

    start = keras.Input((3,))
    ones = keras.layers.Dense(1, kernel_initializer="ones")
    model = keras.Model(start, ones(start))
    model.compile("adam", keras.losses.MeanSquaredError(), jit_compile=False)
    seen = []

    def schedule(epoch):
        seen.append(epoch)
        return _schedule(epoch)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "half.keras")
        fit(model, 0, done).save(path)
        result = answer(path, x.copy(), y.copy(), schedule, done, last)
        weights = [np.array(each) for each in getattr(result, "weights", [])]
        assert len(weights) == 2, (
            f"it returned {type(result).__name__}, not the model. "
            "Hint: `fit` returns a History; end with `return model`."
        )
        half = keras.models.load_model(path)
    assert not close(weights[0], half.get_weights()[0]), (
        "the weights are still those of the file. Hint: train the loaded model; "
        f"`epochs` is the last epoch ({last} here), not the number of further ones."
    )
    assert seen, (
        "the schedule was never called, so every epoch has the same learning rate. "
        "Hint: give fit callbacks=[keras.callbacks.LearningRateScheduler(schedule)]."
    )
    assert set(seen) == set(range(done, last)), (
        f"the schedule was called for the epochs {sorted(set(seen))}, not "
        f"{[*range(done, last)]}. Hint: fit(..., initial_epoch=done, epochs=last)."
    )
    taken = int(getattr(result.optimizer, "iterations", 0))
    assert taken != (last - done) * steps, (
        "the optimiser counts only the steps after the break, so its state was lost. "
        "Hint: use the loaded model as it is, without compiling it again."
    )
    assert taken == last * steps, (
        f"the optimiser has taken {taken} steps in all, not {last * steps}. "
        "Hint: batches of 8 rows, and each epoch once."
    )
    whole = fit(half, done, last).get_weights()
    assert all(close(a, b) for a, b in zip(weights, whole, strict=True)), (
        "the weights differ from those of a training without a break. "
        "Hint: fit shuffles the rows unless you say shuffle=False."
    )


def check_3(answer):
    """Which layers of two files differ."""
    import keras

    def build(rate=0.2, activation="relu", units=4):
        keras.utils.set_random_seed(0)
        start = keras.Input((3,), name="start")
        x = keras.layers.Dense(units, activation=activation, name="hidden")(start)
        x = keras.layers.BatchNormalization(name="norm")(x)
        x = keras.layers.Dropout(rate, name="drop")(x)
        return keras.Model(start, keras.layers.Dense(2, name="answer")(x))

    def found(change=None, **settings):
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in ("one.keras", "two.keras")]
            two = build(**settings)
            if change:
                change(two)
            build().save(paths[0])
            two.save(paths[1])
            return answer(*paths)

    def shift(layer, place=0, by=1e-3):
        def change(model):
            weights = model.get_layer(layer).get_weights()
            weights[place].flat[0] += by
            model.get_layer(layer).set_weights(weights)

        return change

    def swapped(model):
        kernel, bias = model.get_layer("answer").get_weights()
        model.get_layer("answer").set_weights([kernel[::-1], bias])

    same = found()
    assert isinstance(same, list), (
        f"for two equal models it returned {type(same).__name__}, not an empty list. "
        "Hint: sorted(...) makes a list."
    )
    assert same == [], (
        f"for two equal models it names {str(same)[:60]}. Hint: compare the values: "
        "np.array_equal for arrays, == for the dictionaries of get_config()."
    )
    weights = found(shift("answer"))
    assert weights and all(isinstance(each, str) for each in weights), (
        f"one weight of the layer 'answer' differs by 0.001, and it returned "
        f"{str(weights)[:40]}. Hint: names (layer.name), found by every weight."
    )
    for what, expected, got in [
        ("one number of a kernel", ["answer"], weights),
        ("a bias", ["hidden"], found(shift("hidden", 1))),
        ("the order of two rows of a kernel", ["answer"], found(swapped)),
        ("a moving mean", ["norm"], found(shift("norm", 2))),
        ("a dropout rate", ["drop"], found(rate=0.5)),
        ("an activation", ["hidden"], found(activation="tanh")),
    ]:
        assert got == expected, (
            f"{what} differs, so the answer is {expected}, not {str(got)[:60]}. Hint: "
            "compare get_config() and all of get_weights(), number by number."
        )
    two = found(shift("hidden"), rate=0.5)
    assert isinstance(two, list) and sorted(two) == ["drop", "hidden"], (
        f"the layers 'hidden' and 'drop' differ, and it returned {str(two)[:60]}. "
        "Hint: look at every layer before you return."
    )
    assert two == ["drop", "hidden"], (
        f"the names come in the order {two}. Hint: end with sorted(names)."
    )


WRONG = {  # replacements in a solution, or another body for it
    "squash__without_activation": [
        (
            '            config["activation"] = '
            "keras.activations.serialize(self.activation)\n",
            "",
        )
    ],
    "squash__without_factor": [('            config["factor"] = self.factor\n', "")],
    "squash__without_super": [("super().get_config()", "{}")],
    "squash__an_instance": [("return Squash", "return Squash(2.0)")],
    "squash__text_of_the_function": [
        ("keras.activations.serialize(self.activation)", "str(self.activation)")
    ],
    "squash__fixed_values": [
        ("= self.factor\n            config", "= 2.0\n            config")
    ],
    "squash__returns_nothing": [("            return config\n", "")],
    "go_on__compiled_again": [
        ("load_model(path)", 'load_model(path)\n    model.compile("adam", "mse")')
    ],
    "go_on__counts_from_0": [
        ("initial_epoch=done, epochs=last", "epochs=last - done"),
    ],
    "go_on__all_again": [("initial_epoch=done, epochs=last", "epochs=last")],
    "go_on__no_epoch_left": [("epochs=last", "epochs=last - done")],
    "go_on__shuffled": [("shuffle=False, ", "")],
    "go_on__no_schedule": [("callbacks=[rate], ", "")],
    "go_on__other_batches": [("batch_size=8, ", "")],
    "go_on__returns_history": [
        ("    model.fit", "    return model.fit"),
    ],
    "differing_layers__weights_only": [
        ("one.get_config() != two.get_config() or ", "")
    ],
    "differing_layers__settings_only": [(" or not same", "")],
    "differing_layers__sums": [
        ("np.array_equal(a, b)", "np.isclose(a.sum(), b.sum(), 1e-9, 1e-9)")
    ],
    "differing_layers__trainable_only": [
        ("one.get_weights()", "one.trainable_weights"),
        ("two.get_weights()", "two.trainable_weights"),
    ],
    "differing_layers__not_sorted": [("sorted(names)", "names")],
    "differing_layers__numbers": [
        ("names.append(one.name)", "names.append(models[0].layers.index(one))")
    ],
    "differing_layers__set": [("sorted(names)", "set(names)")],
    "differing_layers__first_only": [
        ("names.append(one.name)", "return [one.name]"),
    ],
}
