"""Checkers of lesson 09c: a power law, the number of parameters of a GPT."""

from course_utils.exercises import close, expect, pair

import numpy as np


def check_1(answer):
    """A straight line through the logarithms."""
    sizes = np.array([1e3, 1e4, 1e5, 1e6])
    result = pair(answer(sizes, 5 * sizes**-0.25))
    expect(
        result is not None,
        "the result is not a pair of numbers",
        "return factor, exponent",
    )
    expect(
        not close(result[::-1], [5, 0.25]),
        "the exponent comes first",
        "return factor, exponent",
    )
    expect(
        not close(result[1], -0.25),
        "the exponent has the wrong sign",
        "the line falls, so its slope is below 0; the exponent is minus the slope",
    )
    expect(
        close(result[1], 0.25),
        "losses of 5 * sizes ** -0.25 do not give the exponent 0.25",
        "fit the line through np.log(sizes) and np.log(losses), both; "
        "np.polyfit(x, y, 1) returns the slope first",
    )
    expect(
        not any(close(result[0], log(5)) for log in (np.log, np.log2, np.log10)),
        "the factor is still a logarithm",
        "where the line meets log(size) = 0 it has the height log(factor): undo the "
        "logarithm",
    )
    expect(
        close(result[0], 5),
        "losses of 5 * sizes ** -0.25 do not give the factor 5",
        "undo the logarithm that you took: np.exp after np.log, 10 ** after np.log10",
    )
    sizes = np.array([300, 70_000])
    expect(
        close(pair(answer(sizes, 0.5 * sizes**-0.03)), [0.5, 0.03]),
        "two sizes with losses of 0.5 * sizes ** -0.03 do not give 0.5 and 0.03",
        "a line goes through any two points exactly, also where sizes are integers",
    )
    random = np.random.default_rng(0)
    sizes = np.geomspace(1e3, 1e7, 9)
    losses = 8 * sizes**-0.1 * np.exp(random.normal(0, 0.2, 9))
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    expect(
        close(pair(answer(sizes, losses)), [np.exp(height), -slope]),
        "for losses that scatter about a power law the line is not the one of the "
        "least squares",
        "all points count, each as much as any other, and their distances are taken "
        "between logarithms",
    )


def check_2(answer):
    """Parameters, part by part."""

    def count(*sizes):
        result = answer(*sizes)
        expect(
            isinstance(result, int | np.integer) and not isinstance(result, bool),
            f"the result is of type {type(result).__name__}, not an integer",
            "+, * and ** keep integers; / and numbers such as 12.0 or 1e6 do not",
        )
        return int(result)

    def block(width):
        return count(1000, 256, width, 3) - count(1000, 256, width, 2)

    number = count(1000, 256, 96, 2)
    more = count(1001, 256, 96, 2) - number
    expect(
        more == 96,
        f"at width 96 a vocabulary of one more token adds {more} parameters, not 96",
        "the output uses the token table again, without a bias: count it once",
    )
    more = count(1000, 257, 96, 2) - number
    expect(
        more == 96,
        f"at width 96 a context of one more position adds {more} parameters, not 96",
        "the position table is context x width",
    )
    squares = (block(200) - 2 * block(100)) / (2 * 100**2)
    expect(
        squares == 12,
        f"the matrices of a block hold {squares:g} * width ** 2 numbers, not 12",
        "query, key, value and output are width x width each; then come "
        "width x 4 width and 4 width x width",
    )
    more = block(100) - 12 * 100**2
    expect(
        more == 200,
        f"beside its matrices a block of width 100 has {more} parameters, not 200",
        "two norms of `width` scales each, no offsets, and no biases anywhere",
    )
    rest = number - (1000 + 256) * 96 - 2 * (12 * 96**2 + 2 * 96)
    expect(
        rest == 96,
        f"at width 96 there are {rest} parameters beside the tables and blocks, not 96",
        "after the last block stands one more norm, of `width` scales",
    )
    for sizes in [(50_257, 2048, 12_288, 96), (10**6 + 3, 10**5, 10**9 + 7, 1000)]:
        vocabulary_size, context, width, num_blocks = sizes
        tables = (vocabulary_size + context) * width
        blocks = num_blocks * (12 * width**2 + 2 * width)
        expect(
            count(*sizes) == tables + blocks + width,
            f"for a width of {width:,} and {num_blocks} blocks the number is not exact",
            "Python's integers are exact at any size; floats and NumPy's integers "
            "are not",
        )
