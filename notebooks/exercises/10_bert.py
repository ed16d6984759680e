"""Exercises of lesson 10: solutions, then checkers, then wrong answers."""

# 10.1: a token begins a word if its text begins with a space or a line break:
#
#     texts = [tokenizer.decode([t], merges) for t in range(mask_id)]
#     begins = np.array([text[0] in " \n" for text in texts])
#     rng = np.random.default_rng(seed)
#     show(hide_words(windows[0], begins[windows[0]], 0.15, rng, mask_id)[0])
#
# 10.2: to write with it, in the lesson:
#
#     text, free = frame, frame == mask_id
#     for count in (4, 3, 2, 1, 0):  # blanks that are left
#         probabilities = np.array(ops.softmax(bert(text[None])))[0]
#         text = mask_predict(text, probabilities, free, count, mask_id)
#         show(text)
#
# 10.3: fewer: 36.0 % of the same blanks with 15 % hidden, 42.1 % with 40 % (one run
# each, the same seed and steps). A window teaches where a token is hidden: 0.8 million
# times in all, instead of 2.2. The plateau takes 5 epochs instead of 3.

from course_utils.judge import close

import numpy as np


def hide_words(ids, starts, share, rng, mask_id):
    """ids (T,), starts (T,) bool, share 0 to 1 -> inputs and targets, (T,) each."""
    word = np.cumsum(starts)  # number of the word to which each token belongs
    hidden = (rng.random(word.max() + 1) < share)[word]
    return np.where(hidden, mask_id, ids), np.where(hidden, ids, -1)


def mask_predict(ids, probabilities, free, count, mask_id):
    """ids (T,), probabilities (T, V), free (T,) bool -> new ids (T,)."""
    new = np.where(ids == mask_id, probabilities.argmax(axis=1), ids)
    sure = probabilities[np.arange(len(new)), new]
    least = np.argsort(np.where(free, sure, np.inf))[:count]
    new[least] = mask_id
    return new


def check_1(answer):
    """Whole-word masking."""
    lengths = np.random.default_rng(1).integers(1, 5, 3000)  # of words, in tokens
    word = np.repeat(np.arange(3000), lengths)
    starts = np.diff(word, prepend=-1) > 0
    ids = np.random.default_rng(2).integers(0, 50, len(word))
    given, begun = ids.copy(), starts.copy()

    def ask(share, seed, first=0):
        tokens, begin = ids[first:], starts[first:]
        found = answer(tokens, begin, share, np.random.default_rng(seed), 50)
        assert isinstance(found, (tuple, list)) and len(found) == 2, (
            "it does not return two arrays. Hint: return inputs, targets."
        )
        inputs, targets = [np.asarray(x) for x in found]
        assert (ids == given).all() and (starts == begun).all(), (
            "it changes the arrays that it was given. Hint: np.where makes a new one."
        )
        assert inputs.shape == targets.shape == tokens.shape, (
            f"for {len(tokens)} tokens the shapes are {inputs.shape} and "
            f"{targets.shape}. Hint: one number a token, in inputs and in targets."
        )
        return inputs, targets

    inputs, targets = ask(0.15, 3)
    hidden = inputs == 50
    assert hidden.any(), (
        "nothing is hidden. Hint: rng.random(number of words) < share, for words."
    )
    assert (inputs[~hidden] == ids[~hidden]).all(), (
        "visible tokens have changed. Hint: inputs are mask_id where a token is "
        "hidden, else ids."
    )
    assert close(targets[~hidden], np.full((~hidden).sum(), -1)), (
        "a visible token has a target. Hint: -1 where nothing is hidden."
    )
    assert (targets[hidden] == ids[hidden]).all(), (
        "the target of a hidden token is not that token. Hint: ids where it is hidden."
    )
    parts = np.bincount(word, hidden) / lengths  # share of each word that is hidden
    assert np.isin(parts, (0, 1)).all(), (
        "a word is hidden in part. Hint: np.cumsum(starts) numbers the words; draw one "
        "number for each word, then take it for each of its tokens."
    )
    everything, nothing = ask(1, 5)[0] == 50, ask(0, 5)[1] == -1
    assert everything.all() and nothing.all(), (
        f"with share 1, {(~everything).sum()} of {len(ids)} tokens stay visible; with "
        f"share 0, {(~nothing).sum()} are hidden. Hint: rng.random(...) < share, for "
        "every word, the last one, too."
    )
    for length in (1, 4):
        found = parts[lengths == length].mean()
        assert 0.1 < found < 0.2, (
            f"{found:.0%} of the words with {length} token(s) are hidden, not about "
            "15 %. Hint: draw for each word, once: rng.random(number of words) < share."
        )
    assert (ask(0.15, 3)[0] == inputs).all() and (ask(0.15, 4)[0] != inputs).any(), (
        "the draw does not depend on rng alone. Hint: rng.random, not np.random."
    )
    draws = np.array([ask(0.5, n)[0][starts] == 50 for n in range(20)])  # (20, words)
    for begin in (0, 1):
        pairs = draws[:, begin:-1:2], draws[:, begin + 1 :: 2]
        alike = np.mean([(x == y).mean() for x, y in zip(*pairs, strict=False)])
        assert 0.4 < alike < 0.6, (
            f"with share 0.5, neighbouring words have the same fate in {alike:.0%} of "
            "cases, not in half. Hint: each word has a draw of its own."
        )
    assert draws.sum(axis=1).std() > 5, (  # 27 on average
        "each time, about the same number of words is hidden. Hint: each word has a "
        "draw of its own, so their number varies."
    )
    long = int(np.flatnonzero(lengths == 4)[0])  # a window may begin inside a word
    inside = int(np.flatnonzero(word == long)[1])
    draws = np.array([ask(0.5, n, inside)[0] == 50 for n in range(100)])
    assert (draws[:, :3] == draws[:, :1]).all(), (
        "a window begins inside a word, and the rest of that word is hidden in part. "
        "Hint: the tokens before the first start are one word, np.cumsum's 0."
    )
    for name, place in {"next": 3, "last": -1}.items():
        alike = (draws[:, 0] == draws[:, place]).mean()
        assert 0.3 < alike < 0.7 and 0.3 < draws[:, 0].mean() < 0.7, (
            "a window begins inside a word, and the rest of that word is hidden never, "
            f"always or with the {name} word. Hint: it is one word, np.cumsum's 0."
        )


