"""Exercises of lesson 17b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def leave_one_out(rewards):
    """Rewards (prompts, group) -> advantages (prompts, group)."""
    others = rewards.sum(axis=1, keepdims=True) - rewards
    return rewards - others / (rewards.shape[1] - 1)


def exact_kl(policy_logits, reference_logits, mask):
    """Logits (N, T, V) twice, mask (N, T) -> mean KL of an answer, in nats."""

    def log_softmax(logits):
        shifted = logits - logits.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    log_p, log_ref = log_softmax(policy_logits), log_softmax(reference_logits)
    kl = np.sum(np.exp(log_p) * (log_p - log_ref), axis=-1)  # (N, T)
    return np.sum(mask * kl) / len(mask)


def still_pushed(ratio, advantages, clip):
    """Ratios and advantages (N, T) -> where the gradient is not 0, bool (N, T)."""
    up = (advantages > 0) & (ratio < 1 + clip)
    down = (advantages < 0) & (ratio > 1 - clip)
    return up | down


def check_1(answer):
    """A baseline of the other answers."""
    rewards = np.array([[1.0, 0.0, 0.0, 0.0], [2.0, 4.0, 6.0, 0.0]])
    before = rewards.copy()
    found = answer(rewards)
    assert np.array_equal(rewards, before), (
        "the rewards that your function was given have changed. Hint: make a new "
        "array; no `-=`."
    )
    assert np.shape(found) == (2, 4), (
        f"for rewards (2, 4), the advantages have the shape {np.shape(found)}. Hint: "
        "sum along axis=1 with keepdims=True."
    )
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    assert not close(found, centred), (
        "an answer's own reward is part of its baseline. Hint: subtract it from the "
        "sum of the group before you divide."
    )
    spread = rewards.std(axis=1, keepdims=True) + 1e-4
    assert not close(found, centred / spread, 1e-3), (
        "these are GRPO's advantages. Hint: no division by the standard deviation, "
        "and only the other answers in the mean."
    )
    others = rewards.sum(axis=1, keepdims=True) - rewards
    assert not close(found, (rewards - others / 3) / spread, 1e-3), (
        "these are the right differences, divided by the standard deviation. Hint: "
        "leave that division out."
    )
    assert not close(found, rewards - others / 4), (
        "the sum of 3 other rewards is divided by 4. Hint: there is one fewer in the "
        "mean than in the group."
    )
    assert not close(found, others / 3 - rewards), (
        "the best answer has the lowest advantage. Hint: its reward minus the mean of "
        "the others."
    )
    assert not close(found, others / 3), (
        "this is the baseline, not the advantage. Hint: subtract it from the rewards."
    )
    whole = rewards - (rewards.sum() - rewards) / 7
    assert not close(found, whole), (
        "the mean is over all prompts. Hint: only the answers to the same prompt: "
        "axis=1."
    )
    expected = [[1, -1 / 3, -1 / 3, -1 / 3], [-4 / 3, 4 / 3, 4, -4]]
    assert close(found, expected), (
        f"for the rewards 2, 4, 6, 0, your advantages are {np.round(found[1], 3)}, not "
        f"{np.round(expected[1], 3)}. Hint: 2 minus the mean of 4, 6 and 0, and so on."
    )
    pair = answer(np.array([[1.0, 3.0]]))
    assert close(pair, [[-2, 2]]), (
        "for a group of two, 1 and 3, the advantages are not -2 and 2. Hint: divide by "
        "rewards.shape[1] - 1."
    )


def check_2(answer):
    """The KL divergence from all tokens."""
    p = np.array([[[0.5, 0.25, 0.25], [0.8, 0.1, 0.1], [0.3, 0.3, 0.4]]])
    q = np.array([[[0.25, 0.5, 0.25], [0.2, 0.2, 0.6], [0.1, 0.1, 0.8]]])
    each = np.sum(p * np.log(p / q), axis=-1)  # (1, 3)
    mask = np.array([[1.0, 1.0, 0.0]])
    found = answer(np.log(p), np.log(q), mask)
    assert np.shape(found) == (), (
        f"the result has the shape {np.shape(found)}, not one number. Hint: sum over "
        "the vocabulary and over the tokens, then take the mean over the answers."
    )
    reverse = np.sum(q * np.log(q / p), axis=-1)
    for part in (mask * reverse, reverse):
        assert not close(found, part.sum()), (
            "the policy and the reference have changed places. Hint: the weights are "
            "the policy's probabilities, for its answers are what we look at."
        )
    assert not close(found, each.sum()), (
        "tokens after the end of the answer count. Hint: multiply by the mask."
    )
    assert not close(found, -(mask * each).sum()), (
        "the KL is negative. Hint: log_p - log_ref, not the other way round."
    )
    assert not close(found, (mask * each).sum() / 2), (
        "this is the mean of a token, not of an answer. Hint: divide by the number of "
        "answers, len(mask)."
    )
    assert not close(found, (mask * each).sum() / 3), (
        "this is a mean over positions, not of an answer. Hint: sum over the tokens, "
        "and divide by the number of answers."
    )
    assert not close(found, (mask * each).sum() / np.log(2)), (
        "the result is in bits. Hint: np.log, for nats."
    )
    assert close(found, (mask * each).sum()), (
        f"for one answer of two tokens, the result is {found:.4f}, not "
        f"{(mask * each).sum():.4f}. Hint: sum p * (log_p - log_ref) over the "
        "vocabulary, at each position."
    )
    shifted = answer(np.log(p) + 3, np.log(q) - 5, mask)
    assert close(shifted, found), (
        "adding a constant to all logits changes the result. Hint: logits are no log "
        "probabilities; subtract the log of the sum of np.exp(logits)."
    )
    twice = answer(
        *[np.tile(x, (2, 1, 1)) for x in (np.log(p), np.log(q))], mask[[0, 0]]
    )
    assert close(twice, found), (
        "the same answer twice gives another result than once. Hint: divide by the "
        "number of answers, len(mask)."
    )
    large = answer(np.log(p) + 1e4, np.log(q) + 1e4, mask)
    assert np.isfinite(large), (
        "logits of 10,000 give no finite number. Hint: subtract the largest logit of "
        "each position before np.exp."
    )
    wide = np.array([[[0.0, 2000.0], [-3000.0, -2999.0]]])
    with np.errstate(all="ignore"):
        found = answer(wide, np.zeros((1, 2, 2)), np.ones((1, 2)))
    p = np.array([1, np.e]) / (1 + np.e)
    assert close(found, np.log(2) + np.sum(p * np.log(2 * p))), (
        "logits that are 2,000 apart, or of other sizes at each position, give a wrong "
        "number. Hint: log p = logit - largest - log(sum of exp(logit - largest)), at "
        "each position; no logarithm of a probability."
    )


def check_3(answer):
    """Where the clip stops the gradient."""
    ratio = np.array([[0.7, 0.9, 1.0, 1.1, 1.3]])
    good = np.asarray(answer(ratio, np.ones((1, 5)), 0.2))
    assert good.shape == (1, 5), (
        f"for ratios (1, 5), the result has the shape {good.shape}. Hint: compare "
        "arrays, token by token."
    )
    assert good.dtype == bool, (
        f"the result is an array of {good.dtype}, not of bool. Hint: comparisons give "
        "bool; join two by | or &, in brackets."
    )
    assert not good[0, 4], (
        "a good token that is already 30% likelier is still pushed. Hint: the clip "
        "stops it at 1 + clip."
    )
    assert good[0, 0], (
        "a good token that has become 30% less likely is not pushed up. Hint: for "
        "A = 1 and the ratio 0.7, see which of ratio * A and clipped * A is smaller."
    )
    assert good.tolist() == [[True, True, True, True, False]], (
        f"for advantages of 1 and the ratios {ratio[0].tolist()}, the result is "
        f"{good[0].tolist()}. Hint: pushed while the ratio is below 1 + clip."
    )
    bad = np.asarray(answer(ratio, -np.ones((1, 5)), 0.2))
    assert bad.tolist() != good.tolist(), (
        "the sign of the advantage makes no difference. Hint: a bad token is pushed "
        "down, and the clip stops it at 1 - clip."
    )
    assert bad.tolist() == [[False, True, True, True, True]], (
        f"for advantages of -1 and the ratios {ratio[0].tolist()}, the result is "
        f"{bad[0].tolist()}. Hint: pushed while the ratio is above 1 - clip."
    )
    none = np.asarray(answer(ratio, np.zeros((1, 5)), 0.2))
    assert not none.any(), (
        "tokens with the advantage 0 are pushed. Hint: 0 times any gradient is 0: "
        "leave them out, with > 0 and < 0, or < between the two products."
    )
    mixed = answer(
        np.array([[1.3, 1.3], [0.7, 0.7]]), np.array([[2.0, -1], [3, -2]]), 0.2
    )
    assert np.asarray(mixed).tolist() == [[False, True], [True, False]], (
        "with advantages of both signs the result is wrong. Hint: decide for each "
        "token by its own advantage."
    )
    wide = np.asarray(answer(np.array([[0.7, 1.3]]), np.ones((1, 2)), 0.5))
    assert wide.all(), (
        "with clip = 0.5, a ratio of 1.3 is stopped. Hint: use the argument `clip`."
    )


WRONG = {  # replacements in a solution, or another body for it
    "leave_one_out__with_itself": (
        "return rewards - rewards.mean(axis=1, keepdims=True)"
    ),
    "leave_one_out__grpo": (
        "centred = rewards - rewards.mean(axis=1, keepdims=True)\n"
        "    return centred / (rewards.std(axis=1, keepdims=True) + 1e-4)"
    ),
    "leave_one_out__divides_by_the_group": [
        ("(rewards.shape[1] - 1)", "rewards.shape[1]")
    ],
    "leave_one_out__divides_by_the_deviation": [
        (
            "return rewards - others / (rewards.shape[1] - 1)",
            "found = rewards - others / (rewards.shape[1] - 1)\n"
            "    return found / (rewards.std(axis=1, keepdims=True) + 1e-4)",
        )
    ],
    "exact_kl__log_of_the_softmax": [
        (
            "shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))",
            "np.log(np.exp(shifted) / np.exp(shifted).sum(axis=-1, keepdims=True))",
        )
    ],
    "exact_kl__one_largest_for_all": [
        ("logits.max(axis=-1, keepdims=True)", "logits.max()")
    ],
    "leave_one_out__sign": [("rewards - others", "-rewards + others")],
    "leave_one_out__only_the_baseline": [("return rewards - others", "return others")],
    "leave_one_out__all_prompts": (
        "return rewards - (rewards.sum() - rewards) / (rewards.size - 1)"
    ),
    "leave_one_out__other_axis": [
        ("axis=1", "axis=0"),
        ("rewards.shape[1] - 1", "max(1, rewards.shape[0] - 1)"),
    ],
    "leave_one_out__changes_its_input": (
        "rewards -= (rewards.sum(axis=1, keepdims=True) - rewards)"
        " / (rewards.shape[1] - 1)\n"
        "    return rewards"
    ),
    "leave_one_out__mean_of_a_prompt": "return rewards.mean(axis=1)",
    "exact_kl__reversed": [
        ("np.exp(log_p) * (log_p - log_ref)", "np.exp(log_ref) * (log_ref - log_p)")
    ],
    "exact_kl__negative": [("(log_p - log_ref)", "(log_ref - log_p)")],
    "exact_kl__no_softmax": [
        (
            "log_softmax(policy_logits), log_softmax(reference_logits)",
            "policy_logits, reference_logits",
        )
    ],
    "exact_kl__no_mask": [("mask * kl", "kl")],
    "exact_kl__mean_of_a_token": [("/ len(mask)", "/ np.sum(mask)")],
    "exact_kl__mean_of_a_position": [("/ len(mask)", "/ mask.size")],
    "exact_kl__total": [(" / len(mask)", "")],
    "exact_kl__each_answer": [
        ("np.sum(mask * kl) / len(mask)", "np.sum(mask * kl, axis=1)")
    ],
    "exact_kl__overflow": [("logits - logits.max(axis=-1, keepdims=True)", "logits")],
    "exact_kl__bits": [("/ len(mask)", "/ len(mask) / np.log(2)")],
    "still_pushed__symmetric": "return np.abs(ratio - 1) < clip",
    "still_pushed__symmetric_with_sign": (
        "return (np.abs(ratio - 1) < clip) & (advantages != 0)"
    ),
    "still_pushed__only_good": [("up | down", "up")],
    "still_pushed__swapped": [
        (
            "(advantages > 0)",
            "(advantages < 0)",
        ),
        ("down = (advantages < 0)", "down = (advantages > 0)"),
    ],
    "still_pushed__zero": [("advantages > 0", "advantages >= 0")],
    "still_pushed__fixed_clip": [("1 + clip", "1.2"), ("1 - clip", "0.8")],
    "still_pushed__first_sign": (
        "if advantages.flat[0] > 0:\n"
        "        return (ratio < 1 + clip) & (advantages != 0)\n"
        "    return (ratio > 1 - clip) & (advantages != 0)"
    ),
    "still_pushed__numbers": [("return up | down", "return (up | down).astype(float)")],
}
