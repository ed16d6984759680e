"""Exercises of lesson 16: solutions, then checkers, then wrong answers."""

import copy

import numpy as np


def mask_turns(turns, header):
    """[(role, ids), ...], tokens of a mark -> ids, mask: two lists of equal length."""
    ids, mask = [], []
    for role, tokens in turns:
        ids += tokens
        learned = role == "assistant"
        mask += [int(learned and n >= header) for n in range(len(tokens))]
    return ids, mask


def masked_loss(log_p, targets, mask):
    """log p (N, K, V), token ids (N, K), 1 or 0 (N, K) -> the mean, a number."""
    right = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    return -np.sum(right * mask) / np.sum(mask)


def merged(kernel, adapters):
    """kernel (D, heads, 64), [(a, b, alpha), ...] -> the new kernel."""
    for a, b, alpha in adapters:
        kernel = kernel + alpha / b.shape[0] * (a @ b)
    return kernel


def check_1(answer):
    """The loss mask of a chat of several turns."""
    turns = [
        ("system", [1, 9, 30, 31, 2]),
        ("user", [1, 8, 40, 2]),
        ("assistant", [1, 7, 50, 51, 2]),
        ("user", [1, 8, 41, 42, 2]),
        ("assistant", [1, 7, 52, 2]),
    ]
    before = copy.deepcopy(turns)
    result = answer(turns, 2)
    assert isinstance(result, tuple | list) and len(result) == 2, (
        "the result is not a pair. Hint: return ids, mask."
    )
    ids, mask = ([int(n) for n in part] for part in result)
    assert turns == before, (
        "the turns that your function was given have changed. Hint: begin with a new "
        "list, ids = [], and add to that."
    )
    expected = [token for _, tokens in turns for token in tokens]
    assert ids == expected, (
        f"of {len(expected)} ids, {len(ids)} come back, or in another order. Hint: all "
        "tokens of all turns are read, also those that are not learned."
    )
    assert len(mask) == len(ids), (
        f"the mask has {len(mask)} numbers for {len(ids)} ids. Hint: one for each id."
    )
    whole = [int(r == "assistant") for r, tokens in turns for _ in tokens]
    assert mask != whole, (
        "the marks of the assistant's turns are learned, too. Hint: the first `header` "
        "tokens of a turn get 0; the prompt gives them."
    )
    spans = {"system": [0, 5], "user": [5, 9], "second user": [14, 19]}
    for name, (begin, end) in spans.items():
        assert not any(mask[begin:end]), (
            f"tokens of the {name}'s turn are learned. Hint: only turns whose role is "
            "'assistant' get ones."
        )
    for name, begin, end in [("first", 9, 14), ("second", 19, 23)]:
        assert any(mask[begin:end]), (
            f"the {name} of two answers is not learned. Hint: every turn of the "
            "assistant counts, not only the first or the last."
        )
    assert mask[13] == 1 and mask[22] == 1, (
        "the last token of an answer has mask 0. Hint: the assistant writes it, too; "
        "a model that never learns it never stops."
    )
    good = [0] * 9 + [0, 0, 1, 1, 1] + [0] * 5 + [0, 0, 1, 1]
    assert mask == good, (
        f"the mask is {mask}, not {good}. Hint: in an assistant's turn, 1 from token "
        "number `header` on."
    )
    assert [*answer(turns[2:3], 3)[1]] == [0, 0, 0, 1, 1], (
        "with a mark of three tokens, the mask is not [0, 0, 0, 1, 1] for an answer "
        "of five. Hint: use `header`, not 2."
    )


def check_2(answer):
    """The mean over answer tokens."""
    rng = np.random.default_rng(16)
    log_p = np.log(rng.dirichlet(np.ones(7), (3, 4)))
    targets = rng.integers(0, 7, (3, 4))
    mask = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 0, 0]])
    result = answer(log_p.copy(), targets.copy(), mask.copy())
    assert np.ndim(result) == 0 and not isinstance(result, bool), (
        f"the result has the shape {np.shape(result)}, not that of one number. Hint: "
        "sum over the whole batch."
    )
    right = np.array([[log_p[n, k, targets[n, k]] for k in range(4)] for n in range(3)])

    def near(value):
        return np.isclose(float(result), value, rtol=1e-6)

    total = -(right * mask).sum()
    assert not near(-total / mask.sum()), (
        "the loss is negative. Hint: minus the log probability."
    )
    assert not near(-right.mean()), (
        "the filling counts, too. Hint: multiply by the mask, then divide by its sum."
    )
    assert not near(total / mask.size), (
        "the sum is divided by all places, also those that do not count. Hint: divide "
        "by mask.sum()."
    )
    assert not near(((-right * mask).sum(axis=1) / mask.sum(axis=1)).mean()), (
        "this is the mean of the rows' means, where a short answer counts as much as a "
        "long one. Hint: one sum over the batch, one division."
    )
    assert not near(total) and not near(total / len(mask)), (
        "the sum is not divided by the number of answer tokens. Hint: / mask.sum()."
    )
    assert near(total / mask.sum()), (
        f"the loss is {float(result):.4f}, not {total / mask.sum():.4f}. Hint: "
        "np.take_along_axis(log_p, targets[..., None], axis=2) gives the log "
        "probability of each target."
    )
    mask = np.array([[0, 0, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1]])
    expected = -(right * mask).sum() / mask.sum()
    assert np.isclose(float(answer(log_p, targets, mask)), expected), (
        "with another mask, whose ones do not come first, the loss is wrong. Hint: "
        "multiply by the mask, place by place."
    )


