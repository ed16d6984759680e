"""Exercises of lesson 10: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def hide_words(words, order, limit):
    """Word number of each token (T,), word numbers in order, limit -> bool (T,)."""
    words = np.asarray(words)
    hidden = np.zeros(len(words), bool)
    for word in order:
        more = words == word
        if hidden.sum() + more.sum() <= limit:
            hidden |= more
    return hidden


def padded_attention(q, k, v, there):
    """q, k (N, T, d), v (N, T, e), there (N, T) -> context vectors (N, T, e)."""
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])  # (N, T, T)
    scores = np.where(there[:, None, :], scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ v * there[:, :, None]


def mask_predict(ids, probabilities, free, count, mask_id):
    """ids (T,), probabilities (T, V), free (T,) bool -> new ids (T,)."""
    new = np.where(ids == mask_id, probabilities.argmax(axis=1), ids)
    sure = probabilities[np.arange(len(new)), new]
    least = np.argsort(np.where(free, sure, np.inf))[:count]
    new[least] = mask_id
    return new


def check_1(answer):
    """Whole-word masking."""
    words = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 5])
    result = np.asarray(answer(words.copy(), [2, 5], 4))
    assert result.shape == (10,), (
        f"for 10 tokens the result has the shape {result.shape}, not (10,). "
        "Hint: one True or False for each token."
    )
    assert result.dtype == bool, (
        f"the result holds {result.dtype}, not bool. "
        "Hint: start with np.zeros(len(words), bool)."
    )
    split = [w for w in set(words.tolist()) if 0 < result[words == w].mean() < 1]
    assert not split, (
        f"word {split[:1]} is hidden in part. "
        "Hint: words == word marks all tokens of a word."
    )
    assert result.tolist() == np.isin(words, [2, 5]).tolist(), (
        "with room for both words, it does not hide exactly these. "
        "Hint: hide every word of `order` that fits, and no other."
    )
    full = np.asarray(answer(words.copy(), [1, 5, 0], 4))
    assert full.sum() <= 4, (
        f"{full.sum()} tokens are hidden, the limit is 4. "
        "Hint: look at the sum before you hide a word."
    )
    assert sum(full[words == 5]) != 1, (
        "word 5 is hidden in part. Hint: hide whole words, or nothing of them."
    )
    exact = np.asarray(answer(words.copy(), [1, 5], 4))
    assert exact.tolist() == np.isin(words, [1, 5]).tolist(), (
        "two words of two tokens do not fill a limit of 4. "
        "Hint: exactly `limit` tokens may be hidden: <=, not <."
    )
    assert full.tolist() == exact.tolist(), (
        "words 1 and 5 come first and fill the limit, but others are hidden. "
        "Hint: go through the words as `order` gives them."
    )
    skipped = np.asarray(answer(words.copy(), [1, 3, 0, 4], 4))
    assert skipped.any() and skipped[words == 1].all(), (
        "the first word of `order` is not hidden, although it fits. "
        "Hint: go through `order` from its beginning."
    )
    assert skipped.tolist() == np.isin(words, [1, 0, 4]).tolist(), (
        "after a word that is too long, shorter ones that fit are not hidden. "
        "Hint: skip that word and go on, instead of stopping."
    )
    late = np.asarray(answer(np.array([7, 7, 8, 9]), [9, 8, 7], 2))
    assert late.tolist() == [False, False, True, True], (
        "word numbers need not begin at 0, and `order` counts. "
        "Hint: compare `words` with each number in `order`."
    )
    assert not np.asarray(answer(words.copy(), [3], 2)).any(), (
        "a word longer than the limit is hidden. Hint: then nothing is."
    )


def _attend(q, k, v, seen):
    scores = np.where(seen, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def check_2(answer):
    """Encoder attention over a batch with padding."""
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 3, 6, 4))
    v = rng.normal(size=(3, 6, 5))
    there = np.arange(6) < np.array([[6], [4], [1]])
    result = np.asarray(answer(q, k, v, there))
    assert result.shape == (3, 6, 5), (
        f"the result has the shape {result.shape}, not (3, 6, 5). "
        "Hint: weights (N, T, T) @ v (N, T, e)."
    )
    assert result.dtype.kind == "f" and np.isfinite(result).all(), (
        "the result has NaN or no numbers. Hint: hide keys alone (there[:, None, :]); "
        "a row of scores that are all -np.inf has no softmax."
    )
    assert close(result[0], _attend(q[0], k[0], v[0], True)), (
        "a row without padding is not plain attention, softmax(q @ k.T / sqrt(d)) @ v. "
        "Hint: no position is hidden in it, neither earlier nor later ones."
    )
    other = v.copy()
    other[1, 4:] += 1
    assert close(np.asarray(answer(q, k, other, there))[1, :4], result[1, :4]), (
        "values at padding change the result of real tokens. "
        "Hint: set their scores to -np.inf before the softmax."
    )
    for row, length in [(1, 4), (2, 1)]:
        alone = _attend(*(x[row, :length] for x in (q, k, v)), True)
        assert close(result[row, :length], alone), (
            "a padded row is not what it is without its padding. Hint: the weights of "
            "the real tokens sum to 1 only if padding is hidden before the softmax."
        )
    assert close(result[~there], np.zeros((7, 5))), (
        "the result at padding is not 0. "
        "Hint: multiply by there[:, :, None] at the end."
    )
    gaps = np.array([[False, True, True, False, True, True]] * 3)
    found, kept = np.asarray(answer(q, k, v, gaps)), [1, 2, 4, 5]
    assert close(found[0, kept], _attend(*(x[0, kept] for x in (q, k, v)), True)), (
        "it goes wrong where padding is not at the end. "
        "Hint: use `there` itself, not the number of its True."
    )
    with np.errstate(all="ignore"):
        large = np.asarray(answer(1000 * q, k, v, there))
        low = np.asarray(answer(0 * q - 1e6, 0 * k + 1, v, there))
    assert np.isfinite(large).all(), (
        "scores of 1000 are too large for it. "
        "Hint: subtract each row's maximum before np.exp."
    )
    assert close(low[1, :4], np.tile(v[1, :4].mean(axis=0), (4, 1))), (
        "where real scores are far below 0, padding has a weight. Hint: hide with "
        "-np.inf, then take the maximum; any number may exceed a real score."
    )


def check_3(answer):
    """One step of mask-predict."""
    probabilities = np.array(
        [
            [0.9, 0.05, 0.05],
            [0.1, 0.6, 0.3],
            [0.34, 0.3, 0.36],
            [0.3, 0.4, 0.3],
            [0.7, 0.2, 0.1],
        ]
    )
    free, everywhere = np.array([False, True, True, True, True]), np.ones(5, bool)
    ids = np.array([1, 3, 2, 3, 1])
    kept, given = ids.copy(), probabilities.copy()

    def ask(ids, free, count):
        return np.asarray(answer(ids, probabilities, free, count, 3))

    first = ask(ids, free, 0)
    assert (ids == kept).all() and (probabilities == given).all(), (
        "it changes the arrays that it was given. Hint: np.where makes a new array."
    )
    assert first.shape == (5,), (
        f"the result has the shape {first.shape}, not (5,). Hint: one id a position."
    )
    assert first.tolist() == [1, 1, 2, 1, 1], (
        f"with count 0, {kept.tolist()} becomes {first.tolist()}, not [1, 1, 2, 1, 1]. "
        "Hint: only blanks get their likeliest tokens, and no blank is left."
    )
    one = ask(ids, free, 1)
    assert (one == 3).sum() == 1, (
        f"with count 1, {(one == 3).sum()} blanks are left. "
        "Hint: exactly `count` positions become mask_id."
    )
    assert one[0] != 3, (
        "a position that is not free becomes a blank. "
        "Hint: give it a probability of np.inf before you sort."
    )
    assert one.tolist() != [1, 1, 2, 3, 1], (
        "it never takes back an old token: 1, with probability 0.2, is the least sure. "
        "Hint: compare all free positions, not only those just filled."
    )
    assert one.tolist() == [1, 1, 2, 1, 3], (
        f"the least sure token is the last 1, with probability 0.2, but it gives "
        f"{one.tolist()}. Hint: the probability of the token that stands there, "
        "probabilities[np.arange(T), new]."
    )
    for count, expected in [(2, [1, 1, 3, 1, 3]), (4, [1, 3, 3, 3, 3])]:
        found = ask(ids, free, count)
        assert found.tolist() == expected, (
            f"with count {count} it gives {found.tolist()}, not {expected}. "
            "Hint: sort by probability, and take the first `count`."
        )
    assert ask(ids, everywhere, 1).tolist() == [3, 1, 2, 1, 1], (
        "if all are free, the least sure token is the first: 0.05. "
        "Hint: use `free` as it is given."
    )
    full = np.array([0, 1, 2, 1, 0])
    assert ask(full, free, 1).tolist() == [0, 1, 3, 1, 0], (
        "without any blank, it still hides the least sure token again. "
        "Hint: fill first, then hide, whatever was filled."
    )
    fixed = np.array([0, 3, 2, 1, 0])
    found = ask(fixed, fixed != 3, 0)
    assert found.tolist() == [0, 1, 2, 1, 0], (
        "a blank stays where `free` is False. Hint: fill each blank; `free` only says "
        "which positions may become blanks again."
    )


WRONG = {  # replacements in a solution, or another body for it
    "hide_words__below_the_limit": [("<= limit", "< limit")],
    "hide_words__over_the_limit": [("hidden.sum() + more.sum()", "hidden.sum()")],
    "hide_words__cuts_the_last_word": """hidden = np.isin(words, order)
    hidden[np.flatnonzero(hidden)[limit:]] = False
    return hidden""",
    "hide_words__all_words": """return np.isin(words, order)""",
    "hide_words__limit_of_words": """return np.isin(words, list(order)[:limit])""",
    "hide_words__in_the_order_of_the_text": [
        ("for word in order", "for word in sorted(order)")
    ],
    "hide_words__first_token_only": [
        ("hidden |= more", "hidden[more.argmax()] = True")
    ],
    "hide_words__integers": [("return hidden", "return hidden.astype(int)")],
    "hide_words__stops_when_full": """hidden = np.zeros(len(words), bool)
    for word in order:
        if hidden.sum() + np.sum(words == word) > limit:
            return hidden
        hidden |= words == word
    return hidden""",
    "padded_attention__sees_padding": [
        ("np.where(there[:, None, :], scores, -np.inf)", "scores")
    ],
    "padded_attention__hides_queries": [("there[:, None, :]", "there[:, :, None]")],
    "padded_attention__hides_both": [
        ("there[:, None, :]", "there[:, None, :] & there[:, :, None]")
    ],
    "padded_attention__after_the_softmax": [
        ("scores = np.where(there[:, None, :], scores, -np.inf)\n", "\n"),
        ("return weights @ v", "return weights * there[:, None, :] @ v"),
    ],
    "padded_attention__scores_of_zero": [("-np.inf", "0.0")],
    "padded_attention__hides_with_100": [("-np.inf", "-100")],
    "padded_attention__not_zero_at_padding": [(" * there[:, :, None]", "")],
    "padded_attention__not_scaled": [(" / np.sqrt(q.shape[-1])", "")],
    "padded_attention__causal": [
        ("there[:, None, :]", "there[:, None, :] & np.tri(q.shape[1], dtype=bool)")
    ],
    "padded_attention__overflows": [
        ("scores - scores.max(axis=-1, keepdims=True)", "scores")
    ],
    "padded_attention__softmax_of_queries": [
        ("weights.sum(axis=-1, keepdims=True)", "weights.sum(axis=1, keepdims=True)")
    ],
    "padded_attention__returns_weights": [
        ("return weights @ v * there[:, :, None]", "return weights")
    ],
    "mask_predict__never_takes_back": [
        ("np.where(free, sure", "np.where(free & (ids == mask_id), sure")
    ],
    "mask_predict__hides_fixed_tokens": [("np.where(free, sure, np.inf)", "sure")],
    "mask_predict__hides_the_surest": [
        ("np.where(free, sure, np.inf)", "np.where(free, -sure, np.inf)")
    ],
    "mask_predict__largest_probability": [
        ("probabilities[np.arange(len(new)), new]", "probabilities.max(axis=1)")
    ],
    "mask_predict__replaces_all": [
        (
            "np.where(ids == mask_id, probabilities.argmax(axis=1), ids)",
            "probabilities.argmax(axis=1)",
        )
    ],
    "mask_predict__fills_free_blanks_only": [
        ("np.where(ids == mask_id, prob", "np.where((ids == mask_id) & free, prob")
    ],
    "mask_predict__fills_only": [("    new[least] = mask_id\n", "")],
    "mask_predict__one_too_many": [("[:count]", "[: count + 1]")],
    "mask_predict__changes_its_input": [
        (
            "new = np.where(ids == mask_id, probabilities.argmax(axis=1), ids)",
            "new, blank = ids, ids == mask_id\n"
            "    new[blank] = probabilities.argmax(axis=1)[blank]",
        )
    ],
    "mask_predict__keeps_blanks": [
        ("np.where(ids == mask_id, probabilities.argmax(axis=1), ids)", "ids.copy()"),
        ("probabilities[np.arange(len(new)), new]", "probabilities.max(axis=1)"),
    ],
}
