"""Exercises of lesson 04b: solutions, then checkers, then wrong answers.

04b.3: Modes found with the seeds 0, 1, 2 (the lesson's own, 3, 2, 3): equal
rates of 0.001: 5, 6, 7; equal rates of 0.005: 8, 7, 3; `saturating`: 3, 3, 3, and only
20 % to 55 % of the points are near a mode.
"""

from course_utils.judge import close

import numpy as np


def one_sided_penalty(critic, real, generated, share):
    """Pictures (N, H, W, C) twice, share (N,) -> mean penalty; critic(pictures)."""
    import tensorflow as tf

    share = tf.reshape(share, (-1, 1, 1, 1))
    mixed = share * real + (1 - share) * generated
    with tf.GradientTape() as tape:
        tape.watch(mixed)
        scores = critic(mixed)
    gradient = tape.gradient(scores, mixed)
    lengths = tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2, 3)) + 1e-12)
    return tf.reduce_mean(tf.maximum(lengths - 1, 0) ** 2)


def most_collapsed(real, runs):
    """Features (N, D), a list of features (M, D) -> index of a run, an int."""
    between = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(between, axis=1)[:, 5]  # column 0 is the distance to itself
    reached = []
    for generated in runs:
        distances = np.linalg.norm(real[:, None] - generated, axis=-1)
        reached.append(np.mean(distances.min(axis=1) < radii))
    return int(np.argmin(reached))


