"""Exercises of lesson 11c: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def steer(denoiser, x_t, t, label, unwanted, guidance):
    """Latents (N, 7, 7, 4), time, labels (N,), a class or None -> velocity."""
    times = np.full((len(x_t), 1), t)
    wanted = denoiser([x_t, times, label])
    other = np.full_like(label, 10 if unwanted is None else unwanted)
    away = denoiser([x_t, times, other])
    return away + guidance * (wanted - away)


def slerp(first, second, share):
    """Noises (N, 7, 7, 4) twice, a number from 0 to 1 -> noises (N, 7, 7, 4)."""
    axes = dict(axis=(1, 2, 3), keepdims=True)
    lengths = np.sqrt(np.sum(first**2, **axes) * np.sum(second**2, **axes))
    cosine = np.sum(first * second, **axes) / lengths
    angle = np.arccos(np.clip(cosine, -1, 1))
    safe = np.maximum(np.sin(angle), 1e-6)
    curved = np.sin((1 - share) * angle) * first + np.sin(share * angle) * second
    straight = (1 - share) * first + share * second
    return np.where(angle < 1e-4, straight, curved / safe)


def renoise(x_s, s, t, noise):
    """Latents at time s, 0 <= s < t <= 1, fresh noise of their shape -> at time t."""
    shrink = (1 - t) / (1 - s)
    return shrink * x_s + np.sqrt(t**2 - (shrink * s) ** 2) * noise


def check_1(answer):
    """Guidance away from an unwanted class."""
    rng = np.random.default_rng(0)
    x_t, label = rng.normal(size=(3, 7, 7, 4)), np.array([7, 9, 0])
    pull, asked, faults = rng.normal(size=11), [], []

    def denoiser(inputs):
        latents, times, labels = map(np.asarray, inputs)
        if latents.shape != x_t.shape:
            faults.append(
                f"it gives the denoiser latents of shape {latents.shape}, not "
                f"{x_t.shape}. Hint: call it twice, once with each kind of label."
            )
        if times.shape != (3, 1):
            faults.append(
                f"it gives the denoiser times of shape {times.shape}, not (3, 1). "
                "Hint: np.full((len(x_t), 1), t)."
            )
        if labels.shape != (3,) or labels.dtype.kind not in "iu":
            faults.append(
                f"it gives the denoiser labels of shape {labels.shape} and type "
                f"{labels.dtype}, not 3 whole numbers. Hint: one label for each "
                "picture, np.full_like(label, ...)."
            )
        if faults:
            return np.zeros(latents.shape)
        asked.append(labels)
        pulls = np.reshape(times, -1) * pull[labels.clip(0, 10)]
        return 0.5 * latents + pulls[:, None, None, None]

    def expected(t, labels, unwanted, guidance):
        toward, away = pull[labels], pull[unwanted]
        pulls = t * (away + guidance * (toward - away))
        return 0.5 * x_t + pulls[:, None, None, None]

    found = answer(denoiser, x_t, 0.5, label, None, 3.0)
    assert not faults, faults[0]
    told = "without an unwanted class, and guidance 3, it is not ordinary guidance. "
    assert all(np.max(labels) <= 10 and np.min(labels) >= 0 for labels in asked), (
        told + "Hint: None means no class, whose label is 10."
    )
    assert np.shape(found) == x_t.shape, (
        f"it returns the shape {np.shape(found)}, not {x_t.shape}. Hint: one velocity "
        "for each picture, a mixture of two outputs of the denoiser."
    )
    right = expected(0.5, label, np.full(3, 10), 3.0)
    assert not close(found, expected(0.5, np.full(3, 10), label, 3.0)), (
        told + "Hint: it moves away from the wanted class: swap the two velocities."
    )
    assert not close(found, expected(0.5, label, np.full(3, 10), 4.0)), (
        told + "Hint: start from the velocity without class, not from that with it."
    )
    assert close(found, right), (
        told + "Hint: the velocity with label 10, plus guidance times the difference "
        "of the wanted class's velocity from it."
    )
    found = answer(denoiser, x_t, 0.25, label, 3, 3.0)
    assert not close(found, expected(0.25, label, np.full(3, 10), 3.0)), (
        "with dress (3) unwanted, it still starts from no class. Hint: ask the "
        "denoiser for the unwanted class in place of label 10."
    )
    found = answer(denoiser, x_t, 0.25, label, 0, 3.0)
    assert not close(found, expected(0.25, label, np.full(3, 10), 3.0)), (
        "with T-shirt (0) unwanted, it still starts from no class. Hint: 0 is a class: "
        "compare with None by `is`."
    )
    with_both = expected(0.25, label, np.full(3, 10), 3.0) - 3.0 * (
        0.25 * (pull[0] - pull[10])
    )
    assert not close(found, with_both), (
        "it guides away from no class and from the unwanted one. Hint: the unwanted "
        "class takes the place of no class; two calls are enough."
    )
    right = expected(0.25, label, np.zeros(3, int), 3.0)
    assert close(found, right), (
        "with T-shirt (0) unwanted, the velocity is wrong. Hint: the velocity of class "
        "0 takes the place of that of no class, in both of its places."
    )
    found = answer(denoiser, x_t, 0.25, label, 3, 1.0)
    assert close(found, expected(0.25, label, np.full(3, 3), 1.0)), (
        "with guidance 1, it does not follow the wanted class alone. Hint: away + "
        "guidance * (wanted - away)."
    )


def check_2(answer):
    """Spherical interpolation at any angle."""
    rng = np.random.default_rng(0)
    shape = (3, 7, 7, 4)

    def length(x):
        return np.sqrt(np.sum(np.asarray(x, float) ** 2, axis=(1, 2, 3)))

    def pairs(angles):  # of length 14
        a, b = rng.normal(size=(2, *shape))
        a = a / length(a)[:, None, None, None]
        b = b - np.sum(a * b, axis=(1, 2, 3), keepdims=True) * a
        b = b / length(b)[:, None, None, None]
        angles = np.reshape(angles, (3, 1, 1, 1))
        return 14 * a, 14 * (np.cos(angles) * a + np.sin(angles) * b)

    first, second = pairs([np.pi / 2] * 3)
    found = np.asarray(answer(first, second, 0.25))
    assert found.shape == shape, (
        f"it returns the shape {found.shape}, not {shape}. Hint: sums over the axes "
        "(1, 2, 3), with keepdims=True."
    )
    assert not close(answer(first, second, 0.0), second), (
        "share 0 gives the second noise. Hint: share is that of the second one."
    )
    right_angle = np.cos(np.pi / 8) * first + np.sin(np.pi / 8) * second
    assert not close(found, 0.75 * first + 0.25 * second), (
        "it is the linear mixture. Hint: the angle is the arc cosine of the cosine "
        "between the two, in radians."
    )
    assert not close(length(found), np.ones(3)), (
        "between noises of norm 14, its result has norm 1. Hint: normalise only for "
        "the cosine; the weights multiply the noises as they are."
    )
    degrees = np.sin(67.5) / np.sin(90) * first + np.sin(22.5) / np.sin(90) * second
    by_sine = np.sin(67.5) * first + np.sin(22.5) * second
    assert not (close(found, degrees) or close(found, by_sine)), (
        "it takes the angle in degrees. Hint: np.sin and np.arccos work in radians."
    )
    assert close(found, right_angle), (
        "at a right angle and share 0.25, it is not the lesson's spherical mixture. "
        "Hint: one cosine for each pair, summed over the axes (1, 2, 3); weights "
        "sin((1 - share) θ) / sin θ and sin(share θ) / sin θ."
    )
    first, second = pairs([1.0] * 3)
    middle, unscaled = first + second, np.sin(0.5) * (first + second)
    found = answer(first, second, 0.5)
    assert not close(found, unscaled), (
        "between noises of norm 14, at an angle of 1 radian, the norm is not 14. "
        "Hint: divide the weights by sin θ, so that share 0 gives weight 1."
    )
    assert not close(found, middle / np.sqrt(2)), (
        "it takes every angle for 90°. Hint: the angle of each pair comes from its dot "
        "product."
    )
    assert close(found, unscaled / np.sin(1)), (
        "at an angle of 1 radian, the middle is wrong. Hint: the cosine is the dot "
        "product of a pair divided by both norms; np.arccos gives the angle."
    )
    first, second = pairs([0.5, 1.0, 2.0])
    found = answer(first, second, 0.5)
    angles = np.reshape([0.5, 1.0, 2.0], (3, 1, 1, 1))
    unscaled = np.sin(angles / 2) * (first + second)
    assert close(found, unscaled / np.sin(angles)), (
        "for pairs with angles of 0.5, 1 and 2 radians, the middle is wrong. Hint: "
        "each pair has its own angle: sum over the axes (1, 2, 3) only."
    )
    grown = 3 * second
    found = answer(first, grown, 1.0)
    assert close(found, grown), (
        "if the second noise is longer, share 1 does not give it. Hint: normalise only "
        "for the cosine; the weights multiply the noises as they are."
    )
    with np.errstate(all="ignore"):
        same = np.asarray(answer(first, first, 0.3))
        scaled = np.asarray(answer(first, 1.1 * first, 0.3))
    assert np.isfinite(same).all() and np.isfinite(scaled).all(), (
        "for two equal directions, it returns NaN. Hint: clip the cosine to [-1, 1]; "
        "where the angle is nearly 0, use the linear mixture."
    )
    assert close(same, first, 1e-3), (
        "between a noise and itself, it is not that noise. Hint: where the angle is "
        "nearly 0, use the linear mixture."
    )


def check_3(answer):
    """From time s to a noisier time t."""
    one, zero = np.ones((2, 7, 7, 4)), np.zeros((2, 7, 7, 4))
    found = np.asarray(answer(one, 0.4, 0.7, zero))
    assert found.shape == one.shape, (
        f"it returns the shape {found.shape}, not {one.shape}. Hint: a sum of two "
        "terms, one with x_s, one with noise."
    )
    kept, added = found, np.asarray(answer(zero, 0.4, 0.7, one))
    told = f"from s = 0.4 to t = 0.7, x_s counts {kept.flat[0]:.3f} times"
    hint = ". Hint: x_s has 0.6 of the data, the result must have 0.3: divide."
    assert close(kept, 0.5 * one), f"{told} and not 0.5 times{hint}"
    weight, right = added.flat[0], np.sqrt(0.49 - 0.04)
    told = f"from s = 0.4 to t = 0.7, the fresh noise counts {weight:.3f} times, not "
    assert not close(weight, 0.7), (
        f"{told}{right:.3f}. Hint: x_s brings noise along, which also counts; the "
        "variances add up to t²."
    )
    assert not close(weight, 0.5), (
        f"{told}{right:.3f}. Hint: variances add up, standard deviations do not: take "
        "squares, then a root."
    )
    assert not close(weight, right**2), (
        f"{told}{right:.3f}. Hint: that is a variance; noise is multiplied by its root."
    )
    assert not close(weight, np.sqrt(0.49 - 0.16)), (
        f"{told}{right:.3f}. Hint: the old noise has shrunk with x_s, too: its "
        "standard deviation is no longer s."
    )
    assert close(weight, right), (
        f"{told}{right:.3f}. Hint: t² minus the variance of the noise that is left of "
        "x_s, then the root."
    )
    both = np.asarray(answer(one, 0.0, 1.0, 2 * one))
    assert close(both, 2 * one), (
        "from s = 0 to t = 1, the result is not the fresh noise. Hint: at t = 1, no "
        "data are left and the variance is 1."
    )
    assert close(answer(one, 0.0, 0.25, 2 * one), 1.25 * one), (
        "from s = 0 to t = 0.25, it is not 0.75 of the data and 0.25 of the noise. "
        "Hint: at s = 0, there is no old noise."
    )


ADDED = "np.sqrt(t**2 - (shrink * s) ** 2)"
WRONG = {  # replacements in a solution, or another body for it
    "steer__adds_to_the_wanted": [("return away +", "return wanted +")],
    "steer__swapped": [
        (
            "return away + guidance * (wanted - away)",
            "return wanted + guidance * (away - wanted)",
        ),
    ],
    "steer__zero_is_none": [
        ("10 if unwanted is None else unwanted", "unwanted or 10"),
    ],
    "steer__ignores_unwanted": [("10 if unwanted is None else unwanted", "10")],
    "steer__label_not_repeated": [
        (
            "np.full_like(label, 10 if unwanted is None else unwanted)",
            "10 if unwanted is None else unwanted",
        ),
    ],
    "steer__time_a_number": [("np.full((len(x_t), 1), t)", "t")],
    "steer__times_flat": [("np.full((len(x_t), 1), t)", "np.full(len(x_t), t)")],
    "steer__none_is_minus_one": [("10 if unwanted is None", "-1 if unwanted is None")],
    "steer__two_directions": [
        (
            "    return away + guidance * (wanted - away)",
            "    free = denoiser([x_t, times, np.full_like(label, 10)])\n"
            "    if unwanted is None:\n"
            "        away = free + 0\n"
            "        return free + guidance * (wanted - free)\n"
            "    return free + guidance * (wanted - free) - guidance * (away - free)",
        ),
    ],
    "steer__both_in_one_batch": "both = np.concatenate([x_t, x_t])\n"
    "    return denoiser([both, np.full((len(both), 1), t), np.tile(label, 2)])",
    "slerp__linear": "return (1 - share) * first + share * second",
    "slerp__right_angles": "angle = share * np.pi / 2\n"
    "    return np.cos(angle) * first + np.sin(angle) * second",
    "slerp__reversed": [
        (
            "np.sin((1 - share) * angle) * first + np.sin(share * angle) * second",
            "np.sin(share * angle) * first + np.sin((1 - share) * angle) * second",
        ),
    ],
    "slerp__no_division": [("curved / safe", "curved")],
    "slerp__one_angle": [
        ("dict(axis=(1, 2, 3), keepdims=True)", "dict(axis=None, keepdims=True)"),
    ],
    "slerp__last_axis": [("(1, 2, 3)", "-1")],
    "slerp__degrees": [
        (
            "np.arccos(np.clip(cosine, -1, 1))",
            "np.degrees(np.arccos(np.clip(cosine, -1, 1)))",
        ),
    ],
    "slerp__no_norms": [(" / lengths", "")],
    "slerp__nan": [
        ("np.maximum(np.sin(angle), 1e-6)", "np.sin(angle)"),
        ("np.where(angle < 1e-4, straight, curved / safe)", "curved / safe"),
    ],
    "slerp__unit_vectors": [
        (
            "    safe =",
            "    first = first / np.sqrt(np.sum(first**2, **axes))\n"
            "    second = second / np.sqrt(np.sum(second**2, **axes))\n    safe =",
        ),
    ],
    "slerp__no_arccos": [("np.arccos(np.clip(cosine, -1, 1))", "cosine + 0 * share")],
    "renoise__forward_noising": "return (1 - t) * x_s + t * noise",
    "renoise__adds_the_step": "return x_s + (t - s) * noise",
    "renoise__all_noise_fresh": [(ADDED, "t")],
    "renoise__deviations": [(ADDED, "(t - shrink * s)")],
    "renoise__variance": [(ADDED, "(t**2 - (shrink * s) ** 2)")],
    "renoise__old_noise_not_shrunk": [("(shrink * s) ** 2", "s**2")],
    "renoise__no_fresh_noise": [
        ("+ np.sqrt(t**2 - (shrink * s) ** 2) * noise", "+ 0 * noise")
    ],
    "renoise__ratio_upside_down": [("(1 - t) / (1 - s)", "(1 - s) / (1 - t + 1e-9)")],
    "renoise__times_as_ratio": [("(1 - t) / (1 - s)", "s / t")],
}