def check_2(answer):
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
    hidden = int(np.sum((first == 3) & (ids != 3)))
    assert hidden == 0, (
        f"with count 0, {hidden} tokens become blanks. "
        "Hint: count is the number of new blanks; [:0] takes none, but [-0:] all."
    )
    assert not (first == 3).any(), (
        f"with count 0, {kept.tolist()} becomes {first.tolist()}: a blank is left. "
        "Hint: each blank gets its likeliest token, probabilities.argmax(axis=1)."
    )
    assert first.tolist() == [1, 1, 2, 1, 1], (
        f"with count 0, {kept.tolist()} becomes {first.tolist()}, not [1, 1, 2, 1, 1]. "
        "Hint: only blanks get their likeliest tokens; the others stay."
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
        "Hint: compare all free positions; np.flatnonzero(free) gives their places."
    )
    assert one.tolist() == [1, 1, 2, 1, 3], (
        f"the least sure token is the last 1, with probability 0.2, but it gives "
        f"{one.tolist()}. Hint: the lowest of the probabilities of the tokens that "
        "stand there, probabilities[np.arange(T), new]."
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
    "hide_words__tokens": [("(word.max() + 1)", "(len(ids))"), (")[word]", ")")],
    "hide_words__a_word_of_any_token": [
        (
            "(rng.random(word.max() + 1) < share)[word]",
            "np.bincount(word, rng.random(len(ids)) < share)[word] > 0",
        )
    ],
    "hide_words__inverted": [("< share", "> share")],
    "hide_words__no_mask": [("np.where(hidden, mask_id, ids)", "ids")],
    "hide_words__targets_everywhere": [("np.where(hidden, ids, -1)", "ids")],
    "hide_words__other_targets": [
        ("np.where(hidden, ids, -1)", "np.where(hidden, mask_id, -1)")
    ],
    "hide_words__zero_for_visible": [("ids, -1)", "ids, 0)")],
    "hide_words__own_generator": [("rng.random(", "np.random.default_rng(0).random(")],
    "hide_words__first_word_never": [
        ("hidden = (", "hidden = (word > 0) & ("),
    ],
    "hide_words__first_word_by_tokens": [
        (
            "    return",
            "    first = rng.random(len(ids)) < share\n"
            "    hidden = np.where(word == 0, first, hidden)\n    return",
        )
    ],
    "hide_words__first_word_with_the_last": [
        ("np.cumsum(starts)", "np.cumsum(starts) - 1"),
        ("word.max() + 1", "starts.sum()"),
    ],
    "hide_words__first_word_with_the_next": [
        ("np.cumsum(starts)", "np.maximum(np.cumsum(starts) - 1, 0)")
    ],
    "hide_words__two_words_a_draw": [("np.cumsum(starts)", "np.cumsum(starts) // 2")],
    "hide_words__a_fixed_number": [
        (
            "(rng.random(word.max() + 1) < share)[word]",
            "(rng.permutation(word.max() + 1) < share * (word.max() + 1))[word]",
        )
    ],
    "hide_words__without_the_last_word": [
        ("hidden = (", "hidden = (word < word.max()) & (")
    ],
    "hide_words__inputs_only": [(", np.where(hidden, ids, -1)", "")],
    "hide_words__in_place": [
        (
            "return np.where(hidden, mask_id, ids), np.where(hidden, ids, -1)",
            "targets = np.where(hidden, ids, -1)\n    ids[hidden] = mask_id\n"
            "    return ids, targets",
        )
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
    "mask_predict__hides_all_for_count_0": [
        ("np.where(free, sure, np.inf))[:count]", "np.where(free, -sure, -9))[-count:]")
    ],
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