def check_1(answer):
    """A one-sided gradient penalty for pictures."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    shape = 6, 4, 5, 2
    real, generated = (tf.constant(x, "float32") for x in rng.normal(size=(2, *shape)))
    share = tf.constant(rng.uniform(size=6), "float32")
    weights = tf.constant(rng.normal(size=shape[1:]), "float32")

    def linear(length):
        direction = weights / tf.norm(weights) * length
        return lambda x: tf.reduce_sum(x * direction, axis=(1, 2, 3))[:, None]

    value = np.asarray(answer(linear(3.0), real, generated, share), float)
    assert value.shape == (), (
        f"it returns the shape {value.shape}, not one number. Hint: the mean over "
        "the pictures comes last."
    )
    value_half = float(answer(linear(0.5), real, generated, share))
    assert not close(value_half, 0.25, 1e-3), (
        "a critic whose gradient has length 0.5 costs 0.25. Hint: one-sided: a length "
        "below 1 costs nothing."
    )
    assert close(value, 4.0, 1e-3), (
        f"a critic whose gradient has length 3 everywhere costs {value:.3g}, not 4. "
        "Hint: the mean over the pictures of max(length - 1, 0) ** 2; a length is the "
        "root of the sum of squares over height, width and channels."
    )
    assert close(value_half, 0.0, 1e-3), (
        f"a gradient of length 0.5 costs {value_half:.3g}, not 0. Hint: tf.maximum."
    )

    def square(x):
        return tf.reduce_sum(x**2, axis=(1, 2, 3))[:, None] / 4

    by_picture = share[:, None, None, None]
    mixed = by_picture * real + (1 - by_picture) * generated
    lengths = np.linalg.norm(np.reshape(mixed, (6, -1)), axis=1) / 2
    expected = np.mean(np.maximum(lengths - 1, 0) ** 2)
    told = float(answer(square, real, generated, share))
    assert close(told, expected, 1e-3), (
        f"a critic that is not linear costs {told:.4g} instead of {expected:.4g}. "
        "Hint: take the gradient at share * real + (1 - share) * generated, with a "
        "share of its own for each picture, and the mean of the squares."
    )

    weight = tf.Variable(3.0)
    with tf.GradientTape() as tape:
        cost = answer(lambda x: weight * linear(1.0)(x), real, generated, share)
    moves = isinstance(cost, tf.Tensor) and tape.gradient(cost, weight)
    assert isinstance(moves, tf.Tensor) and close(moves, 4.0, 1e-3), (
        "the critic cannot learn from it: the gradient of the penalty with respect to "
        f"a weight of the critic is {str(np.array(moves))[:12]}, not 4. "
        "Hint: functions of TensorFlow alone, without tf.stop_gradient."
    )


def check_2(answer):
    """The run that covers least of the real examples."""
    rng = np.random.default_rng(0)
    modes = rng.normal(size=(8, 6)) * 8
    real = np.repeat(modes, 20, axis=0) + rng.normal(size=(160, 6))

    def run(kept, count=160, noise=1.0):
        places = modes[np.resize(kept, count)]
        return places + noise * rng.normal(size=(count, 6))

    every, few = np.arange(8), np.array([2, 5])
    result = answer(real, [run(every), run(few), run(every)])
    assert isinstance(result, int | np.integer) and not isinstance(result, bool), (
        f"it returns {str(result)[:30]!r}, not a whole number. Hint: the index of a "
        "run in the list, from 0: np.argmin."
    )
    assert result == 1, (
        f"of three runs, the second has 2 of 8 modes, but it returns {result}. Hint: "
        "count from 0, and look for the smallest share of real examples reached."
    )
    # All modes but sloppy points against two modes with perfect ones.
    result = answer(real, [run(few, noise=0.3), run(every, noise=1.5)])
    assert result == 0, (
        "it prefers a run that has 2 of 8 modes with perfect points to one with all "
        "modes and rougher points. Hint: ask for each real example whether it is "
        "reached, not for each generated one."
    )
    far = real.mean(axis=0) + 3 * (run(np.array([0, 1])) - real.mean(axis=0))
    result = answer(real, [run(every, count=60), far])
    assert result == 1, (
        "a run whose points are spread out far from the data does not count as "
        "collapsed. Hint: the spread of the generated points does not matter, only the "
        "real ones that they reach."
    )
    # The radius of each real example is its own: one dense mode, one wide mode.
    wide = rng.normal(size=(100, 6)) * 10
    dense = 100 + rng.normal(size=(100, 6)) * 0.01
    both = np.concatenate([wide, dense])
    near_dense = np.concatenate([wide[:60] + 1, dense[:1] + 0.5])
    half_of_dense = np.concatenate([wide[:5] + 1, dense[:90] + 0.001])
    result = answer(both, [near_dense, half_of_dense])
    assert result == 0, (
        "it takes one radius for all. Hint: each real example has its own, the "
        "distance to its fifth neighbour; the example itself does not count."
    )
    # Between the fourth and the fifth, or the fifth and the sixth neighbour.
    real = rng.normal(size=(40, 30))
    distances = np.sort(np.linalg.norm(real[:, None] - real, axis=-1), axis=1)
    steps = rng.normal(size=(40, 30))
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    inside = real + steps * distances[:, [4, 5]].mean(axis=1)[:, None]
    outside = real + steps * distances[:, [5, 6]].mean(axis=1)[:, None]
    result = answer(real, [inside[:20], np.concatenate([inside[20:30], outside[:20]])])
    assert result == 1, (
        "it does not take the fifth neighbour. Hint: the smallest of an example's "
        "distances is that to itself, so that the fifth neighbour is number 5 from 0."
    )


WRONG = {  # replacements in a solution, or another body for it
    "one_sided_penalty__two_sided": [
        ("tf.maximum(lengths - 1, 0) ** 2", "(lengths - 1) ** 2")
    ],
    "one_sided_penalty__last_axis": [("axis=(1, 2, 3)", "axis=-1")],
    "one_sided_penalty__no_root": [
        (
            "tf.sqrt(tf.reduce_sum(gradient**2, axis=(1, 2, 3)) + 1e-12)",
            "tf.reduce_sum(gradient**2, axis=(1, 2, 3))",
        )
    ],
    "one_sided_penalty__at_real": [
        ("mixed = share * real + (1 - share) * generated", "mixed = real + 0 * share")
    ],
    "one_sided_penalty__no_square": [
        ("tf.maximum(lengths - 1, 0) ** 2", "tf.maximum(lengths - 1, 0)")
    ],
    "one_sided_penalty__square_of_the_mean": [
        (
            "tf.reduce_mean(tf.maximum(lengths - 1, 0) ** 2)",
            "tf.reduce_mean(tf.maximum(lengths - 1, 0)) ** 2",
        )
    ],
    "one_sided_penalty__no_mean": [
        (
            "tf.reduce_mean(tf.maximum(lengths - 1, 0) ** 2)",
            "tf.maximum(lengths - 1, 0) ** 2",
        )
    ],
    "one_sided_penalty__no_gradient": [
        (
            "    return tf.reduce_mean(",
            "    return tf.stop_gradient(1.0) * tf.reduce_mean(",
        ),
        ("lengths = tf.sqrt(", "lengths = tf.stop_gradient(1.0) * tf.sqrt("),
        (
            "tf.maximum(lengths - 1, 0) ** 2",
            "tf.stop_gradient(tf.maximum(lengths - 1, 0)) ** 2",
        ),
    ],
    "one_sided_penalty__a_number": [
        (
            "return tf.reduce_mean(tf.maximum(lengths - 1, 0) ** 2)",
            "return float(tf.reduce_mean(tf.maximum(lengths - 1, 0) ** 2))",
        ),
    ],
    "one_sided_penalty__share_reversed": [
        (
            "share * real + (1 - share) * generated",
            "(1 - share) * real + share * generated",
        )
    ],
    "most_collapsed__best_run": [("np.argmin(reached)", "np.argmax(reached)")],
    "most_collapsed__precision": [
        ("distances.min(axis=1) < radii", "distances.min(axis=0) < radii.mean()")
    ],
    "most_collapsed__spread": "return int(np.argmin([np.var(run) for run in runs]))",
    "most_collapsed__nearest": "return int(np.argmin([np.linalg.norm(real[:, None] - "
    "run, axis=-1).min(axis=0).mean() for run in runs]))",
    "most_collapsed__one_radius": [("[:, 5]", "[:, 5].mean()")],
    "most_collapsed__fourth_neighbour": [("[:, 5]", "[:, 4]")],
    "most_collapsed__sixth_neighbour": [("[:, 5]", "[:, 6]")],
    "most_collapsed__first_neighbour": [("[:, 5]", "[:, 1]")],
    "most_collapsed__share": [("int(np.argmin(reached))", "min(reached)")],
    "most_collapsed__counts_from_one": [
        ("int(np.argmin(reached))", "int(np.argmin(reached)) + 1")
    ],
}