def check_3(answer):
    """Several adapters into one kernel."""
    rng = np.random.default_rng(16)
    kernel = rng.normal(size=(6, 2, 5))
    first = rng.normal(size=(6, 2, 4)), rng.normal(size=(4, 5)), 4
    second = rng.normal(size=(6, 2, 2)), rng.normal(size=(2, 5)), 8
    before = kernel.copy()
    result = np.asarray(answer(kernel, [first]))
    assert np.array_equal(kernel, before), (
        "the kernel that your function was given has changed. Hint: kernel = kernel + "
        "..., not kernel += ..."
    )
    assert result.shape == kernel.shape, (
        f"the result has the shape {result.shape}, not {kernel.shape}. Hint: a @ b "
        "multiplies the last axis of a with the first of b."
    )
    change = first[0] @ first[1]
    assert not np.allclose(result, change), (
        "the kernel itself is missing. Hint: add the change to it."
    )
    assert np.allclose(result, kernel + change), (
        "with alpha = r, the result is not kernel + a @ b. Hint: the scale is "
        "alpha / r, here 1; r is the length of the axis that a and b share."
    )
    result = np.asarray(answer(kernel, [second]))
    change = second[0] @ second[1]
    assert not np.allclose(result, kernel + change), (
        "alpha has no effect. Hint: scale the change by alpha / r."
    )
    assert not np.allclose(result, kernel + 8 * change), (
        "the change is scaled by alpha alone. Hint: alpha / r."
    )
    assert np.allclose(result, kernel + 4 * change), (
        "with alpha 8 and rank 2, the change is not a @ b times 4. Hint: the rank is "
        "b.shape[0]."
    )
    result = np.asarray(answer(kernel, [first, second]))
    expected = kernel + first[0] @ first[1] + 4 * change
    assert np.allclose(result, expected), (
        "of two adapters, not the sum of both changes is added. Hint: loop over the "
        "adapters, each with its own rank and alpha."
    )
    assert np.array_equal(np.asarray(answer(kernel, [])), before), (
        "without adapters, the result is not the kernel. Hint: begin with the kernel."
    )


WRONG = {  # replacements in a solution, or another body for it
    "mask_turns__learns_everything": [("int(learned and n >= header)", "1")],
    "mask_turns__learns_the_mark": [("int(learned and n >= header)", "int(learned)")],
    "mask_turns__forgets_the_end": [
        ("n >= header)", "header <= n < len(tokens) - 1)"),
    ],
    "mask_turns__only_the_first": [
        ('role == "assistant"', "tokens is turns[2][1]"),
    ],
    "mask_turns__only_the_last": [
        ('role == "assistant"', "tokens is turns[-1][1]"),
    ],
    "mask_turns__drops_what_is_not_learned": (
        'ids = [t for role, ts in turns if role == "assistant" for t in ts[header:]]\n'
        "    return ids, [1] * len(ids)"
    ),
    "mask_turns__a_mark_of_two": [("n >= header", "n >= 2")],
    "mask_turns__the_users": [('== "assistant"', '== "user"')],
    "mask_turns__changes_its_input": [
        (
            "ids, mask = [], []\n    for role, tokens in turns:",
            "ids, mask = turns[0][1], [0] * len(turns[0][1])\n"
            "    for role, tokens in turns[1:]:",
        )
    ],
    "masked_loss__no_mask": "return -np.take_along_axis("
    "log_p, targets[..., None], axis=2).mean()",
    "masked_loss__over_all_places": [("/ np.sum(mask)", "/ mask.size")],
    "masked_loss__mean_of_rows": [
        (
            "-np.sum(right * mask) / np.sum(mask)",
            "-np.mean(np.sum(right * mask, axis=1) / np.sum(mask, axis=1))",
        )
    ],
    "masked_loss__sign": [("-np.sum", "np.sum")],
    "masked_loss__sum": [(" / np.sum(mask)", "")],
    "masked_loss__the_likeliest": [
        (
            "np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]",
            "log_p.max(2)",
        )
    ],
    "masked_loss__by_length": (
        "total = 0\n"
        "    for row, ids, bits in zip(log_p, targets, mask):\n"
        "        for k in range(bits.sum()):\n"
        "            total -= row[k, ids[k]]\n"
        "    return total / mask.sum()"
    ),
    "masked_loss__a_number_for_each_row": [
        ("np.sum(right * mask) / np.sum(mask)", "(right * mask).sum(1) / mask.sum(1)")
    ],
    "merged__no_scale": [("alpha / b.shape[0] * ", "")],
    "merged__alpha_alone": [("alpha / b.shape[0]", "alpha")],
    "merged__rank_of_the_wrong_axis": [("b.shape[0]", "a.shape[0]")],
    "merged__in_place": [
        (
            "kernel = kernel + alpha / b.shape[0] * (a @ b)",
            "kernel += alpha / len(b) * (a @ b)",
        )
    ],
    "merged__only_the_change": [("kernel = kernel + alpha", "kernel = alpha")],
    "merged__only_the_last": [
        (
            "for a, b, alpha in adapters:\n        kernel = kernel",
            "for a, b, alpha in adapters[-1:]:\n        kernel = kernel",
        )
    ],
    "merged__one_scale_for_all": [
        (
            "for a, b",
            "scale = [alpha / len(b) for _, b, alpha in adapters][:1]\n    for a, b",
        ),
        ("alpha / b.shape[0]", "scale[0]"),
    ],
}
