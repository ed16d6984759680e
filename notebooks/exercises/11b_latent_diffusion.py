"""Exercises of lesson 11b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def heun(velocity, noise, num_steps):
    x_t, size = noise, 1 / num_steps
    for step in range(num_steps):
        t = 1 - step * size
        first = velocity(x_t, t)
        second = velocity(x_t - size * first, t - size)
        x_t = x_t - size * (first + second) / 2
    return x_t


def make_scaler(latents):
    mean = latents.mean(axis=(0, 1, 2))
    deviation = latents.std(axis=(0, 1, 2))

    def scale(x):
        return (x - mean) / deviation

    def unscale(x):
        return x * deviation + mean

    return scale, unscale


def gated_block(x, condition):
    from keras import layers

    units = x.shape[-1]
    scale, shift = layers.Dense(units)(condition), layers.Dense(units)(condition)
    gate = layers.Dense(units, kernel_initializer="zeros")(condition)
    h = layers.LayerNormalization(center=False, scale=False)(x)
    h = layers.Dense(units, activation="silu")(h * (1 + scale) + shift)
    return x + gate * layers.Dense(units)(h)


def check_1(answer):
    """Heun's method from t = 1 to t = 0."""
    noise = np.random.default_rng(0).normal(size=(3, 2, 2, 4))
    kept, asked = noise.copy(), []

    def constant(x_t, t):
        asked.append(float(t))
        return np.full_like(x_t, 2.0)

    found = answer(constant, noise, 4)
    assert found is not None and np.shape(found) == noise.shape, (
        f"for noise of shape {noise.shape} the result has the shape "
        f"{np.shape(found)}. Hint: return x_t after the last step."
    )
    assert close(noise, kept), (
        "it changes the noise that it was given. "
        "Hint: write x_t = x_t - ..., since x_t -= ... changes the array itself."
    )
    assert not close(found, kept + 2), (
        "it moves along the velocity, not back. Hint: velocity is noise - data, and "
        "sampling goes from noise to data: subtract."
    )
    assert close(found, kept - 2), (
        "with a velocity of 2 everywhere, the data are not noise - 2. Hint: num_steps "
        "steps of size 1 / num_steps, each with the mean of two velocities."
    )
    assert len(asked) != 4, (
        "4 steps ask for 4 velocities: this is Euler's method. "
        "Hint: ask again at the end of each step."
    )
    assert len(asked) == 8, (
        f"4 steps ask for {len(asked)} velocities, not 8. "
        "Hint: one at the start of each step and one at its end."
    )
    assert close(asked[0], 1.0), (
        f"the first time is {asked[0]:.3g}, not 1. Hint: t = 1 is noise; go down to 0."
    )
    starts, ends = np.array([1, 0.75, 0.5, 0.25]), np.array([0.75, 0.5, 0.25, 0])
    assert close(asked[::2], starts), (
        f"4 steps start at the times {np.round(asked[::2], 3).tolist()}, not 1, 0.75, "
        "0.5, 0.25. Hint: t = 1 - step / num_steps."
    )
    assert close(asked[1::2], ends), (
        f"the second velocities are at the times {np.round(asked[1::2], 3).tolist()}, "
        "not 0.75, 0.5, 0.25, 0. Hint: they belong to the ends of the steps."
    )
    curved = answer(lambda x_t, t: 2 * t * np.ones_like(x_t), noise, 4)
    assert close(curved, kept - 1), (
        "with the velocity 2 t, the data are not noise - 1. "
        "Hint: the mean of the velocities at both ends of a step."
    )
    linear = answer(lambda x_t, t: x_t, noise, 2)
    assert close(linear, kept * (1 - 0.5 + 0.125) ** 2), (
        "with a velocity that equals x_t, two steps do not multiply noise by 0.625 "
        "twice. Hint: take the second velocity where Euler's step ends, and then step "
        "from the start again."
    )


