"""Exercises of lesson 08: solutions, then checkers, then wrong answers."""

import warnings

from course_utils.judge import Verdict, close

import numpy as np


def quantise(weights):
    scales = np.max(np.abs(weights), axis=0) / 127
    divisors = np.where(scales > 0, scales, 1)
    return np.round(weights / divisors).astype("int8"), scales


def load_all(weights, loaded):
    if set(weights) != set(loaded):
        return False
    if any(weights[name].shape != loaded[name].shape for name in weights):
        return False
    for name, array in weights.items():
        array[...] = loaded[name]
    return True


def strangers(architecture, allowed):
    found, queue = set(), [architecture]
    while queue:
        part = queue.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                found.add(part["class_name"])
            queue.extend(part.values())
        elif isinstance(part, list):
            queue.extend(part)
    return sorted(found - set(allowed))


def check_1(answer):
    """Codes and scales of a matrix, column by column."""
    random = np.random.default_rng(0)
    some = random.normal(size=(50, 4)) * [0.01, 1, 5, 100]
    before = some.copy()
    result = answer(some)
    assert isinstance(result, tuple) and len(result) == 2, (
        "the result is not a pair of arrays. Hint: return codes, scales."
    )
    codes, scales = map(np.asarray, result)
    assert codes.dtype == np.int8, (
        f"the codes are of type {codes.dtype}, not int8. "
        'Hint: end with .astype("int8").'
    )
    assert close(scales, np.abs(before).max(axis=0) / 127), (
        "the scales are not the largest absolute value of each column, over 127. "
        "Hint: np.max(np.abs(weights), axis=0) / 127 has one number for each column."
    )
    half = 0.5001 * scales
    assert codes.shape == some.shape and np.all(abs(codes * scales - before) <= half), (
        "codes times scales are further from the weights than half a step. "
        "Hint: round to the nearest code before the type becomes int8, which cuts off."
    )
    assert close(some, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )
    zeros, nothing = answer(np.array([[0.0, 2.0], [0.0, -1.0]]))
    assert np.all(np.isfinite(nothing)) and close(zeros, [[0, 127], [0, -64]]), (
        "a column of zeros does not give codes 0. "
        "Hint: divide by 1 where the scale is 0."
    )
    try:
        with warnings.catch_warnings(action="error"):
            quiet = answer(np.zeros((2, 2)))
    except Verdict:  # what `answer` makes of a warning
        quiet = None
    assert quiet, (
        "a column of zeros gives a warning. "
        "Hint: 0 / 0 warns even if np.where drops it later: make the divisor 1 first."
    )


def check_2(answer):
    """Loading all arrays or none."""

    def model():
        return {"kernel": np.zeros((2, 3)), "bias": np.zeros(3)}

    good = {"bias": np.ones(3), "kernel": np.full((2, 3), 2.0)}
    weights = model()
    arrays = dict(weights)
    result = answer(weights, good)
    assert result is True or result is np.True_, (
        f"loading what fits gives {result!r}, not True. "
        "Hint: the order of the names does not matter; return True at the end."
    )
    assert all(close(weights[name], good[name]) for name in good), (
        "after loading, the weights are not those of the file. Hint: copy every array."
    )
    assert all(weights[name] is arrays[name] for name in arrays), (
        "the arrays were replaced and not filled, so a model would keep its old ones. "
        "Hint: write into the array: weights[name][...] = loaded[name]."
    )
    good["bias"][:] = 7
    assert close(weights["bias"], np.ones(3)), (
        "the weights change when the loaded array changes later. "
        "Hint: copy the values: weights[name][...] = loaded[name]."
    )
    kernel = {"kernel": np.ones((2, 3))}
    for problem, loaded in {
        "lacks an array": kernel,
        "has an array too many": good | {"extra": np.ones(1)},
        "has another name": kernel | {"beta": np.ones(3)},
        "has an array of another shape": kernel | {"bias": np.ones(4)},
        "has an array that only broadcasts": kernel | {"bias": np.ones(1)},
    }.items():
        weights = model()
        result = answer(weights, loaded)
        assert result is False or result is np.False_, (
            f"a file that {problem} gives {result!r}, not False. "
            "Hint: compare the sets of names, then the shapes."
        )
        assert not any(array.any() for array in weights.values()), (
            f"a file that {problem} leaves the model half loaded. "
            "Hint: check everything in one loop, and copy in a second one."
        )


