"""Exercises of lesson 16: solutions, then checkers, then wrong answers.

16.2 in the lesson: queries and values take 211,200 weights a rank, so rank 9 comes near
the 1,958,400 of rank 4 of all.
"""

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


def adapter_size(shapes, rank):
    """Kernel shapes, such as [(576, 9, 64), (576, 1536)] -> number of weights."""
    return sum(rank * (np.prod(shape[:-1]) + shape[-1]) for shape in shapes)


def merged(kernel, adapters):
    """kernel (D, heads, 64), any number of (a, b, alpha) -> the new kernel."""
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
    assert mask != expected, (
        "the ids come second. Hint: return ids, mask, in this order."
    )
    assert ids == expected, (
        f"of {len(expected)} ids, {len(ids)} come back, or in another order. Hint: all "
        "tokens of all turns are read, also those that are not learned."
    )
    assert len(mask) == len(ids), (
        f"the mask has {len(mask)} numbers for {len(ids)} ids. Hint: one for each id."
    )
    assert {*mask} <= {0, 1}, (
        f"the mask holds {sorted({*mask} - {0, 1})[0]}. Hint: only 1, for "
        "what is learned, and 0 for the rest."
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
    assert [*answer(turns[1:], 2)[1]] == good[5:], (
        "without a system turn, the mask is wrong. Hint: look at the role of a "
        "turn, not at its place."
    )
    assert [*answer(turns[2:3], 3)[1]] == [0, 0, 0, 1, 1], (
        "with a mark of three tokens, the mask is not [0, 0, 0, 1, 1] for a turn of "
        "five. Hint: use `header`, not 2."
    )
    assert [*answer([("assistant", [1, 7, 50, 7, 51, 2])], 2)[1]] == [
        0,
        0,
        1,
        1,
        1,
        1,
    ], (
        "a token that is in the mark, too, is not learned within an answer. Hint: the "
        "first `header` tokens of a turn get 0, by place, not by value."
    )


def check_2(answer):
    """Weights of an adapter."""
    result = answer([(5, 7)], 2)
    assert np.ndim(result) == 0 and not isinstance(result, bool), (
        f"the result has the shape {np.shape(result)}, not that of one number. Hint: "
        "add up the sizes of all matrices."
    )

    def told(shapes, rank, wrong, why):
        assert int(answer(shapes, rank)) != wrong, why

    told([(5, 7)], 2, 10, "B is missing. Hint: B is (rank, 7) here, and counts, too.")
    told([(5, 7)], 2, 14, "A is missing. Hint: A is (5, rank) here, and counts, too.")
    told(
        [(5, 7)],
        2,
        35,
        "these are the weights of the kernel. Hint: A is (5, rank), B (rank, 7).",
    )
    told(
        [(5, 7)],
        2,
        140,
        "the sizes of A and B are multiplied. Hint: both are stored, so add them.",
    )
    told([(5, 7)], 2, 12, "the rank has no effect. Hint: A is (5, rank), B (rank, 7).")
    assert int(result) == 24, (
        f"for a kernel (5, 7) and rank 2, the result is {result}, not 24. Hint: A is "
        "(5, 2) and B (2, 7): 10 + 14."
    )
    told(
        [(5, 3, 7)],
        2,
        52,
        "of a kernel (5, 3, 7), A counts as (5, rank) and B as (rank, 21), as in the "
        "paper. Hint: KerasHub's A is (5, 3, rank), its B (rank, 7).",
    )
    told(
        [(5, 3, 7)],
        2,
        24,
        "of a kernel (5, 3, 7), the axis of the heads is left out. Hint: A is (5, 3, "
        "rank).",
    )
    assert int(answer([(5, 3, 7)], 2)) == 44, (
        "for a kernel (5, 3, 7) and rank 2, the result is not 44. Hint: A is (5, 3, 2) "
        "and B (2, 7): 30 + 14."
    )
    assert int(answer([(5, 7), (7, 5)], 3)) == 72, (
        "for the kernels (5, 7) and (7, 5) and rank 3, the result is not 72. Hint: sum "
        "over all kernels, each with its own shape."
    )
    block = [(576, 9, 64), (576, 3, 64), (576, 3, 64), (9, 64, 576)]
    block += [(576, 1536), (576, 1536), (1536, 576)]
    assert int(answer(30 * block, 4)) == 1_958_400, (
        "for the kernels of 30 blocks and rank 4, the result is not 1,958,400, as in "
        "the lesson. Hint: rank * (all axes but the last, multiplied, + the last one)."
    )
    assert int(answer([], 4)) == 0, "without kernels, the result is not 0."


def check_3(answer):
    """Several adapters into one kernel."""
    rng = np.random.default_rng(16)
    kernel = rng.normal(size=(6, 2, 5))
    first = rng.normal(size=(6, 2, 4)), rng.normal(size=(4, 5)), 4
    second = rng.normal(size=(6, 2, 2)), rng.normal(size=(2, 5)), 8
    before = kernel.copy()
    given = [array.copy() for array in second[:2]]
    result = answer(kernel, [(*given, 8)])
    assert all(map(np.array_equal, given, second)), (
        "the matrices that your function was given have changed. Hint: a = a * scale "
        "makes a new one, a *= scale changes the old."
    )
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
    assert not np.allclose(result, kernel + change / 4), (
        "the change is scaled by r / alpha. Hint: alpha / r, here 8 / 2 = 4."
    )
    assert np.allclose(result, kernel + 4 * change), (
        "with alpha 8 and rank 2, the change is not a @ b times 4. Hint: the rank is "
        "b.shape[0]."
    )
    third = *first[:2], 3
    result = np.asarray(answer(kernel, [third]))
    assert np.allclose(result, kernel + 0.75 * (first[0] @ first[1])), (
        "with alpha 3 and rank 4, the change is not a @ b times 0.75. Hint: alpha / r, "
        "not rounded."
    )
    result = np.asarray(answer(kernel, [first, second, third]))
    expected = kernel + 1.75 * (first[0] @ first[1]) + 4 * change
    assert np.allclose(result, expected), (
        "of three adapters, not the sum of all changes is added. Hint: loop over the "
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
    "mask_turns__by_value": [
        ("int(learned and n >= header)", "int(learned and t not in tokens[:header])"),
        ("for n in range(len(tokens))", "for t in tokens"),
    ],
    "mask_turns__by_place_of_the_turn": [
        ("for role, tokens in turns:", "for i, (role, tokens) in enumerate(turns):"),
        ('role == "assistant"', "i > 0 and i % 2 == 0"),
    ],
    "mask_turns__other_order": [("return ids, mask", "return mask, ids")],
    "mask_turns__minus_100": [
        ("int(learned and n >= header)", "1 if learned and n >= header else -100")
    ],
    "mask_turns__the_users": [('== "assistant"', '== "user"')],
    "mask_turns__changes_its_input": [
        (
            "ids, mask = [], []\n    for role, tokens in turns:",
            "ids, mask = turns[0][1], [0] * len(turns[0][1])\n"
            "    for role, tokens in turns[1:]:",
        )
    ],
    "adapter_size__as_in_the_paper": [
        ("np.prod(shape[:-1]) + shape[-1]", "shape[0] + np.prod(shape[1:])")
    ],
    "adapter_size__without_b": [(" + shape[-1]", "")],
    "adapter_size__without_a": [("np.prod(shape[:-1]) + ", "")],
    "adapter_size__without_heads": [("np.prod(shape[:-1])", "shape[0]")],
    "adapter_size__the_kernels": "return sum(np.prod(shape) for shape in shapes)",
    "adapter_size__product": (
        "return sum(rank**2 * np.prod(shape[:-1]) * shape[-1] for shape in shapes)"
    ),
    "adapter_size__no_rank": [("rank * ", "")],
    "adapter_size__the_first": [("in shapes)", "in shapes[:1])")],
    "adapter_size__a_list": [
        ("sum(", "["),
        ("for shape in shapes)", "for shape in shapes]"),
    ],
    "adapter_size__fixed_rank": [("rank * ", "2 * ")],
    "merged__no_scale": [("alpha / b.shape[0] * ", "")],
    "merged__alpha_alone": [("alpha / b.shape[0]", "alpha")],
    "merged__rounded": [("alpha / b.shape[0]", "alpha // b.shape[0]")],
    "merged__the_first_two": [("in adapters:", "in adapters[:2]:")],
    "merged__upside_down": [("alpha / b.shape[0]", "b.shape[0] / alpha")],
    "merged__scales_in_place": (
        "for a, b, alpha in adapters:\n"
        "        a *= alpha / len(b)\n"
        "        kernel = kernel + a @ b\n"
        "    return kernel"
    ),
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
