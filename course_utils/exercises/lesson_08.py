"""Checkers of lesson 08: int8 weights, all or nothing, parts of an architecture."""

import warnings

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """Codes and scales of a matrix, column by column."""
    random = np.random.default_rng(0)
    some = random.normal(size=(50, 4)) * [0.01, 1, 5, 100]
    before = some.copy()
    codes, scales = _pair(answer(some))
    expect(
        codes is not None,
        "the result is not a pair of arrays",
        "return codes, scales",
    )
    expect(
        np.asarray(codes).dtype == np.int8,
        f"the codes are of type {np.asarray(codes).dtype}, not int8",
        'end with .astype("int8")',
    )
    expect(
        close(scales, np.abs(before).max(axis=0) / 127),
        "the scales are not the largest absolute value of each column, over 127",
        "np.max(np.abs(weights), axis=0) / 127 has one number for each column",
    )
    expect(
        np.shape(codes) == some.shape
        and np.all(np.abs(codes * scales - before) <= 0.5001 * np.asarray(scales)),
        "codes times scales are further from the weights than half a step",
        "round to the nearest code before the type becomes int8, which cuts off",
    )
    expect(close(some, before, 0), "your function changes its input", "work on a copy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        zeros, nothing = _pair(answer(np.array([[0.0, 2.0], [0.0, -1.0]])))
    expect(
        np.all(np.isfinite(nothing)) and close(zeros, [[0, 127], [0, -64]]),
        "a column of zeros does not give codes 0",
        "divide by 1 where the scale is 0",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            answer(np.zeros((2, 2)))
            quiet = True
        except BaseException:  # what `answer` makes of a warning
            quiet = False
    expect(
        quiet,
        "a column of zeros gives a warning",
        "0 / 0 warns even if np.where drops it later: make the divisor 1 first",
    )


def _pair(result):
    """Both parts of a pair, or None twice."""
    return result if isinstance(result, tuple) and len(result) == 2 else (None, None)


def check_2(answer):
    """Loading all arrays or none."""

    def model():
        return {"kernel": np.zeros((2, 3)), "bias": np.zeros(3)}

    def unchanged(weights):
        return all(not array.any() for array in weights.values())

    good = {"bias": np.ones(3), "kernel": np.full((2, 3), 2.0)}
    weights = model()
    arrays = dict(weights)
    result = answer(weights, good)
    expect(
        result is True or result is np.True_,
        f"loading what fits gives {result!r}, not True",
        "the order of the names does not matter; return True at the end",
    )
    expect(
        all(close(weights[name], good[name]) for name in good),
        "after loading, the weights are not those of the file",
        "copy every array",
    )
    expect(
        all(weights[name] is arrays[name] for name in arrays),
        "the arrays were replaced and not filled, so a model would keep its old ones",
        "write into the array: weights[name][...] = loaded[name]",
    )
    good["bias"][:] = 7
    expect(
        close(weights["bias"], np.ones(3)),
        "the weights change when the loaded array changes later",
        "copy the values: weights[name][...] = loaded[name]",
    )
    for problem, loaded in {
        "lacks an array": {"kernel": np.ones((2, 3))},
        "has an array too many": good | {"extra": np.ones(1)},
        "has another name": {"kernel": np.ones((2, 3)), "beta": np.ones(3)},
        "has an array of another shape": {
            "kernel": np.ones((2, 3)),
            "bias": np.ones(4),
        },
        "has an array that only broadcasts": {
            "kernel": np.ones((2, 3)),
            "bias": np.ones(1),
        },
    }.items():
        weights = model()
        result = answer(weights, loaded)
        expect(
            result is False or result is np.False_,
            f"a file that {problem} gives {result!r}, not False",
            "compare the sets of names, then the shapes",
        )
        expect(
            unchanged(weights),
            f"a file that {problem} leaves the model half loaded",
            "check everything in one loop, and copy in a second one",
        )


def check_3(answer):
    """Class names in an architecture that are not allowed."""
    allowed = ["Functional", "Dense", "GRU"]
    good = _part("Functional", layers=[_part("Dense", units=3), _part("GRU", units=2)])
    expect(
        _names(answer(good, allowed)) == [],
        "an architecture of allowed parts does not give an empty list",
        "collect only names that are not in allowed",
    )
    outside = _part("Lambda")
    expect(
        _names(answer(outside, allowed)) == ["Lambda"],
        "the outermost part is not looked at",
        "begin with the architecture itself",
    )
    nested = _part("Functional", layers=[_part("Dense", activation=_part("system"))])
    expect(
        _names(answer(nested, allowed)) == ["system"],
        "a part inside the options of a layer is missed",
        "look into the values of every dictionary, also of one that is a part",
    )
    deep = {"build": [[{"x": (_part("Popen"))}]], "class_name": "Dense"}
    expect(
        _names(answer(deep, allowed)) == ["Popen"],
        "a part in a list in a list is missed",
        "look into the items of every list, whatever they are",
    )
    many = _part("Functional", layers=[_part("Zip"), _part("Axe"), _part("Zip")])
    expect(
        _names(answer(many, allowed)) == ["Axe", "Zip"],
        "names are not given once each and sorted",
        "sorted(set(...))",
    )
    texts = _part("Dense", name="Lambda", note="class_name", values=[1, None, 2.5])
    expect(
        _names(answer(texts, allowed)) == [],
        "a text that is no class name was taken for one",
        'only the value of the key "class_name" counts',
    )
    chain = _part("Lambda")
    for _ in range(2000):
        chain = {"config": chain}
    expect(
        _names(_deep(answer, chain, allowed)) == ["Lambda"],
        "2000 levels of dictionaries are too deep for your function",
        "keep a list of what is still to be looked at instead of calling yourself",
    )


def _part(class_name, **config):
    return {"class_name": class_name, "config": config}


def _names(result):
    return result if isinstance(result, list) else None


def _deep(answer, *inputs):
    try:
        return answer(*inputs)
    except BaseException:  # what `answer` makes of a RecursionError
        return None