def check_3(answer):
    """Class names in an architecture that are not allowed."""

    def names(architecture):
        result = answer(architecture, ["Functional", "Dense", "GRU"])
        return result if isinstance(result, list) else None

    good = _part("Functional", layers=[_part("Dense", units=3), _part("GRU", units=2)])
    assert names(good) == [], (
        "an architecture of allowed parts does not give an empty list. "
        "Hint: collect only names that are not in allowed."
    )
    assert names(_part("Lambda")) == ["Lambda"], (
        "the outermost part is not looked at. Hint: begin with the architecture itself."
    )
    nested = _part("Functional", layers=[_part("Dense", activation=_part("system"))])
    assert names(nested) == ["system"], (
        "a part inside the options of a layer is missed. "
        "Hint: look into the values of every dictionary, also of one that is a part."
    )
    lists = {"build": [[{"x": _part("Popen")}]], "class_name": "Dense"}
    assert names(lists) == ["Popen"], (
        "a part in a list in a list is missed. "
        "Hint: look into the items of every list, whatever they are."
    )
    many = _part("Functional", layers=[_part("Zip"), _part("Axe"), _part("Zip")])
    assert names(many) == ["Axe", "Zip"], (
        "names are not given once each and sorted. Hint: sorted(set(...))."
    )
    # Texts as they would look in the str() and in the JSON of a part.
    texts = ["'class_name': 'Lambda'", '"class_name": "Lambda"', "class_name", 1, None]
    assert names(_part("Dense", name="Lambda", values=texts)) == [], (
        "a text that is no class name was taken for one. "
        'Hint: only the value of the key "class_name" counts.'
    )
    try:
        found = names(_chain(100_000))  # too deep for C functions such as str, too
    except Verdict:  # what `answer` makes of a RecursionError
        found = None
    assert found == ["Lambda"], (
        "100,000 levels of dictionaries are too deep for your function. Hint: keep a "
        "list of what is still to be looked at instead of calling yourself."
    )


def _part(class_name, **config):
    return {"class_name": class_name, "config": config}


def _chain(length):
    chain = _part("Lambda")
    for _ in range(length):
        chain = {"config": chain}
    return chain


WRONG = {  # replacements in a solution, or another body for it
    "quantise__one_scale_for_all": [(", axis=0", "")],
    "quantise__cut_off": [("np.round", "")],
    "quantise__floats": [('.astype("int8")', "")],
    "quantise__zero_by_zero": [
        ("np.where(scales > 0, scales, 1)", "scales"),
        ("(weights / divisors)", "(np.nan_to_num(weights / divisors))"),
    ],
    "quantise__rows": [("axis=0", "axis=1, keepdims=True")],
    "quantise__largest_not_absolute": [("np.abs(weights)", "weights")],
    "load_all__no_check": "return weights.update(loaded) is None",
    "load_all__only_missing_names": [("set(weights) != set", "set(weights) - set")],
    "load_all__replaces_arrays": [("array[...]", "weights[name]")],
    "load_all__by_position": [
        (
            "if set(",
            "loaded = dict(zip(weights, loaded.values(), strict=False))\n    if set(",
        ),
    ],
    "strangers__only_the_layers": [
        ("[architecture]", '[architecture["config"].get("layers")]')
    ],
    "strangers__not_inside_parts": [
        ('part["class_name"])', 'part["class_name"])\n                continue')
    ],
    "strangers__each_time": [
        ("set(), [", "[], ["),
        ("found.add", "found.append"),
        ("found - set(allowed)", "name for name in found if name not in allowed"),
    ],
}


def load_all__half_loaded(weights, loaded):
    if set(weights) != set(loaded):
        return False
    for name in weights:
        if weights[name].shape != loaded[name].shape:
            return False
        weights[name][...] = loaded[name]
    return True


def load_all__counts_numbers(weights, loaded):
    if set(weights) != set(loaded):
        return False
    try:
        for name in weights:
            weights[name][...] = loaded[name]
    except ValueError:
        return False
    return True


def strangers__text_search(architecture, allowed):
    names = str(architecture).split("'class_name': '")[1:]
    return sorted({name.split("'")[0] for name in names} - set(allowed))


def strangers__recursive(architecture, allowed):
    def walk(part):
        if isinstance(part, dict):
            yield from [part["class_name"]] if "class_name" in part else []
            part = list(part.values())
        for item in part if isinstance(part, list) else []:
            yield from walk(item)

    return sorted(set(walk(architecture)) - set(allowed))
