"""Exercises of lesson 11: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def multistep_sample(velocity, noise, num_calls):  # -> samples, shaped like noise
    x_t, before = noise, None
    times = np.linspace(1, 0, num_calls + 1)
    for t, s in zip(times[:-1], times[1:], strict=True):
        now = velocity(x_t, t)
        middle = now if before is None else now + (now - before) / 2
        x_t = x_t + (s - t) * middle
        before = now
    return x_t


def velocity_from(predict_noise, x_t, t):  # -> velocity, shaped like x_t
    alpha, sigma = 1 - t, t
    scale = np.sqrt(alpha**2 + sigma**2)
    time = 2 / np.pi * np.arctan2(sigma, alpha)
    noise_hat = predict_noise(x_t / scale, time)
    x_hat = (x_t - sigma * noise_hat) / alpha
    return noise_hat - x_hat


def zero_terminal_snr(alpha):  # (T,) -> new alpha (T,), new sigma (T,)
    alpha = (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])
    return alpha, np.sqrt(1 - alpha**2)


def check_1(answer):
    """Two velocities predict the third, with one call a step."""
    noise = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 1.0]])
    asked = []

    def velocity(x_t, t):
        asked.append(round(float(np.mean(t)), 6))
        return 3 * np.asarray(t) ** 2 * x_t

    for num_calls in (1, 2, 5):
        asked.clear()
        result = answer(velocity, noise.copy(), num_calls)
        assert np.shape(result) == noise.shape, (
            f"noise of shape (3, 2) gives the shape {np.shape(result)}. "
            "Hint: return the last x_t alone, an array like noise."
        )
        assert asked, (
            f"num_calls = {num_calls} makes no call at all. Hint: num_calls steps have "
            "num_calls + 1 times."
        )
        assert asked[0] == 1, (
            f"the first call is at t = {asked[0]:.3g}. Hint: noise is at t = 1: ask at "
            "the start of each step, and go down from 1 to 0."
        )
        assert len(asked) == num_calls, (
            f"num_calls = {num_calls} makes {len(asked)} calls. Hint: take num_calls "
            "steps, ask once in each, and keep the velocity for the next step."
        )
        times = np.linspace(1, 0, num_calls + 1)[:-1]
        assert close(asked, times, 1e-5), (
            f"with num_calls = {num_calls} it asks at t = {asked!s:.60}. Hint: ask "
            "only at the start of a step; np.linspace(1, 0, num_calls + 1) has the "
            "times."
        )
    assert close(answer(velocity, noise.copy(), 1), noise * (1 - 3)), (
        "one call gives another result than one step of Euler. Hint: a step from t to "
        "s adds (s - t) times the velocity, and s - t is negative."
    )
    wrong = {0.0: "it is Euler's method", 1.0: "it predicts for the end of the step"}
    wrong |= {-0.5: "it looks back instead of ahead"}
    result = answer(velocity, noise.copy(), 5)
    for share, told in wrong.items():
        assert not close(result, _multistep(velocity, noise, 5, share)), (
            f"{told}. Hint: the middle of a step is half a step later than the last "
            "call, so add half of the last change to the velocity."
        )
    assert close(result, multistep_sample(velocity, noise, 5)), (
        "the first step is right, but not the later ones. Hint: add half of the change "
        "from the last call to this one to this velocity, and go on from x_t."
    )


def _multistep(velocity, x_t, num_calls, share):
    """As the solution, with another share of the last change."""
    before, times = None, np.linspace(1, 0, num_calls + 1)
    for t, s in zip(times[:-1], times[1:], strict=True):
        now = velocity(x_t, t)
        x_t = x_t + (s - t) * (now + share * (now - (now if t == 1 else before)))
        before = now
    return x_t


def check_2(answer):
    """The exact noise prediction for normal data, asked on the cosine path."""
    mean, std, asked = 1.0, 0.5, []

    def predict_noise(x_t, time):
        alpha, sigma = np.cos(np.pi / 2 * time), np.sin(np.pi / 2 * time)
        asked.append((np.array(x_t), float(np.mean(time))))
        return sigma * (x_t - alpha * mean) / (alpha**2 * std**2 + sigma**2)

    x_t = np.array([[1.0, -2.0], [0.5, 3.0], [0.2, 1.0]])
    for t in (0.5, 0.2, 0.9, 0.0):
        asked.clear()
        result = answer(predict_noise, x_t.copy(), t)
        assert np.shape(result) == x_t.shape, (
            f"points of shape (3, 2) give the shape {np.shape(result)}. "
            "Hint: return one velocity for each point."
        )
        assert asked, "predict_noise is never called. Hint: ask it once."
        points, time = asked[-1]
        scale = np.sqrt((1 - t) ** 2 + t**2)
        right = 2 / np.pi * np.arctan2(t, 1 - t)
        assert close(time, right, 1e-5), (
            f"for t = {t} it asks at the time {time:.3f}. Hint: there cosine must have"
            " flow's ratio: tan(pi / 2 * time) = t / (1 - t); np.arctan gives angles "
            "in radians."
        )
        assert close(points, x_t / scale, 1e-5), (
            f"for t = {t} it asks about points that do not fit the path cosine. Hint: "
            "divide x_t by a number that makes alpha² + sigma² of flow equal to 1."
        )
        noise_hat = predict_noise(x_t / scale, right)
        x_hat = (x_t - t * noise_hat) / (1 - t)
        assert not close(result, x_hat - noise_hat, 1e-5), (
            "the sign is wrong. Hint: the velocity is the noise minus the data."
        )
        assert not close(result, noise_hat, 1e-5), (
            "it returns the predicted noise. Hint: compute x_hat from it, then the "
            "velocity."
        )
        assert close(result, noise_hat - x_hat, 1e-5), (
            f"for t = {t} the question is right, but not the velocity. Hint: go on "
            "with x_t and the alpha and sigma of flow: x_hat from the predicted noise,"
            " then noise_hat - x_hat."
        )


def check_3(answer):
    """A schedule that ends in pure noise."""
    alpha = np.sqrt(np.cumprod(1 - np.linspace(1e-4, 0.02, 1000)))
    kept = alpha.copy()
    result = answer(alpha)
    pair = isinstance(result, tuple | list) and len(result) == 2
    assert pair and all(np.shape(each) == (1000,) for each in result), (
        "an alpha of shape (1000,) does not give two arrays of that shape. "
        "Hint: return alpha, sigma."
    )
    assert close(alpha, kept), (
        "it changes the array that it is given. Hint: compute a new one: alpha - ..., "
        "not alpha -= ..."
    )
    new, sigma = result
    assert close(new[-1], 0), (
        f"the new alpha ends at {new[-1]:.3g}. Hint: subtract the last value."
    )
    assert close(new[0], alpha[0], 1e-9), (
        f"the new alpha begins at {new[0]:.6f}, not at {alpha[0]:.6f} as before. "
        "Hint: after the shift, multiply all by one factor that restores the first."
    )
    shifted = (alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1])
    assert close(new, shifted, 1e-9), (
        "the values between the first and the last are wrong. Hint: shift and scale "
        "all of them alike, alpha itself and not its square."
    )
    assert close(new**2 + np.asarray(sigma) ** 2, np.ones(1000)), (
        "alpha² + sigma² is not 1. Hint: compute sigma from the new alpha."
    )
    short = np.array([0.9, 0.6, 0.3])
    expected = zero_terminal_snr(short)
    assert close(answer(short), expected), (
        "it works for DDPM's schedule, but not for alpha = [0.9, 0.6, 0.3]. Hint: use "
        "the first and last value of the given array, and begin at 0.9 again."
    )


WRONG = {  # replacements in a solution, or another body for it
    "multistep_sample__euler": [("now + (now - before) / 2", "now")],
    "multistep_sample__end_of_the_step": [(") / 2", ")")],
    "multistep_sample__mean_of_both": [("now + (now - before)", "(now + before)")],
    "multistep_sample__wrong_sign_of_the_change": [
        ("(now - before)", "(before - now)")
    ],
    "multistep_sample__forgets_to_keep": [
        ("before = now\n", "before = now if before is None else before\n")
    ],
    "multistep_sample__keeps_what_it_predicted": [
        ("before = now\n", "before = middle\n")
    ],
    "multistep_sample__forwards": [("np.linspace(1, 0,", "np.linspace(0, 1,")],
    "multistep_sample__one_step_too_few": [("num_calls + 1)", "num_calls)")],
    "multistep_sample__wrong_sign": [("(s - t)", "(t - s)")],
    "multistep_sample__asks_at_the_end": [("velocity(x_t, t)", "velocity(x_t, s)")],
    "multistep_sample__asks_twice": [
        ("now = velocity(x_t, t)", "now = velocity(x_t, t) + 0 * velocity(x_t, t)")
    ],
    "multistep_sample__asks_in_the_middle": [
        ("velocity(x_t, t)", "velocity(x_t, (t + s) / 2)")
    ],
    "multistep_sample__from_the_noise": [("x_t = x_t +", "x_t = noise +")],
    "multistep_sample__all_points": [("return x_t", "return [noise, x_t]")],
    "velocity_from__same_time": [("2 / np.pi * np.arctan2(sigma, alpha)", "t")],
    "velocity_from__angle": [("2 / np.pi * np.arctan2", "np.arctan2")],
    "velocity_from__ratio_upside_down": [("(sigma, alpha)", "(alpha, sigma)")],
    "velocity_from__not_scaled": [("x_t / scale", "x_t")],
    "velocity_from__multiplied": [("x_t / scale", "x_t * scale")],
    "velocity_from__scaled_by_the_sum": [
        ("np.sqrt(alpha**2 + sigma**2)", "alpha**2 + sigma**2")
    ],
    "velocity_from__noise_only": "return predict_noise(x_t / np.hypot(1 - t, t), "
    "2 / np.pi * np.arctan2(t, 1 - t))",
    "velocity_from__wrong_sign": [("noise_hat - x_hat", "x_hat - noise_hat")],
    "velocity_from__alpha_of_cosine": [("hat) / alpha", "hat) / (alpha / scale)")],
    "velocity_from__forgets_to_divide": [("hat) / alpha", "hat)")],
    "velocity_from__never_asks": "return x_t",
    "zero_terminal_snr__only_shifted": [(" * alpha[0] / (alpha[0] - alpha[-1])", "")],
    "zero_terminal_snr__begins_at_one": [("* alpha[0] / (alpha[0]", "/ (alpha[0]")],
    "zero_terminal_snr__only_the_last": "new = alpha.copy()\n    new[-1] = 0\n    "
    "return new, np.sqrt(1 - new**2)",
    "zero_terminal_snr__old_sigma": "sigma = np.sqrt(1 - alpha**2)\n    return "
    "(alpha - alpha[-1]) * alpha[0] / (alpha[0] - alpha[-1]), sigma",
    "zero_terminal_snr__sigma_of_flow": [("np.sqrt(1 - alpha**2)", "1 - alpha")],
    "zero_terminal_snr__variance": [("np.sqrt(1 - alpha**2)", "1 - alpha**2")],
    "zero_terminal_snr__the_squares": "new = alpha**2 - alpha[-1] ** 2\n    new = "
    "np.sqrt(new * alpha[0] ** 2 / new[0])\n    return new, np.sqrt(1 - new**2)",
    "zero_terminal_snr__alpha_alone": [(", np.sqrt(1 - alpha**2)", "")],
    "zero_terminal_snr__in_place": "first, last = alpha[0], alpha[-1]\n    alpha -= "
    "last\n    alpha *= first / (first - last)\n    return alpha, np.sqrt(1 - alpha * "
    "alpha)",
}
