"""Exercises of lesson 11b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def image_to_image(velocity, x, noise, start, num_steps):
    x_t = (1 - start) * x + start * noise
    for step in range(num_steps):
        t = start * (1 - step / num_steps)
        x_t = x_t - velocity(x_t, t) * start / num_steps
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
    """From a picture's latents to noise at time start, and back as another class."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(3, 2, 2, 4)), rng.normal(size=(3, 2, 2, 4))
    kept, asked = (x.copy(), noise.copy()), []

    def rest(x_t, t):
        asked.append(t)
        return np.zeros_like(x_t)

    found = answer(rest, x, noise, 0.6, 5)
    assert np.shape(found) == x.shape, (
        f"for latents of shape {x.shape} the result has the shape {np.shape(found)}. "
        "Hint: return x_t after the last step."
    )
    assert close(x, kept[0]) and close(noise, kept[1]), (
        "it changes the arrays that it was given. "
        "Hint: write x_t = x_t - ..., since x_t -= ... changes the array itself."
    )
    assert asked, "it never asks for a velocity. Hint: once in each of the steps."
    assert all(np.ndim(t) == 0 for t in asked), (
        f"it gives velocity a time of shape {np.shape(asked[0])}. "
        "Hint: give it one number for all pictures."
    )
    still = "with the velocity 0 and start = 0.6, "
    assert not close(found, x), (
        f"{still}the picture comes back. Hint: the steps begin at a mixture of x and "
        "noise, not at x."
    )
    assert not close(found, noise), (
        f"{still}nothing of the picture is left. Hint: the steps begin at a mixture of "
        "x and noise, not at noise alone."
    )
    assert not close(found, 0.6 * x + 0.4 * noise), (
        f"{still}0.6 of the picture is left. Hint: t is the share of the noise."
    )
    assert not close(found, x + 0.6 * noise), (
        f"{still}all of the picture is left under the noise. Hint: the shares of data "
        "and noise add up to 1."
    )
    assert close(found, 0.4 * x + 0.6 * noise), (
        f"{still}the result is not 0.4 of the picture and 0.6 of the noise. "
        "Hint: x_t = (1 - t) * x + t * noise, with t = start."
    )
    assert len(asked) == 5, (
        f"with num_steps = 5 the number of its calls of velocity is {len(asked)}. "
        "Hint: all of the steps lie between start and 0."
    )
    assert not close(asked, [1, 0.8, 0.6, 0.4, 0.2]), (
        "from start = 0.6 its times begin at 1. Hint: x_t has the noise of t = start, "
        "so tell velocity that time first."
    )
    right = [0.6, 0.48, 0.36, 0.24, 0.12]
    assert close(asked, right), (
        f"from start = 0.6 in 5 steps, its times are {np.round(asked, 3).tolist()}, "
        f"not {right}. Hint: t falls in equal steps, and is that of the step's start."
    )
    found = answer(lambda x_t, t: np.full_like(x_t, 2.0), x, noise, 0.6, 5)
    moved = np.mean(found - (0.4 * x + 0.6 * noise))
    assert not close(moved, 1.2), (
        "it moves along the velocity, not back. Hint: velocity is noise - data, and "
        "you go from noise to data: subtract."
    )
    assert not close(moved, -2), (
        "its steps together are as long as from t = 1 to 0. "
        "Hint: from start to 0, a step has the size start / num_steps."
    )
    assert close(moved, -1.2), (
        f"with a velocity of 2 everywhere it moves by {moved:.3g} and not by -1.2. "
        "Hint: in each step subtract velocity times the size of the step."
    )

    def of_boots(x_t, t):  # exact, if boots are normal: mean 3, standard deviation 0.5
        gap = x_t - 3 * (1 - t)
        return (t - (1 - t) / 4) * gap / ((1 - t) ** 2 / 4 + t**2) - 3

    sneakers = 0.5 * x - 3
    for start, least, most in ((0.2, -3, 0), (0.6, 1, 2.5), (1.0, 2.8, 3.2)):
        boots = np.mean(answer(of_boots, sneakers, noise, start, 100))
        assert least < boots < most, (
            f"sneakers have the mean -3, boots 3; from start = {start} the result has "
            f"{boots:.2f}, not between {least} and {most}. Hint: ask for the velocity "
            "at the x_t that the last step has reached."
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
    "image_to_image__no_noise": [("(1 - start) * x + start * noise", "x")],
    "image_to_image__only_noise": [("(1 - start) * x + start * noise", "noise")],
    "image_to_image__swapped": [
        ("(1 - start) * x + start * noise", "start * x + (1 - start) * noise")
    ],
    "image_to_image__noise_added": [("(1 - start) * x +", "x +")],
    "image_to_image__from_one": [("t = start * (1 -", "t = (1 -")],
    "image_to_image__times_from_zero": [("(1 - step / num_steps)", "step / num_steps")],
    "image_to_image__time_at_the_end": [("1 - step /", "1 - (step + 1) /")],
    "image_to_image__long_steps": [
        ("velocity(x_t, t) * start /", "velocity(x_t, t) /")
    ],
    "image_to_image__forwards": [("x_t = x_t - vel", "x_t = x_t + vel")],
    "image_to_image__whole_velocity": [(" * start / num_steps\n", "\n")],
    "image_to_image__share_of_steps": [
        ("range(num_steps)", "range(int(start * num_steps))"),
    ],
    "image_to_image__one_step_less": [("range(num_steps)", "range(num_steps - 1)")],
    "image_to_image__stays_put": [
        ("    for step", "    place = x_t\n    for step"),
        ("velocity(x_t, t)", "velocity(place, t)"),
    ],
    "image_to_image__at_the_picture": [("velocity(x_t, t)", "velocity(x, t)")],
    "image_to_image__in_place": [
        (
            "    x_t = (1 - start) * x + start * noise",
            "    x *= 1 - start\n    x += start * noise\n    x_t = x",
        )
    ],
    "image_to_image__times_an_array": [
        (
            "t = start * (1 - step / num_steps)",
            "t = np.full((len(x), 1), start * (1 - step / num_steps))",
        )
    ],
    "image_to_image__no_result": [("    return x_t", "    x_t")],
    "image_to_image__one_jump": "x_t = (1 - start) * x + start * noise\n"
    "    return x_t - start * velocity(x_t, start)",
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