def check_2(answer):
    """Latents to mean 0 and standard deviation 1 in each channel, and back."""
    rng = np.random.default_rng(0)
    factors, means = np.array([0.5, 2.0, 7.0]), np.array([-1.0, 0.0, 4.0])
    places = rng.normal(size=(3, 2, 3))  # the mean differs from place to place, too
    latents = (rng.normal(size=(50, 3, 2, 3)) + places) * factors + means
    kept = latents.copy()
    pair = answer(latents)
    assert isinstance(pair, tuple | list) and len(pair) == 2, (
        f"it returned {str(type(pair).__name__)}, not two functions. "
        "Hint: return scale, unscale."
    )
    assert all(callable(function) for function in pair), (
        "what it returned are no two functions. "
        "Hint: define scale(x) and unscale(x) inside, and return both without calling."
    )
    scale, unscale = pair
    scaled = scale(latents)
    assert np.shape(scaled) == latents.shape, (
        f"latents of shape {latents.shape} are scaled to {np.shape(scaled)}. "
        "Hint: the mean has one entry per channel, the last axis."
    )
    assert close(latents, kept), (
        "it changes the latents that it was given. Hint: write (x - mean) / deviation, "
        "not x -= mean."
    )
    deviations = np.std(scaled, axis=(0, 1, 2))
    assert close(np.mean(scaled, axis=(0, 1, 2)), np.zeros(3)), (
        "the channels of the scaled latents do not have mean 0. "
        "Hint: subtract latents.mean(axis=(0, 1, 2)), one number per channel."
    )
    assert close(deviations, np.ones(3)), (
        f"the channels of the scaled latents have the standard deviations "
        f"{deviations.round(2).tolist()}, not 1. Hint: divide by "
        "latents.std(axis=(0, 1, 2)), one number per channel and not the variance."
    )
    per_place = np.mean(scaled, axis=0)
    assert np.ptp(per_place) > 0.1, (
        "every place has mean 0, so that differences between places are lost. "
        "Hint: the mean runs over examples, height and width: axis=(0, 1, 2)."
    )
    mean, deviation = kept.mean(axis=(0, 1, 2)), kept.std(axis=(0, 1, 2))
    other = rng.normal(size=(4, 3, 2, 3)) + 5
    assert close(scale(other), (other - mean) / deviation), (
        "other latents are not scaled by the numbers of the training latents. "
        "Hint: compute mean and deviation once, outside of scale."
    )
    assert close(unscale(scale(other)), other), (
        "unscale(scale(x)) is not x. "
        "Hint: undo in reverse order: first multiply, then add the mean."
    )


def check_3(answer):
    """A block with adaptive layer norm and a gate that starts at zero."""
    import keras  # takes seconds, so only for an attempt
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    x, condition = keras.Input((6,)), keras.Input((4,))
    output = answer(x, condition)
    assert isinstance(output, keras.KerasTensor), (
        f"it returned {type(output).__name__}, not the output of layers. Hint: return "
        "x + gate * branch; `from keras import layers` inside the function."
    )
    assert output.shape == (None, 6), (
        f"for x of shape (None, 6) the output has the shape {output.shape}. "
        "Hint: units = x.shape[-1] for every dense layer."
    )
    model = keras.Model([x, condition], output)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 6)).astype("float32")
    conditions = rng.normal(size=(5, 4)).astype("float32")
    first = np.asarray(model([values, conditions]))
    assert not close(first, np.zeros_like(first)), (
        "before training the output is 0. Hint: the gate multiplies the branch only; "
        "x is added without it."
    )
    assert close(first, values), (
        "before training the output is not x. Hint: the gate comes from a dense layer "
        'with kernel_initializer="zeros", without an activation, and without 1 + gate.'
    )
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model([values, conditions]) ** 2)
    weights = model.trainable_variables
    gradients = tape.gradient(loss, [weight.value for weight in weights])
    moves = [g is not None and float(tf.reduce_max(tf.abs(g))) > 0 for g in gradients]
    assert any(moves), (
        "all gradients are 0, so the block can never learn. Hint: only the gate starts "
        "at zero; the last dense layer starts as usual."
    )
    for weight in weights:
        weight.assign(rng.normal(size=weight.shape))
    trained = np.asarray(model([values, conditions]))
    other = np.asarray(model([values, conditions[::-1].copy()]))
    assert not close(trained, other), (
        "the output does not depend on the condition. "
        "Hint: scale, shift and gate are dense layers of the condition."
    )
    count = model.count_params()
    assert count >= 3 * 30 + 2 * 42, (
        f"for 6 units and 4 numbers of condition it has {count} weights, not 174. "
        "Hint: scale, shift and gate each have 6 numbers, made of the condition; two "
        "dense layers follow the normalisation."
    )
    assert count == 3 * 30 + 2 * 42, (
        f"for 6 units and 4 numbers of condition it has {count} weights, not 174. "
        "Hint: LayerNormalization(center=False, scale=False), and scale, shift and "
        "gate from the condition, not from x."
    )
    wide = np.asarray(model([1000 * values, conditions]))
    assert np.abs(wide - 1000 * values - (trained - values)).max() < 1, (
        "with x 1000 times as large, what the block adds changes. "
        "Hint: the branch begins with the layer normalisation of x."
    )


