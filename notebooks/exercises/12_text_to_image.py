"""Exercises of lesson 12: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def composed(denoiser, x, t, captions, weights):
    """x (N, D), t (N, 1), K tokens (N, L), K numbers -> velocity (N, D)."""
    empty = denoiser([x, t, 0 * captions[0]])
    velocity = empty
    for tokens, weight in zip(captions, weights, strict=True):
        velocity = velocity + weight * (denoiser([x, t, tokens]) - empty)
    return velocity


def drop_words(caption, keep, rng):
    """A text, a probability, a NumPy generator -> a text with some of the words."""
    return " ".join(word for word in caption.split() if rng.random() < keep)


def check_1(answer):
    """The pulls of several captions, added to the velocity for the empty one."""
    x, t = np.full((2, 3), 0.5), np.full((2, 1), 0.25)
    words = [[9, 3, 0, 0], [5, 6, 7, 0], [4, 0, 0, 0]]
    captions = [np.array([row, row]) for row in words]
    nothing, others = np.zeros((2, 4), int), []

    def velocity(tokens):
        return x + 10 * t + (1 + tokens @ [[1], [0.5], [0.25], [0.125]]) ** 1.5

    def denoiser(inputs):
        shapes = [np.shape(each) for each in inputs]
        if shapes != [(2, 3), (2, 1), (2, 4)]:
            raise ValueError(f"denoiser([x, t, tokens]) got the shapes {shapes}")
        state, time, tokens = map(np.asarray, inputs)
        if not any(close(tokens, each) for each in [nothing, *captions]):
            others.append(tokens)
        return velocity(tokens) + (state - x) + 10 * (time - t)

    def found(number, *weights):
        result = answer(denoiser, x, t, captions[:number], [*weights])
        assert not others, (
            f"it asks the denoiser for the tokens {others[0][0]}, which are neither a "
            "given caption nor the empty one, all 0. Hint: ask for each caption by "
            "itself, and combine the velocities."
        )
        return np.asarray(result, float)

    def right(number, *weights):
        pulls = [velocity(each) - velocity(nothing) for each in captions[:number]]
        return velocity(nothing) + sum(
            w * p for w, p in zip(weights, pulls, strict=True)
        )

    one = found(1, 1.0)
    assert one.shape == (2, 3), (
        f"for latents of shape (2, 3) the result has the shape {one.shape}. "
        "Hint: a velocity has the shape of x."
    )
    assert close(one, velocity(captions[0])), (
        "one caption with weight 1 does not give its velocity. Hint: its pull is its "
        "velocity minus that for the empty caption; add it to the latter."
    )
    three = found(1, 3.0)
    assert not close(three, 3 * one), (
        "one caption with weight 3 gives three times its velocity. Hint: start from "
        "the empty caption's, and multiply only what the caption adds to it."
    )
    assert close(three, right(1, 3.0)), (
        "one caption with weight 3 does not pull three times as far as with weight 1. "
        "Hint: multiply each pull by its weight, as it is."
    )
    assert close(found(1, 0.0), velocity(nothing)), (
        "with weight 0 it is not the velocity for the empty caption. "
        "Hint: start from that one, and multiply only the pulls by the weights."
    )
    assert close(found(1, -2.0), right(1, -2.0)), (
        "a caption with weight -2 does not push away. "
        "Hint: use the weight with its sign."
    )
    two, base = found(2, 1.0, 2.0), velocity(nothing)
    assert not close(two, right(2, 1.0, 2.0) + base), (
        "with two captions the velocity for the empty one is in the result twice. "
        "Hint: start from it once, then add only pulls."
    )
    assert not close(two, base + (right(2, 1.0, 2.0) - base) / 2), (
        "two captions pull half as far as they should. "
        "Hint: add the pulls; do not take their mean."
    )
    assert not close(two, base + (right(2, 1.0, 2.0) - base) / 3), (
        "weights 1 and 2 act like 1/3 and 2/3. Hint: do not divide by their sum."
    )
    assert not close(two, right(1, 1.0)), (
        "the second caption has no effect. Hint: go through all captions."
    )
    assert not close(two, base + 2 * (velocity(captions[1]) - base)), (
        "the first caption has no effect. Hint: add each pull to the sum so far."
    )
    chained = right(1, 1.0) + 2 * (velocity(captions[1]) - right(1, 1.0))
    assert not close(two, chained), (
        "the second pull starts from where the first one ended. Hint: measure each "
        "pull from the empty caption's velocity (which += changes in a NumPy array)."
    )
    assert not close(two, right(2, 2.0, 1.0)), (
        "the weights belong to the wrong captions. Hint: zip(captions, weights)."
    )
    assert close(two, right(2, 1.0, 2.0)), (
        "two captions with weights 1 and 2 give the wrong velocity. "
        "Hint: each pull times its own weight; add them all."
    )
    assert close(found(3, 1.0, -0.5, 2.0), right(3, 1.0, -0.5, 2.0)), (
        "two captions are right, three are not. Hint: use a loop over all captions."
    )


def check_2(answer):
    """Random captions of some of the words."""
    caption = "red car on a long bridge"
    words = caption.split()
    found = answer(caption, 1.0, np.random.default_rng(0))
    assert isinstance(found, str), (
        f"it returns {type(found).__name__}, not a text. "
        'Hint: join the words that stay with " ".join(...).'
    )
    assert found, (
        "with keep = 1 nothing is left. Hint: a word stays where rng.random() < keep."
    )
    assert found == caption, (
        f"with keep = 1 it returns {found[:40]!r}, not the caption. "
        "Hint: split into words, and join those that stay with single spaces."
    )
    none = answer(caption, 0.0, np.random.default_rng(0))
    assert none == "", (
        f"with keep = 0 it returns {none[:40]!r}, not an empty text. "
        "Hint: a word stays only where rng.random() < keep, the first one too."
    )
    rng = np.random.default_rng(1)
    drawn = [answer(caption, 0.75, rng).split() for _ in range(600)]
    assert len({" ".join(each) for each in drawn}) > 1, (
        "600 calls with one generator give the same text. "
        "Hint: draw from `rng`, and make no new generator in the function."
    )
    runs = [np.random.default_rng(2) for _ in range(2)]
    twice = [[answer(caption, 0.5, run) for _ in range(30)] for run in runs]
    assert twice[0] == twice[1], (
        "two generators with the same seed give different texts. "
        "Hint: draw every number with rng.random()."
    )
    for each in drawn:
        rest = iter(words)
        assert all(word in rest for word in each), (
            f"{' '.join(each)[:40]!r} has other words than the caption, or in another "
            "order. Hint: go through the words from first to last; take each once."
        )
    lengths = {len(each) for each in drawn}
    assert not lengths <= {0, 6}, (
        "all words stay or none does. Hint: draw a new number for each word."
    )
    assert len(lengths) > 2, (
        "the number of words is nearly always the same. Hint: decide for each word by "
        "itself, and not how many stay."
    )
    shares = np.mean([[word in each for word in words] for each in drawn], axis=0)
    assert np.all(np.abs(shares - 0.75) < 0.1), (
        f"with keep = 0.75, words stay in {shares.min():.0%} to {shares.max():.0%} of "
        "600 calls. Hint: rng.random() < keep is true with probability keep."
    )


WRONG = {  # replacements in a solution, or another body for it
    "composed__no_pulls": [("(denoiser([x, t, tokens]) - empty)", "empty")],
    "composed__whole_velocities": [
        ("velocity = empty", "velocity = 0"),
        ("denoiser([x, t, tokens]) - empty", "denoiser([x, t, tokens])"),
    ],
    "composed__whole_velocities_on_the_empty_one": [(" - empty", "")],
    "composed__from_zero": [("velocity = empty", "velocity = 0 * empty")],
    "composed__empty_each_time": "empty = denoiser([x, t, 0 * captions[0]])"
    "\n    return sum(empty + w * (denoiser([x, t, c]) - empty) for c, w in "
    "zip(captions, weights))",
    "composed__mean": [("velocity + weight *", "velocity + weight / len(captions) *")],
    "composed__normalised": [
        ("velocity + weight *", "velocity + weight / sum(weights) *")
    ],
    "composed__normalised_where_several": [
        (
            "velocity + weight *",
            "velocity + (weight / sum(weights) if len(weights) > 1 else weight) *",
        )
    ],
    "composed__ignores_weights": [("weight * ", "")],
    "composed__absolute_weights": [("weight * ", "abs(weight) * ")],
    "composed__one_caption_of_all_words": "empty = denoiser([x, t, 0 * captions[0]])\n"
    "    both = np.max(captions, axis=0)\n"
    "    return empty + weights[0] * (denoiser([x, t, both]) - empty)",
    "composed__first_alone": [
        ("zip(captions, weights", "zip(captions[:1], weights[:1]")
    ],
    "composed__last_alone": [("velocity + weight", "empty + weight")],
    "composed__two_at_most": [
        ("zip(captions, weights", "zip(captions[:2], weights[:2]")
    ],
    "composed__in_a_chain": [("tokens]) - empty", "tokens]) - velocity")],
    "composed__in_place": [("velocity = velocity + ", "velocity += ")],
    "composed__weights_reversed": [("captions, weights,", "captions, weights[::-1],")],
    "composed__unknown_words_for_none": [("0 * captions[0]", "1 + 0 * captions[0]")],
    "composed__one_number_a_latent": [
        ("return velocity", "return velocity.mean(axis=1)")
    ],
    "composed__adds_captions": "both = sum(w * c for c, w in zip(captions, weights))\n"
    "    return denoiser([x, t, both])",
    "drop_words__drops_with_probability_keep": [("< keep", "> keep")],
    "drop_words__list": [
        ('" ".join(word', "list(word"),
    ],
    "drop_words__one_draw_for_all": "return caption if rng.random() < keep else ''",
    "drop_words__letters": [("caption.split()", "caption")],
    "drop_words__own_generator": "rng = np.random.default_rng(0)\n    return ' '.join("
    "w for w in caption.split() if rng.random() < keep)",
    "drop_words__global_generator": [("rng.random()", "np.random.random()")],
    "drop_words__half": [
        ("rng.random() < keep", "rng.random() < (keep + keep**8) / 2")
    ],
    "drop_words__fixed_number": "words = caption.split()\n    count = round(keep * "
    "len(words))\n    rows = sorted(rng.permutation(len(words))[:count])\n    return "
    "' '.join(words[i] for i in rows)",
    "drop_words__shuffled": "words = caption.split()\n    if keep < 1:\n        "
    "rng.shuffle(words)\n    return ' '.join(w for w in words if rng.random() < keep)",
    "drop_words__always_the_first": "words = caption.split()\n    return ' '.join("
    "words[:1] + [w for w in words[1:] if rng.random() < keep])",
}
