"""Exercises of lesson 09c: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def fit_power_law(sizes, losses):
    """(factor, exponent) of losses = factor * sizes ** -exponent, both above 0."""
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return float(np.exp(height)), float(-slope)


def num_parameters(vocabulary_size, context, width, num_blocks):
    """Parameters of such a GPT: an integer."""
    tables = (vocabulary_size + context) * width
    attention = 4 * width * width  # query, key, value, output
    dense = 2 * width * (4 * width)  # expand, contract
    norms = 2 * width
    return tables + num_blocks * (attention + dense + norms) + width


def check_1(answer):
    """A straight line through the logarithms."""
    sizes = np.array([1e3, 1e4, 1e5, 1e6])
    result = answer(sizes, 5 * sizes**-0.25)
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. Hint: return factor, exponent."
    )
    assert not close(result[::-1], [5, 0.25]), (
        "the exponent comes first. Hint: return factor, exponent."
    )
    assert not close(result[1], -0.25), (
        "the exponent has the wrong sign. Hint: the line falls, so its slope is below "
        "0; the exponent is minus the slope."
    )
    assert close(result[1], 0.25), (
        "losses of 5 * sizes ** -0.25 do not give the exponent 0.25. "
        "Hint: fit the line through np.log(sizes) and np.log(losses), both; "
        "np.polyfit(x, y, 1) returns the slope first."
    )
    assert not any(close(result[0], log(5)) for log in (np.log, np.log2, np.log10)), (
        "the factor is still a logarithm. Hint: where the line meets log(size) = 0 it "
        "has the height log(factor): undo the logarithm."
    )
    assert close(result[0], 5), (
        "losses of 5 * sizes ** -0.25 do not give the factor 5. Hint: undo the "
        "logarithm that you took: np.exp after np.log, 10 ** after np.log10."
    )
    sizes = np.array([300, 70_000])
    assert close(answer(sizes, 0.5 * sizes**-0.03), [0.5, 0.03]), (
        "two sizes with losses of 0.5 * sizes ** -0.03 do not give 0.5 and 0.03. Hint: "
        "a line goes through any two points exactly, also where sizes are integers."
    )
    random = np.random.default_rng(0)
    sizes = np.geomspace(1e3, 1e7, 9)
    losses = 8 * sizes**-0.1 * np.exp(random.normal(0, 0.2, 9))
    assert close(answer(sizes, losses), fit_power_law(sizes, losses)), (
        "for losses that scatter about a power law the line is not the one of the "
        "least squares. Hint: all points count, each as much as any other, and their "
        "distances are taken between logarithms."
    )


def check_2(answer):
    """Parameters, part by part."""
    count = _integer(answer)

    def block(width):
        return count(1000, 256, width, 3) - count(1000, 256, width, 2)

    number = count(1000, 256, 96, 2)
    more = count(1001, 256, 96, 2) - number
    assert more == 96, (
        f"at width 96 a vocabulary of one more token adds {more} parameters, not 96. "
        "Hint: the output uses the token table again, without a bias: count it once."
    )
    more = count(1000, 257, 96, 2) - number
    assert more == 96, (
        f"at width 96 a context of one more position adds {more} parameters, not 96. "
        "Hint: the position table is context x width."
    )
    squares = (block(200) - 2 * block(100)) / (2 * 100**2)
    assert squares == 12, (
        f"the matrices of a block hold {squares:g} * width ** 2 numbers, not 12. "
        "Hint: query, key, value and output are width x width each; then come width x "
        "4 width and 4 width x width."
    )
    more = block(100) - 12 * 100**2
    assert more == 200, (
        f"beside its matrices a block of width 100 has {more} parameters, not 200. "
        "Hint: two norms of `width` scales each, no offsets, and no biases anywhere."
    )
    rest = number - (1000 + 256) * 96 - 2 * (12 * 96**2 + 2 * 96)
    assert rest == 96, (
        f"at width 96 there are {rest} parameters beside the tables and blocks, not "
        "96. Hint: after the last block stands one more norm, of `width` scales."
    )
    for sizes in [(50_257, 2048, 12_288, 96), (10**6 + 3, 10**5, 10**9 + 7, 1000)]:
        vocabulary_size, context, width, num_blocks = sizes
        tables = (vocabulary_size + context) * width
        blocks = num_blocks * (12 * width**2 + 2 * width)
        assert count(*sizes) == tables + blocks + width, (
            f"for a width of {width:,} and {num_blocks} blocks the number is not "
            "exact. Hint: Python's integers are exact at any size; floats and NumPy's "
            "integers are not."
        )


def _integer(answer):
    """The answer, whose results must be integers."""

    def count(*sizes):
        result = answer(*sizes)
        assert isinstance(result, int | np.integer) and not isinstance(result, bool), (
            f"the result is of type {type(result).__name__}, not an integer. Hint: +, "
            "* and ** keep integers; / and numbers such as 12.0 or 1e6 do not."
        )
        return int(result)

    return count


WRONG = {  # replacements in a solution, or another body for it
    "fit_power_law__slope_as_it_is": [("-slope", "slope")],
    "fit_power_law__logarithm_of_the_factor": [("np.exp(height)", "height")],
    "fit_power_law__bases_mixed": [
        ("log(sizes)", "log10(sizes)"),
        ("log(losses)", "log10(losses)"),
    ],
    "fit_power_law__no_logarithms": [
        ("np.log(sizes)", "sizes"),
        ("np.log(losses)", "losses"),
    ],
    "fit_power_law__losses_without_logarithm": [("np.log(losses)", "losses")],
    "fit_power_law__height_first": [("slope, height", "height, slope")],
    "fit_power_law__exponent_first": [
        ("return ", "return ("),
        ("-slope)", "-slope))[::-1]"),
    ],
    "fit_power_law__axes_swapped": [
        ("np.log(sizes), np.log(losses)", "np.log(losses), np.log(sizes)")
    ],
    "fit_power_law__first_and_last": [
        ("np.log(sizes)", "np.log(sizes[[0, -1]])"),
        ("np.log(losses)", "np.log(losses[[0, -1]])"),
    ],
    "fit_power_law__through_the_first": [
        ("np.exp(height)", "losses[0] * sizes[0] ** -slope")
    ],
    "fit_power_law__mean_of_factors": [
        ("np.exp(height)", "np.mean(losses * sizes**-slope)")
    ],
    "num_parameters__output_counted_too": [
        ("(vocabulary_size +", "(2 * vocabulary_size +")
    ],
    "num_parameters__output_bias": [
        ("context) * width", "context) * width + vocabulary_size")
    ],
    "num_parameters__no_positions": [(" + context", "")],
    "num_parameters__no_output_projection": [("attention = 4 *", "attention = 3 *")],
    "num_parameters__one_dense_layer": [("dense = 2 *", "dense =")],
    "num_parameters__biases": [
        ("4 * width * width", "4 * (width * width + width)"),
        ("(4 * width)", "(4 * width) + 5 * width"),
    ],
    "num_parameters__offsets_of_norms": [
        ("norms = 2", "norms = 4"),
        ("norms) + width", "norms) + 2 * width"),
    ],
    "num_parameters__one_norm_a_block": [("norms = 2 *", "norms =")],
    "num_parameters__no_last_norm": [("norms) + width", "norms)")],
    "num_parameters__no_norms": [
        ("norms = 2", "norms = 0"),
        ("norms) + width", "norms)"),
    ],
    "num_parameters__one_block": [("num_blocks * (", "(")],
    "num_parameters__float": [("attention = 4 *", "attention = 4.0 *")],
    "num_parameters__rounded_float": [
        ("4 * width * width", "int(4.0 * width * width)")
    ],
    "num_parameters__overflows": [("dense = 2 *", "dense = np.int64(2) *")],
}
