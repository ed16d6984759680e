"""Exercises of lesson 12: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def avoiding(denoiser, x, t, tokens, avoid, guidance):
    """x (N, D), t (N, 1), tokens and avoid (N, L) -> velocity (N, D)."""
    wanted = denoiser([x, t, tokens])
    unwanted = denoiser([x, t, avoid])
    return unwanted + guidance * (wanted - unwanted)


def drop_words(caption, keep, rng):
    """A text, a probability, a NumPy generator -> a text with some of the words."""
    return " ".join(word for word in caption.split() if rng.random() < keep)


def dynamic_threshold(pictures, share=0.995):
    """Pictures (N, H, W, C), some values outside [-1, 1] -> all values inside."""
    largest = np.quantile(np.abs(pictures), share, axis=(1, 2, 3), keepdims=True)
    largest = np.maximum(largest, 1)
    return np.clip(pictures, -largest, largest) / largest


def check_1(answer):
    """A step that goes from one caption's velocity towards another's."""
    x, t = np.full((2, 3), 0.5), np.full((2, 1), 0.25)
    wanted, unwanted = np.full((2, 4), 7), np.full((2, 4), 2)
    seen = []

    def denoiser(inputs):
        if len(inputs) != 3 or np.shape(inputs[2])[-1:] != (4,):
            raise ValueError("call denoiser([x, t, tokens]), a list of three arrays")
        state, time, words = map(np.asarray, inputs)
        seen.append(words)
        return state + 10 * time + words[:, :1] ** 2.0

    def asked(guidance):
        return np.asarray(answer(denoiser, x, t, wanted, unwanted, guidance), float)

    def velocity(words):
        return x + 10 * t + words[:, :1] ** 2.0

    one, zero, three = asked(1), asked(0), asked(3)
    assert one.shape == (2, 3), (
        f"for latents of shape (2, 3) the result has the shape {one.shape}. "
        "Hint: a velocity has the shape of x."
    )
    assert not any(np.any(words == 0) for words in seen), (
        "it asks for the empty caption. Hint: `avoid` takes the place of that one."
    )
    swapped = close(one, velocity(unwanted)) and close(zero, velocity(wanted))
    assert not swapped, (
        "at guidance 1 it follows the words to avoid. "
        "Hint: start from the velocity for `avoid`, and go towards that for `tokens`."
    )
    assert close(one, velocity(wanted)), (
        "at guidance 1 it is not the velocity for `tokens`. "
        "Hint: start + guidance * (end - start) is the end where guidance is 1."
    )
    assert not close(zero, one), (
        "guidance 0 and 1 give the same velocity. "
        "Hint: multiply the difference of the two velocities by guidance."
    )
    assert close(zero, velocity(unwanted)), (
        "at guidance 0 it is not the velocity for `avoid`. "
        "Hint: start from that one, not from 0 and not from the wanted one."
    )
    assert close(
        three, velocity(unwanted) + 3 * (velocity(wanted) - velocity(unwanted))
    ), (
        "guidance 3 does not go three times as far as guidance 1. "
        "Hint: multiply the difference of the two velocities by guidance."
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


def check_3(answer):
    """Dynamic thresholding, picture by picture."""
    rng = np.random.default_rng(0)
    calm, wild = rng.uniform(-0.5, 0.5, (2, 8, 8, 3)), rng.normal(size=(2, 8, 8, 3)) * 3
    pictures = np.concatenate([calm, wild])
    given = pictures.copy()
    found = np.asarray(answer(given))
    assert found.shape == pictures.shape, (
        f"four pictures {pictures.shape} give the shape {found.shape}. "
        "Hint: np.quantile with axis=(1, 2, 3) and keepdims=True fits the pictures."
    )
    assert close(given, pictures, 0), (
        "your function changes its input. Hint: work on a copy, or use np.clip."
    )
    assert np.abs(found).max() <= 1 + 1e-6, (
        f"a value of {np.abs(found).max():.2f} is left. "
        "Hint: clip to minus and plus the quantile first, then divide by it."
    )
    alone = np.concatenate([np.asarray(answer(each[None].copy())) for each in pictures])
    assert close(alone, found), (
        "a picture comes out differently when others are in the batch. "
        "Hint: take one quantile for each picture, over axes 1, 2 and 3."
    )
    assert close(found[:2], calm), (
        "a picture inside [-1, 1] is changed. "
        "Hint: divide by no less than 1: np.maximum(quantile, 1)."
    )
    expected = dynamic_threshold(pictures)
    assert not close(found, np.clip(pictures, -1, 1)), (
        "it only clips to [-1, 1]. Hint: clip to the quantile, then divide by it."
    )
    signed = np.quantile(pictures, 0.995, axis=(1, 2, 3), keepdims=True).clip(1)
    assert not close(found, np.clip(pictures, -signed, signed) / signed), (
        "large negative values are not counted. "
        "Hint: take the quantile of the absolute values."
    )
    assert close(found, expected), (
        "pictures with values outside [-1, 1] come out differently. Hint: "
        "one quantile of absolute values for each picture; clip to it, divide by it."
    )
    assert close(answer(pictures, 0.5), dynamic_threshold(pictures, 0.5)), (
        "with share=0.5 it does the same as with 0.995. "
        "Hint: pass `share` to np.quantile."
    )


WRONG = {  # replacements in a solution, or another body for it
    "avoiding__swapped": [
        ("denoiser([x, t, tokens])", "denoiser([x, t, avoid ])"),
        ("denoiser([x, t, avoid])", "denoiser([x, t, tokens])"),
    ],
    "avoiding__from_the_wanted_one": [
        ("return unwanted +", "return wanted +"),
    ],
    "avoiding__subtracts_the_unwanted": [
        ("unwanted + guidance * (wanted - unwanted)", "wanted - guidance * unwanted"),
    ],
    "avoiding__ignores_avoid": [("[x, t, avoid]", "[x, t, np.zeros_like(avoid)]")],
    "avoiding__no_guidance": [("guidance * (wanted", "(wanted")],
    "avoiding__guidance_less_one": [("guidance * (wanted", "2 * guidance * (wanted")],
    "avoiding__clipped_guidance": [
        ("guidance * (wanted", "min(guidance, 2) * (wanted")
    ],
    "avoiding__mean_over_numbers": [
        ("(wanted - unwanted)", "(wanted - unwanted)[:, :1]"),
        ("return unwanted", "return unwanted[:, :1]"),
    ],
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
    "dynamic_threshold__of_all_pictures": [(", axis=(1, 2, 3), keepdims=True", "")],
    "dynamic_threshold__never_below_one_forgotten": [
        ("np.maximum(largest, 1)", "largest")
    ],
    "dynamic_threshold__no_division": [("-largest, largest) / largest", "-1, 1)")],
    "dynamic_threshold__no_clipping": [
        ("np.clip(pictures, -largest, largest)", "pictures")
    ],
    "dynamic_threshold__signed": [("np.abs(pictures)", "pictures")],
    "dynamic_threshold__divides_then_nothing": [
        (
            "np.clip(pictures, -largest, largest) / largest",
            "np.clip(pictures, -largest, largest)",
        )
    ],
    "dynamic_threshold__fixed_share": [(", share,", ", 0.995,")],
    "dynamic_threshold__of_each_row": [("axis=(1, 2, 3)", "axis=(2, 3)")],
}