WRONG = {  # replacements in a solution, or another body for it
    "heun__euler": [
        ("        second = velocity(x_t - size * first, t - size)\n", ""),
        ("(first + second) / 2", "first"),
    ],
    "heun__forwards": [("x_t = x_t - size * (", "x_t = x_t + size * (")],
    "heun__sum": [("(first + second) / 2", "(first + second)")],
    "heun__same_place": [("velocity(x_t - size * first, t", "velocity(x_t, t")],
    "heun__same_time": [("first, t - size)", "first, t)")],
    "heun__midpoint": [
        (
            "velocity(x_t - size * first, t - size)",
            "velocity(x_t - size * first / 2, t - size / 2)",
        ),
        ("(first + second) / 2", "second"),
    ],
    "heun__steps_twice": [
        ("        second =", "        x_t = x_t - size * first / 2\n        second ="),
        ("velocity(x_t - size * first, t - size)", "velocity(x_t, t - size)"),
        ("(first + second) / 2", "second / 2"),
    ],
    "heun__from_zero": [("t = 1 - step * size", "t = step * size")],
    "heun__second_alone": [("(first + second) / 2", "second")],
    "heun__one_step_less": [("range(num_steps)", "range(num_steps - 1)")],
    "heun__in_place": [
        (
            "x_t = x_t - size * (first + second) / 2",
            "x_t -= size * (first + second) / 2",
        )
    ],
    "heun__no_result": [("    return x_t", "    x_t")],
    "heun__end_is_wrong": [("first, t - size)", "first, t + size)")],
    "make_scaler__one_factor": [
        ("latents.std(axis=(0, 1, 2))", "latents.std()"),
    ],
    "make_scaler__one_mean": [("latents.mean(axis=(0, 1, 2))", "latents.mean()")],
    "make_scaler__per_place": [
        ("latents.mean(axis=(0, 1, 2))", "latents.mean(axis=0)"),
        ("latents.std(axis=(0, 1, 2))", "latents.std(axis=0)"),
    ],
    "make_scaler__variance": [("latents.std(", "latents.var(")],
    "make_scaler__no_mean": [("(x - mean) / deviation", "x / deviation")],
    "make_scaler__of_each_batch": [
        ("(x - mean) / deviation", "(x - x.mean((0, 1, 2))) / x.std((0, 1, 2))")
    ],
    "make_scaler__wrong_order": [("x * deviation + mean", "(x + mean) * deviation")],
    "make_scaler__only_scale": [("return scale, unscale", "return scale")],
    "make_scaler__called": [
        ("return scale, unscale", "return scale(latents), unscale(latents)")
    ],
    "make_scaler__in_place": [
        ("return (x - mean) / deviation", "x -= mean\n        return x / deviation")
    ],
    "make_scaler__swapped": [("return scale, unscale", "return unscale, scale")],
    "make_scaler__same_axes_of_height": [
        ("latents.mean(axis=(0, 1, 2))", "latents.mean(axis=(1, 2, 3))[:3]")
    ],
    "gated_block__no_gate": [
        ('    gate = layers.Dense(units, kernel_initializer="zeros")(condition)\n', ""),
        (
            "x + gate * layers.Dense(units)(h)",
            'x + layers.Dense(units, kernel_initializer="zeros")(h)',
        ),
    ],
    "gated_block__gate_not_zero": [(', kernel_initializer="zeros"', "")],
    "gated_block__all_zero": [
        (
            "gate * layers.Dense(units)(h)",
            'gate * layers.Dense(units, kernel_initializer="zeros")(h)',
        )
    ],
    "gated_block__gates_everything": [
        ("x + gate * layers.Dense(units)(h)", "gate * (x + layers.Dense(units)(h))")
    ],
    "gated_block__no_residual": [("return x + gate", "return gate")],
    "gated_block__one_plus_gate": [("x + gate * ", "x + (1 + gate) * ")],
    "gated_block__sigmoid": [
        (
            'kernel_initializer="zeros")',
            'kernel_initializer="zeros", activation="sigmoid")',
        )
    ],
    "gated_block__gate_of_x": [
        ('kernel_initializer="zeros")(condition)', 'kernel_initializer="zeros")(x)')
    ],
    "gated_block__one_gate": [
        (
            'layers.Dense(units, kernel_initializer="zeros")',
            'layers.Dense(1, kernel_initializer="zeros")',
        )
    ],
    "gated_block__no_normalisation": [
        ("layers.LayerNormalization(center=False, scale=False)(x)", "x")
    ],
    "gated_block__own_scale": [("(center=False, scale=False)", "()")],
    "gated_block__returns_the_gate": [
        ("return x + gate * layers.Dense(units)(h)", "return 0.0")
    ],
}
