"""Exercises of lesson 07: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def ten_that_fool(probabilities):
    return np.argmax(probabilities, axis=0)


def at_infinity(sizes, distances):
    slope, value = np.polyfit(1 / np.asarray(sizes, float), distances, 1)
    return float(value)


def suspicious(nearest, usual):
    return float(np.mean(nearest < np.quantile(usual, 0.01)))


def check_1(answer):
    """Ten pictures, repeated, with a high Inception Score."""
    rng = np.random.default_rng(0)

    def judged(count, num_classes):
        logits = rng.normal(size=(count, num_classes))
        logits[np.arange(count), rng.integers(0, num_classes, count)] += 4
        p = np.exp(logits * rng.uniform(0.2, 2, (count, 1)))
        return p / p.sum(axis=1, keepdims=True)

    p = judged(400, 10)
    before = p.copy()
    chosen = np.asarray(answer(p))
    assert chosen.shape == (10,), (
        f"for 400 pictures and 10 classes it returns the shape {chosen.shape}, not "
        "(10,). Hint: one picture for each class, each class a column."
    )
    assert close(p, before, 0), "it changes the probabilities. Hint: work on a copy."
    assert chosen.dtype.kind in "iu", (
        f"it returns numbers such as {chosen.flat[0]!s:.8}, not indices. Hint: which "
        "picture has the highest probability, not how high it is."
    )
    assert chosen.min() >= 0 and chosen.max() < 400, (
        f"there is no picture with the index {chosen[np.argmax(np.abs(chosen))]}. "
        "Hint: count the rows from 0."
    )
    assert not close((chosen - 1) % 400, p.argmax(axis=0)), (
        "each index is one too high. Hint: count the rows from 0."
    )
    assert not close(chosen, p.argmin(axis=0)), (
        "they are the pictures with the lowest probability of each class. Hint: the "
        "judge must be sure of the class."
    )
    seen = set(p[chosen].argmax(axis=1).tolist())
    assert len(seen) == 10, (
        f"the judge sees only {len(seen)} different classes in your ten pictures. "
        "Hint: the surest pictures of all may share a class; search class by class."
    )

    def score(p):
        return np.exp(np.mean(np.sum(p * np.log(p / p.mean(axis=0)), axis=1)))

    found, possible = score(p[chosen]), score(p[p.argmax(axis=0)])
    assert found > possible - 1e-6, (
        f"copies of them score {found:.3f}; {possible:.3f} is possible. Hint: of each "
        "class, take the picture of which the judge is surest."
    )
    few = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.0, 0.1, 0.9], [0, 0.3, 0.7]])
    assert close(answer(few), [0, 1, 2]), (
        "with 3 classes and 4 pictures, of which the first three are the surest, it "
        "does not return [0, 1, 2]. Hint: number of classes = number of columns."
    )


def check_2(answer):
    """The Fréchet distance of endless sets."""
    sizes = np.array([250, 500, 1000, 4000])
    value = answer(sizes, 3.0 + 800 / sizes)
    assert np.shape(value) == (), (
        f"it returns the shape {np.shape(value)}, not one number. Hint: of the line, "
        "return only its value at 1 / n = 0."
    )
    assert not close(value, 800.0, 1e-4), (
        "it returns the slope of the line. Hint: np.polyfit(x, y, 1) returns the slope "
        "first, then the value at x = 0."
    )
    assert close(value, 3.0, 1e-4), (
        f"for distances of exactly 3 + 800 / n it returns {float(value):.4g}, not 3. "
        "Hint: fit a straight line to the distances against 1 / n, not against n."
    )
    order = np.array([2, 0, 3, 1])
    assert close(answer(sizes[order], 3.0 + 800 / sizes[order]), 3.0, 1e-4), (
        "sizes in another order give another result. Hint: fit a line to all points."
    )
    sizes = np.array([100, 200, 500, 1000, 5000])
    noisy = 2.0 + 500 / sizes + np.array([0.3, -0.4, 0.2, -0.1, 0.05])
    expected = np.polyfit(1 / sizes, noisy, 1)[1]
    value = answer(sizes, noisy)
    assert close(value, expected, 1e-4), (
        f"for points that do not lie on a line it returns {float(value):.4g}, not "
        f"{expected:.4g}. Hint: a straight line by least squares through all points, "
        "with equal weights."
    )
    value = answer([250, 500, 1000], [5.0, 4.0, 3.5])
    assert close(value, 3.0, 1e-4), (
        "lists give another result than arrays. Hint: np.asarray(sizes, float)."
    )


def check_3(answer):
    """The share of pictures suspiciously near to a training picture."""
    rng = np.random.default_rng(0)
    usual, honest = rng.gamma(9, 1, 4000), rng.gamma(9, 1, 4000)
    result = answer(honest, usual)
    assert np.shape(result) == (), (
        f"it returns the shape {np.shape(result)}, not one number. Hint: the mean over "
        "the generated pictures comes last."
    )
    result = float(result)
    assert result <= 1, (
        f"it returns {result:.4g}, which is no share. Hint: np.mean of a comparison, "
        "instead of np.sum."
    )
    assert result < 0.5, (
        f"of an honest generator {result:.0%} are suspicious. Hint: nearer than 99 % "
        "of unseen pictures: the quantile 0.01 of their distances."
    )
    some = honest.copy()
    some[:400] = rng.uniform(0, 0.1, 400)
    told = float(answer(some, usual))
    reverse = np.mean(usual < np.quantile(some, 0.01))
    assert not close(told, reverse), (
        "it counts unseen pictures that are nearer than 99 % of generated ones. Hint: "
        "the limit comes from `usual`, the count from `nearest`."
    )
    assert told > 0.05, (
        f"with one copy among ten pictures it returns {told:.3f}. Hint: compare each "
        "generated picture with a limit; the median hides a few copies."
    )
    limit = np.quantile(usual, 0.01)
    expected = np.mean(honest < limit), np.mean(some < limit)
    assert close([result, told], expected, 1e-3), (
        f"it returns {result:.4f} for an honest generator and {told:.4f} for one that "
        f"copies a tenth, not {expected[0]:.4f} and {expected[1]:.4f}. Hint: the "
        "limit is the quantile 0.01 of `usual`; count `nearest` below it."
    )
    shorter = float(answer(some[:1000], usual))
    assert close(shorter, np.mean(some[:1000] < limit), 1e-3), (
        "it fails for sets of different sizes. Hint: divide by the number of generated "
        "pictures, not by that of unseen ones."
    )
    scaled = float(answer(7 * some, 7 * usual))
    assert close(scaled, told, 1e-3), (
        "distances in another unit give another share. Hint: no fixed limit; take it "
        "from `usual`."
    )


WRONG = {  # replacements in a solution, or another body for it
    "ten_that_fool__class_of_each": [("axis=0", "axis=1")],
    "ten_that_fool__probabilities": [("np.argmax", "np.max")],
    "ten_that_fool__surest_of_all": "return np.argsort(-probabilities.max(axis=1))"
    "[:probabilities.shape[1]]",
    "ten_that_fool__least_sure": [("np.argmax", "np.argmin")],
    "ten_that_fool__first_of_each": "return np.array([np.argmax(probabilities.argmax("
    "axis=1) == c) for c in range(probabilities.shape[1])])",
    "ten_that_fool__counts_from_one": [
        (
            "np.argmax(probabilities, axis=0)",
            "(np.argmax(probabilities, axis=0) + 1) % len(probabilities)",
        )
    ],
    "ten_that_fool__one_only": "return np.full(probabilities.shape[1], "
    "probabilities.max(axis=1).argmax())",
    "ten_that_fool__ten_always": "return np.argmax(probabilities, axis=0)[:10] if "
    "probabilities.shape[1] == 10 else np.arange(10)",
    "at_infinity__against_n": [("1 / np.asarray(sizes, float)", "np.asarray(sizes)")],
    "at_infinity__slope": [("float(value)", "float(slope)")],
    "at_infinity__both": [("float(value)", "slope, value")],
    "at_infinity__largest_set": "return float(distances[np.argmax(sizes)])",
    "at_infinity__mean": "return float(np.mean(distances))",
    "at_infinity__last_two": "a, b = 1 / np.sort(sizes)[-2:]\n    y = "
    "np.asarray(distances)[np.argsort(sizes)]\n    "
    "return float(y[-1] - b * (y[-2] - y[-1]) / (a - b))",
    "at_infinity__parabola": [
        ("slope, value = ", "_, slope, value = "),
        ("distances, 1)", "distances, 2)"),
    ],
    "at_infinity__needs_arrays": "return np.polyfit(np.array(sizes) ** -1, distances, "
    "1)[1]",
    "suspicious__far_ones": [("0.01", "0.99")],
    "suspicious__median": "return float(np.median(nearest) / np.median(usual) < 0.01)",
    "suspicious__count": [("np.mean", "np.sum")],
    "suspicious__swapped": "return float(np.mean(usual < np.quantile(nearest, 0.01)))",
    "suspicious__smallest": [("np.quantile(usual, 0.01)", "np.min(usual)")],
    "suspicious__one_percent_of_the_median": [
        ("np.quantile(usual, 0.01)", "0.01 * np.median(usual)")
    ],
    "suspicious__array": "return nearest < np.quantile(usual, 0.01)",
    "suspicious__five_percent": [("0.01", "0.05")],
    "suspicious__divided_by_unseen": [
        (
            "np.mean(nearest < np.quantile(usual, 0.01))",
            "np.sum(nearest < np.quantile(usual, 0.01)) / len(usual)",
        )
    ],
    "suspicious__fixed_limit": [("np.quantile(usual, 0.01)", "2.5")],
}
