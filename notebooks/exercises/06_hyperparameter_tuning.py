"""Exercises of lesson 06: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def suggest(trial):
    settings = {
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 0.1, log=True),
        "num_layers": trial.suggest_int("num_layers", 1, 3),
        "batch_size": trial.suggest_categorical("batch_size", [16, 32, 64]),
        "optimizer": trial.suggest_categorical("optimizer", ["adam", "sgd"]),
    }
    if settings["optimizer"] == "sgd":
        settings["momentum"] = trial.suggest_float("momentum", 0.0, 0.99)
    return settings


def search(train, pruner, num_trials):
    import optuna

    def objective(trial):
        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
        for epoch, loss in enumerate(train(rate)):
            trial.report(loss, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return loss

    study = optuna.create_study(pruner=pruner)
    study.optimize(objective, n_trials=num_trials)
    return study


def build(hp):
    import keras

    model = keras.Sequential([keras.Input((8,))])
    for layer in range(hp.Int("num_layers", 1, 3)):
        units = hp.Int(f"num_units_{layer}", 16, 256)
        model.add(keras.layers.Dense(units, "relu"))
    model.add(keras.layers.Dense(1))
    rate = hp.Float("learning_rate", 1e-5, 1e-1, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "mse")
    return model


def check_1(answer):
    """A search space with a condition."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    always = ["learning_rate", "num_layers", "batch_size", "optimizer"]
    for _ in range(40):
        trial = study.ask()
        settings = answer(trial)
        assert isinstance(settings, dict), (
            f"it returned a {type(settings).__name__}, not a dictionary. "
            'Hint: {"learning_rate": trial.suggest_float(...), ...}.'
        )
        for name in always:
            assert name in trial.distributions, (
                f"the trial was not asked for {name}. "
                "Hint: the name is the first argument of every suggest method."
            )
        sgd, names = trial.params["optimizer"] == "sgd", trial.distributions
        assert not sgd or "momentum" in names, (
            "with sgd the trial was not asked for momentum. "
            'Hint: if the optimizer is "sgd", suggest one more float.'
        )
        assert sgd or "momentum" not in names, (
            "momentum was suggested although the optimizer is not sgd. "
            "Hint: suggest it inside an `if`."
        )
        assert set(names) == {*always, *(["momentum"] if sgd else [])}, (
            f"the trial was also asked for {sorted({*names} - {*always, 'momentum'})}. "
            "Hint: use the names of the task and no others."
        )
        assert settings == trial.params, (
            "the settings are not what the trial suggested, under the same names. "
            "Hint: put the value of each suggest call into the dictionary, unchanged."
        )
        _check_distributions(optuna.distributions, names)


def _check_distributions(kinds, names):
    rate = names["learning_rate"]
    assert isinstance(rate, kinds.FloatDistribution), (
        "learning_rate is not drawn as a float. Hint: trial.suggest_float."
    )
    assert rate.log, (
        "learning_rate is not drawn on the log scale. Hint: pass log=True to it."
    )
    assert close([rate.low, rate.high], [1e-4, 0.1]), (
        f"learning_rate goes from {rate.low:g} to {rate.high:g}, not from 0.0001 to "
        "0.1. Hint: the second and third argument are the lowest and highest value."
    )
    num_layers = names["num_layers"]
    chosen = getattr(num_layers, "choices", None)
    if chosen is None:
        assert isinstance(num_layers, kinds.IntDistribution), (
            "num_layers may be a fraction. Hint: trial.suggest_int."
        )
        chosen = range(num_layers.low, num_layers.high + 1, num_layers.step)
    assert sorted(chosen) == [1, 2, 3], (
        f"num_layers may be {[*chosen]}, not 1, 2 or 3. "
        "Hint: suggest_int includes both ends."
    )
    for name, expected in [
        ("batch_size", [16, 32, 64]),
        ("optimizer", ["adam", "sgd"]),
    ]:
        choices = getattr(names[name], "choices", None)
        assert choices is not None, (
            f"{name} is drawn from a range, so other values are possible, too. "
            "Hint: trial.suggest_categorical takes a list of what may be chosen."
        )
        assert sorted(map(str, choices)) == sorted(map(str, expected)), (
            f"{name} is one of {[*choices]}, not of {expected}. "
            "Hint: compare the list with the task."
        )
    if "momentum" in names:
        momentum = names["momentum"]
        assert isinstance(momentum, kinds.FloatDistribution) and not momentum.log, (
            "momentum is not drawn evenly from a range of floats. "
            "Hint: trial.suggest_float without log."
        )
        assert close([momentum.low, momentum.high], [0, 0.99]), (
            f"momentum goes from {momentum.low:g} to {momentum.high:g}, not from 0 to "
            "0.99. Hint: the second and third argument are the ends."
        )


