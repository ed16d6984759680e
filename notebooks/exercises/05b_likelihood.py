"""Exercises of lesson 05b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def effective_sample_size(log_weights):
    weights = np.exp(log_weights - log_weights.max(axis=0))
    return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)


def log_logit_normal(x, mean, variance):
    logits = np.log(x) - np.log(1 - x)
    squares = (logits - mean) ** 2 / variance
    log_normal = -0.5 * (squares + np.log(2 * np.pi * variance))
    return np.sum(log_normal - np.log(x) - np.log(1 - x), axis=1)


def unfair():
    return {1, 4, 5, 6}


def check_1(answer):
    """The effective sample size, from logarithms."""
    equal = answer(np.full((8, 2), np.log(0.5)))
    assert np.shape(equal) == (2,), (
        f"for 8 draws of 2 pictures the result has the shape {np.shape(equal)}, not "
        "(2,). Hint: sum over the draws, axis 0."
    )
    assert not close(equal, np.log([8, 8])), (
        "it returns the logarithm of the effective sample size. Hint: end with np.exp."
    )
    assert close(equal, [8, 8]), (
        "eight equal weights do not count as 8 draws. "
        "Hint: (sum of w) ** 2 / sum of w ** 2, with w = exp(log weight)."
    )

    def size_of(weights):
        return weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)

    weights = np.array([[3.0, 1.0], [1.0, 1.0], [1.0, 2.0]])
    before = np.log(weights)
    given = before.copy()
    expected, found = size_of(weights), answer(given)
    of_draws = weights / weights.max(axis=1, keepdims=True)
    assert not close(found, size_of(before)) and not close(found, size_of(of_draws)), (
        "for weights of 3, 1, 1 it does not sum 3, 1, 1 or multiples of them. "
        "Hint: w = np.exp(log weight - that picture's maximum), with max over axis 0."
    )
    assert close(found, expected), (
        f"weights of 3, 1, 1 do not count as {expected[0]:.2f} draws. "
        "Hint: square the sum of the weights; divide by the sum of their squares."
    )
    assert close(given, before, 0), (
        "your function changes its input. Hint: work on copies."
    )
    assert close(answer(before + 1), expected), (
        "weights that are all multiplied by one number count differently. "
        "Hint: adding a number to all log weights must change nothing."
    )
    with np.errstate(all="ignore"):
        far = answer(before + np.array([-5000.0, 2000.0]))
    assert close(far, expected), (
        "log weights near -5000 or 2000 give another result than the same near 0. "
        "Hint: subtract each picture's own largest log weight before np.exp."
    )
    spread = np.array([[0.0], [-4000.0], [-9000.0]])
    with np.errstate(all="ignore"):
        alone = answer(spread)
    assert close(alone, [1]), (
        "one weight that is far larger than the others does not count as 1 draw. "
        "Hint: subtract the largest log weight, not the mean."
    )


def check_2(answer):
    """The density of a logit-normal pixel."""

    def expected(x, mean, variance):  # one pixel
        logits = np.log(x / (1 - x))
        log_normal = -0.5 * ((logits - mean) ** 2 / variance + np.log(variance))
        return log_normal - 0.5 * np.log(2 * np.pi) - np.log(x * (1 - x))

    def found(x, mean, variance):
        return np.asarray(
            answer(np.array([[x]]), np.array([mean]), np.array([variance]))
        )

    value, right = found(0.5, 0.0, 1.0), expected(0.5, 0.0, 1.0)
    assert value.shape == (1,), (
        f"for one picture the result has the shape {value.shape}, not (1,). "
        "Hint: sum over the pixels, axis 1."
    )
    assert not close(value, [np.exp(right)]), (
        "it returns the density. Hint: return its logarithm, a sum over the pixels."
    )
    told = (
        f"at x = 0.5, with mean 0 and variance 1, the log density is {value[0]:.3f}, "
        f"not {right:.3f}. Hint: "
    )
    normal, stretch = -0.5 * np.log(2 * np.pi), np.log(4)
    faults = [normal, normal + stretch / 2, normal - stretch / 2, normal - stretch]
    assert not any(close(value, [fault]) for fault in faults), (
        told + "the derivative of the logit is 1 / (x (1 - x)), and the log of this "
        "stretch is added."
    )
    assert close(value, [right]), (
        told + "the logit of 0.5 is 0, and log_normal of it, with its constant, is "
        "-0.919; then add the log of the derivative, log 4."
    )
    assert close(found(0.2, 0.0, 1.0), [expected(0.2, 0.0, 1.0)]), (
        "with mean 0 and variance 1 the log density is right at x = 0.5, but not at "
        "0.2. Hint: log_normal of the logit, natural log(x) - log(1 - x), minus log(x) "
        "and minus log(1 - x)."
    )
    assert close(found(0.2, -1.0, 1.0), [expected(0.2, -1.0, 1.0)]), (
        "with mean -1 the log density is wrong, with 0 it is right. "
        "Hint: subtract the mean from the logit, log(x) - log(1 - x)."
    )
    assert close(found(0.2, -1.0, 0.5), [expected(0.2, -1.0, 0.5)]), (
        "with variance 0.5 the log density is wrong, with 1 it is right. Hint: as in "
        "log_normal: the variance is not squared, and stands in the constant, too."
    )
    two = np.array([[0.2, 0.6], [0.5, 0.9]])
    mean, variance = np.array([0.0, 1.0]), np.array([1.0, 0.3])
    parts = [answer(two[:, [i]], mean[[i]], variance[[i]]) for i in range(2)]
    assert close(answer(two, mean, variance), sum(parts)), (
        "two pixels together do not have the sum of their log densities. "
        "Hint: pixels are independent; pixel i has mean[i] and variance[i]."
    )


REASONS = {
    1: "each pixel on half the scale adds log 2 nats, 543 in all 784 pixels.",
    2: "bits per dimension count grey levels, whatever scale a model uses.",
    3: "an ELBO is a lower bound, so the likelihood of the VAE is above 80.",
    4: "an ELBO is a lower bound; the likelihood of the VAE may be above 80.",
    5: "remember what the family of noise alone changed in this lesson.",
    6: "think of what happens to the bound of one and the same model when K grows.",
}


def check_3(answer):
    """Which conclusions do not follow."""
    given = answer()
    fits = isinstance(given, set | list | tuple) and set(given) <= set(range(1, 7))
    assert fits, (
        f"it returned {str(given)[:40]}. "
        "Hint: return a set of the numbers from 1 to 6, such as {1, 2}."
    )
    for number, reason in REASONS.items():
        assert (number in given) == (number in {1, 4, 5, 6}), (
            f"conclusion {number} is not judged right. Hint: {reason}"
        )


WRONG = {  # replacements in a solution, or another body for it
    "effective_sample_size__overflows": [(" - log_weights.max(axis=0)", "")],
    "effective_sample_size__one_maximum": [("max(axis=0)", "max()")],
    "effective_sample_size__subtracts_the_mean": [("max(axis=0)", "mean(axis=0)")],
    "effective_sample_size__over_pictures": [
        (
            "weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)",
            "weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)",
        ),
    ],
    "effective_sample_size__no_square": [
        ("weights.sum(axis=0) ** 2", "weights.sum(axis=0)")
    ],
    "effective_sample_size__of_logs": [
        ("np.exp(log_weights - log_weights.max(axis=0))", "log_weights")
    ],
    "effective_sample_size__maximum_of_the_draw": [
        ("max(axis=0)", "max(axis=1, keepdims=True)")
    ],
    "effective_sample_size__logarithm": [
        ("return weights", "return np.log(weights"),
        ("(weights**2).sum(axis=0)", "(weights**2).sum(axis=0))"),
    ],
    "effective_sample_size__upside_down": "w = np.exp(log_weights)\n"
    "    return (w**2).sum(axis=0) / w.sum(axis=0) ** 2",
    "log_logit_normal__no_stretch": [
        (" - np.log(x) - np.log(1 - x), axis=1", ", axis=1")
    ],
    "log_logit_normal__wrong_sign": [
        ("log_normal - np.log(x) - np.log(1 - x)", "log_normal + np.log(x * (1 - x))")
    ],
    "log_logit_normal__half_of_the_stretch": [
        ("log_normal - np.log(x) - np.log(1 - x)", "log_normal - np.log(x)")
    ],
    "log_logit_normal__mirrored": [
        ("np.log(x) - np.log(1 - x)\n", "np.log(1 - x) - np.log(x)\n")
    ],
    "log_logit_normal__standard_deviation": [("** 2 / variance", "** 2 / variance**2")],
    "log_logit_normal__variance_as_deviation": [
        (
            "squares = (logits - mean) ** 2 / variance",
            "variance = variance**2\n    squares = (logits - mean) ** 2 / variance",
        )
    ],
    "log_logit_normal__no_logit": [("np.log(x) - np.log(1 - x)\n", "x\n")],
    "log_logit_normal__bits": [
        ("logits = np.log(x) - np.log(1 - x)", "logits = np.log2(x) - np.log2(1 - x)")
    ],
    "log_logit_normal__positive_squares": [("-0.5 * (squares", "0.5 * (squares")],
    "log_logit_normal__density": [
        ("np.sum(log_normal", "np.exp(np.sum(log_normal"),
        ("axis=1)", "axis=1))"),
    ],
    "log_logit_normal__no_mean": [("(logits - mean)", "logits")],
    "log_logit_normal__no_constant": [
        ("(squares + np.log(2 * np.pi * variance))", "squares")
    ],
    "log_logit_normal__mean_of_pixels": [("np.sum(log_normal", "np.mean(log_normal")],
    "log_logit_normal__one_number": [(", axis=1)", ")")],
    "unfair__all": "return {1, 2, 3, 4, 5, 6}",
    "unfair__none": "return set()",
    "unfair__distrusts_bounds": "return {1, 3, 4, 5, 6}",
    "unfair__trusts_the_family": "return {1, 4, 6}",
    "unfair__trusts_more_draws": "return {1, 4, 5}",
    "unfair__trusts_a_bound": "return {1, 5, 6}",
    "unfair__a_number": "return 5",
}