SHAPE = [1.0, 0.5, 0.2, 0.1, 0.3]  # added to the loss of each epoch


def check_2(answer):
    """A search whose objective reports and prunes."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    done = []  # epochs of each call

    def train(rate):
        done.append(0)
        for more in SHAPE:
            done[-1] += 1
            yield (np.log10(rate) + 2) ** 2 + more

    pruner = optuna.pruners.NopPruner()
    study = answer(train, pruner, 6)
    assert isinstance(study, optuna.Study), (
        f"it returned a {type(study).__name__}, not the study. "
        "Hint: return what optuna.create_study gave you."
    )
    assert study.direction.name == "MINIMIZE", (
        "the study maximises the loss. Hint: create_study minimises by default."
    )
    assert study.pruner is pruner, (
        "the study does not have the pruner that was given. "
        "Hint: optuna.create_study(pruner=pruner)."
    )
    states = [trial.state.name for trial in study.trials]
    assert len(states) == 6, (
        f"with num_trials=6 the study has {len(states)} trials. "
        "Hint: study.optimize(objective, n_trials=num_trials)."
    )
    assert states == ["COMPLETE"] * 6, (
        f"with a pruner that prunes nothing, the states are {sorted({*states})}. "
        "Hint: raise TrialPruned only if trial.should_prune(), and return the loss."
    )
    assert done == [5] * 6, (
        "train was not called once for each trial and read to its end. "
        "Hint: one loop over train(rate) in the objective."
    )
    for trial in study.trials:
        rate = trial.distributions.get("rate")
        assert rate is not None and getattr(rate, "log", False), (
            "rate was not suggested, or not on the log scale. "
            'Hint: trial.suggest_float("rate", ..., log=True).'
        )
        assert close([rate.low, rate.high], [1e-4, 1]), (
            f"rate goes from {rate.low:g} to {rate.high:g}, not from 0.0001 to 1. "
            "Hint: the second and third argument are the lowest and highest value."
        )
        losses = (np.log10(trial.params["rate"]) + 2) ** 2 + np.array(SHAPE)
        reported = trial.intermediate_values
        assert len(reported) == 5, (
            f"of five epochs {len(reported)} have a report of their own. Hint: "
            "trial.report(loss, epoch) in the loop, with another number each time."
        )
        assert sorted(reported) == [0, 1, 2, 3, 4], (
            f"the reports have the steps {sorted(reported)}, not 0 to 4. "
            "Hint: enumerate counts from 0."
        )
        assert close([reported[step] for step in range(5)], losses), (
            "a report is not the loss of its epoch. "
            "Hint: report what train yields, unchanged."
        )
        assert close(trial.value, losses[-1]), (
            "the value of a trial is not the loss after its last epoch. "
            "Hint: return the loss that came last, not the lowest or the mean."
        )
    done.clear()
    study = answer(train, _pruner_of_odd(optuna)(), 6)
    states = [trial.state.name for trial in study.trials]
    assert "PRUNED" in states or done != [5] * 6, (
        "a pruner that stops every second trial has stopped none. "
        "Hint: ask trial.should_prune() after each report, and raise TrialPruned."
    )
    assert states == ["COMPLETE", "PRUNED"] * 3, (
        f"a pruner stops every second trial, and the states are {states[:2]}. "
        "Hint: raise optuna.TrialPruned, do not return or break."
    )
    assert done == [5, 2] * 3, (
        f"a trial that is stopped after its second report trained {done[1]} epochs. "
        "Hint: report and ask inside the loop, after each epoch."
    )


def _pruner_of_odd(optuna):
    class Odd(optuna.pruners.BasePruner):
        def prune(self, study, trial):
            return trial.number % 2 == 1 and len(trial.intermediate_values) >= 2

    return Odd


WIDTHS = "num_units_0", "num_units_1", "num_units_2"


def check_3(answer):
    """Names and scales in a KerasTuner search space."""
    import keras
    import keras_tuner

    hp = keras_tuner.HyperParameters()
    hp.Fixed("num_layers", 3)
    model = answer(hp)
    assert isinstance(model, keras.Model), (
        f"it returned a {type(model).__name__}, not a model. "
        "Hint: model.compile(...) returns None: compile, then return the model."
    )
    assert getattr(model, "optimizer", None) is not None, (
        "the model is not compiled. Hint: call model.compile before you return it."
    )
    found = {part.name: part for part in hp.space}
    for name in WIDTHS:
        assert name in found, (
            f"with three layers, hp was not asked for {name} but for {sorted(found)}. "
            'Hint: hp.Int(f"num_units_{layer}", ...), layer counting from 0.'
        )
        part = found[name]
        ends = getattr(part, "min_value", None), getattr(part, "max_value", None)
        assert ends == (16, 256), (
            f"{name} goes from {ends[0]} to {ends[1]}, not from 16 to 256. "
            "Hint: hp.Int takes the lowest and the highest value, as before."
        )
        even = (
            getattr(part, "step", 1) in (None, 1),
            getattr(part, "sampling", "linear"),
        )
        assert even in [(True, "linear"), (True, None)], (
            f"{name} is not drawn evenly from every width as before. "
            "Hint: hp.Int without `step` and `sampling`."
        )
    extra = sorted({*found} - {*WIDTHS, "num_layers", "learning_rate"})
    assert not extra, (
        f"hp was also asked for {extra}. Hint: choose the number of layers, their "
        "widths and the learning rate, and nothing else."
    )
    assert "learning_rate" in found, (
        "hp was not asked for learning_rate. Hint: keep the name of the task."
    )
    rate = found["learning_rate"]
    assert getattr(rate, "sampling", None) == "log", (
        "learning_rate is still drawn on the linear scale. "
        'Hint: hp.Float(..., sampling="log").'
    )
    assert close([rate.min_value, rate.max_value], [1e-5, 0.1]), (
        f"learning_rate goes from {rate.min_value:g} to {rate.max_value:g}, not from "
        "0.00001 to 0.1. Hint: the range was no fault."
    )
    for widths in ([16, 32, 64], [200], [20, 100]):
        hp = keras_tuner.HyperParameters()
        hp.Fixed("num_layers", len(widths))
        hp.Fixed("learning_rate", 0.003)
        for layer, width in enumerate(widths):
            hp.Fixed(f"num_units_{layer}", width)
        model = answer(hp)
        units = [layer.units for layer in model.layers if hasattr(layer, "units")]
        assert units == [*widths, 1], (
            f"for hidden layers of {widths} units the model has layers of {units}. "
            "Hint: each hidden layer has its own number, and the last has one unit."
        )
        assert close(model.optimizer.learning_rate, 0.003, 1e-4), (
            "the optimizer does not have the learning rate of hp. "
            "Hint: keras.optimizers.Adam(rate)."
        )
    hp = keras_tuner.HyperParameters()
    answer(hp)
    found = {part.name: part for part in hp.space}
    ends = [
        getattr(found.get("num_layers"), f"{end}_value", 0) for end in ("min", "max")
    ]
    assert ends == [1, 3], (
        f"num_layers goes from {ends[0]} to {ends[1]}, not from 1 to 3. "
        "Hint: the range was no fault."
    )


WRONG = {  # replacements in a solution, or another body for it
    "suggest__linear": [("1e-4, 0.1, log=True", "1e-4, 0.1")],
    "suggest__other_range": [("1e-4, 0.1", "1e-5, 0.1")],
    "suggest__fraction_of_a_layer": [
        ('suggest_int("num_layers", 1, 3)', 'suggest_float("num_layers", 1, 3)')
    ],
    "suggest__end_left_out": [('"num_layers", 1, 3', '"num_layers", 1, 4')],
    "suggest__any_batch_size": [
        (
            'suggest_categorical("batch_size", [16, 32, 64])',
            'suggest_int("batch_size", 16, 64)',
        )
    ],
    "suggest__other_name": [('suggest_float("learning_rate"', 'suggest_float("rate"')],
    "suggest__always_momentum": [('if settings["optimizer"] == "sgd"', "if True")],
    "suggest__never_momentum": [('if settings["optimizer"] == "sgd"', "if False")],
    "suggest__momentum_up_to_1": [("0.0, 0.99", "0.0, 1.0")],
    "suggest__extra": [
        (
            "    return settings",
            '    trial.suggest_int("seed", 0, 9)\n    return settings',
        )
    ],
    "suggest__forgets_momentum": [('settings["momentum"] = ', "")],
    "suggest__a_list": [("return settings", "return [*settings.values()]")],
    "search__no_reports": [("            trial.report(loss, epoch)\n", "")],
    "search__never_asks": [("if trial.should_prune()", "if False")],
    "search__break": [("raise optuna.TrialPruned", "break")],
    "search__returns_from_it": [("raise optuna.TrialPruned", "return loss")],
    "search__one_step": [("report(loss, epoch)", "report(loss, 0)")],
    "search__counts_from_1": [("report(loss, epoch)", "report(loss, epoch + 1)")],
    "search__maximises": [("pruner=pruner", 'pruner=pruner, direction="maximize"')],
    "search__other_pruner": [("pruner=pruner", "")],
    "search__linear": [(", log=True", "")],
    "search__lowest": [
        ("        for epoch", "        best = np.inf\n        for epoch"),
        (
            "            if trial",
            "            best = min(best, loss)\n            if trial",
        ),
        ("return loss", "return best"),
    ],
    "search__after_the_loop": "import optuna\n\n"
    "    def objective(trial):\n"
    '        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)\n'
    "        losses = [*train(rate)]\n"
    "        for epoch, loss in enumerate(losses):\n"
    "            trial.report(loss, epoch)\n"
    "        if trial.should_prune():\n"
    "            raise optuna.TrialPruned\n"
    "        return loss\n\n"
    "    study = optuna.create_study(pruner=pruner)\n"
    "    study.optimize(objective, n_trials=num_trials)\n"
    "    return study",
    "search__prunes_always": [("if trial.should_prune()", "if True")],
    "search__best_params": [("return study", "return study.best_params")],
    "search__ten_trials": [("n_trials=num_trials", "n_trials=10")],
    "build__one_name": [('f"num_units_{layer}"', '"num_units"')],
    "build__counts_from_1": [("num_units_{layer}", "num_units_{layer + 1}")],
    "build__linear": [(', sampling="log"', "")],
    "build__other_range": [("1e-5, 1e-1", "1e-4, 1e-1")],
    "build__coarse_widths": [("16, 256)", "16, 256, step=16)")],
    "build__last_layer_chosen": [("Dense(1)", 'Dense(hp.Int("last", 1, 4))')],
    "build__no_last_layer": [("    model.add(keras.layers.Dense(1))\n", "")],
    "build__own_rate": [("Adam(rate)", "Adam()")],
    "build__not_compiled": [
        ('    model.compile(keras.optimizers.Adam(rate), "mse")\n', "")
    ],
    "build__returns_compile": [
        (
            '    model.compile(keras.optimizers.Adam(rate), "mse")\n    return model',
            '    return model.compile(keras.optimizers.Adam(rate), "mse") or 0',
        )
    ],
    "build__fixed_depth": [('range(hp.Int("num_layers", 1, 3))', "range(3)")],
}
