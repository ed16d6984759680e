"""Exercises of lesson 17: solutions, then checkers, then wrong answers."""

import itertools
import math

import numpy as np


def conservative_loss(policy, reference, beta, flipped):
    """log p (N, 2) of both networks, chosen first -> the mean loss, a float."""
    implicit = beta * (np.asarray(policy) - np.asarray(reference))
    margin = implicit[:, 0] - implicit[:, 1]
    as_told, turned = np.logaddexp(0, -margin), np.logaddexp(0, margin)
    return float(np.mean((1 - flipped) * as_told + flipped * turned))


def mean_best_of(rewards, n):
    """Rewards (m,) of one prompt's texts, 1 <= n <= m -> a float."""
    total = 0.0
    for smaller, reward in enumerate(sorted(rewards)):
        total += math.comb(smaller, n - 1) * reward
    return total / math.comb(len(rewards), n)


def simpo_loss(log_p, lengths, beta, gamma):
    """log p of tokens (N, 2, T), chosen first; lengths (N, 2) -> losses (N,)."""
    counts = np.arange(log_p.shape[2]) < lengths[:, :, None]  # (N, 2, T)
    implicit = beta * np.where(counts, log_p, 0).sum(axis=2) / lengths
    return np.logaddexp(0, gamma - (implicit[:, 0] - implicit[:, 1]))


def check_1(answer):
    """The loss of DPO when a share of the choices is the wrong way round."""
    policy = np.array([[-10.0, -14.0], [-20.0, -11.0], [-8.0, -9.0]])
    reference = np.array([[-12.0, -13.0], [-15.0, -12.0], [-9.0, -9.5]])

    def found(flipped, beta=0.5, policy=policy):
        value = answer(policy.copy(), reference.copy(), beta, flipped)
        assert np.ndim(value) == 0, (
            f"the result has the shape {np.shape(value)}, not one number. Hint: return "
            "the mean over the pairs."
        )
        return float(value)

    def expected(flipped, beta=0.5, policy=policy):
        return conservative_loss(policy, reference, beta, flipped)

    def near(value, other):
        return abs(value - other) < 1e-6

    value = found(0.0)
    assert not near(value, -expected(0.0)), (
        "the loss has the wrong sign. Hint: np.logaddexp(0, -margin) is -log sigmoid "
        "already."
    )
    assert not near(value, 3 * expected(0.0)), (
        "the losses of the pairs are added up. Hint: their mean."
    )
    assert not near(value, expected(1.0)), (
        "with no choice flipped, the loss is that of the opposite choices. Hint: the "
        "first column is the chosen text; its loss, log(1 + exp(-margin)), has the "
        "weight 1 - flipped."
    )
    assert not near(value, expected(0.0, policy=policy + reference)), (
        "the reference is not taken away. Hint: the implicit reward is beta · (log p "
        "of the policy - log p of the reference)."
    )
    assert not near(value, expected(0.0, beta=1.0)), (
        "beta has no effect. Hint: the margin is beta times the difference of log "
        "ratios."
    )
    assert near(value, expected(0.0)), (
        f"with flipped = 0 the loss is {value:.4f}, not {expected(0.0):.4f}, that of "
        "DPO. Hint: np.mean(np.logaddexp(0, -margin)), the margin from both columns."
    )
    value = found(0.2)
    margins = 0.5 * (policy - reference) @ np.array([1.0, -1.0])
    softened = float(np.mean(np.logaddexp(0, -(1 - 2 * 0.2) * margins)))
    assert not near(value, softened), (
        "the margin is mixed. Hint: mix the two losses, each with its probability."
    )
    assert not near(value, expected(0.0)), (
        "flipped has no effect. Hint: with probability flipped, the loss is that of "
        "the turned pair, np.logaddexp(0, margin)."
    )
    assert not near(value, 0.8 * expected(0.0)), (
        "the turned pairs are missing: only the told order has a loss. Hint: add "
        "flipped · np.logaddexp(0, margin)."
    )
    assert not near(value, 0.8 * expected(0.0) - 0.2 * expected(1.0)), (
        "the loss of the turned order is taken away. Hint: both are added."
    )
    assert near(value, expected(0.2)), (
        f"with flipped = 0.2 the loss is {value:.4f}, not {expected(0.2):.4f}. Hint: "
        "(1 - flipped) · loss as told + flipped · loss of the turned pair."
    )
    large = found(0.1, beta=1.0, policy=1000 * policy)
    assert np.isfinite(large), (
        "for a very large margin the loss is not finite. Hint: np.logaddexp(0, z) "
        "instead of log and exp."
    )


def check_2(answer):
    """The mean of the highest reward over all subsets of n texts."""
    rewards = np.array([0.5, -2.0, 3.0, 1.0, 7.0])
    before = rewards.copy()

    def found(n, rewards=rewards):
        value = answer(rewards, n)
        assert np.ndim(value) == 0 and value is not None, (
            f"the result has the shape {np.shape(value)}, not one number. Hint: a "
            "weighted mean of the rewards."
        )
        return float(value)

    def expected(n, rewards=rewards):
        return float(np.mean([max(s) for s in itertools.combinations(rewards, n)]))

    value = found(2)
    assert np.array_equal(rewards, before), (
        "your function changed the rewards that it was given. Hint: np.sort(rewards) "
        "or sorted(rewards), which make new ones."
    )
    assert abs(value - rewards[:2].max()) > 1e-6, (
        "only the first n texts count. Hint: all subsets of n, whatever their places."
    )
    assert abs(value - np.sort(rewards)[-2:].mean()) > 1e-6, (
        "this is the mean of the n highest rewards. Hint: the highest one of each "
        "subset, averaged over the subsets."
    )
    size = len(rewards)
    again = [max(pair) for pair in itertools.product(rewards, repeat=2)]
    assert abs(value - np.mean(again)) > 1e-6, (
        "a text is drawn more than once. Hint: in a subset each text comes once: "
        "math.comb(…, n - 1) subsets have the k-th smallest as their highest."
    )
    ranked = np.sort(rewards)
    short = sum(math.comb(k, 2) * r for k, r in enumerate(ranked)) / math.comb(size, 2)
    assert abs(value - short) > 1e-6, (
        "the highest text counts as one of the others, too. Hint: beside it there are "
        "n - 1 others, all smaller: math.comb(number of smaller ones, n - 1)."
    )
    assert abs(value - sum(k * r for k, r in enumerate(ranked))) > 1e-6, (
        "the sum is not divided. Hint: by the number of all subsets, math.comb(m, n)."
    )
    unsorted = sum(k * r for k, r in enumerate(rewards)) / math.comb(size, 2)
    assert abs(value - unsorted) > 1e-6, (
        "the rewards are taken in the order in which they come. Hint: sort them first."
    )
    lowest = -np.mean([max(s) for s in itertools.combinations(-rewards, 2)])
    assert abs(value - lowest) > 1e-6, (
        "this is the lowest reward of each subset. Hint: with k counting the smaller "
        "ones, the weight grows with k: sort from the lowest up."
    )
    assert abs(value - expected(2)) < 1e-6, (
        f"for {rewards.tolist()} and n = 2 you get {value:.3f}, not {expected(2):.3f}. "
        "Hint: the k-th smallest (k from 0) is the highest of math.comb(k, n - 1) of "
        "all math.comb(m, n) subsets."
    )
    for n, name in [(1, "the mean"), (5, "the maximum")]:
        assert abs(found(n) - expected(n)) < 1e-6, (
            f"with n = {n} of 5 it should be {name} of all. Hint: math.comb(k, n - 1) "
            "is 1 for n = 1, and for n = m it is 0 but for the highest."
        )
    ties = np.array([1.0, 1.0, 0.0, 1.0])
    assert abs(found(2, ties) - expected(2, ties)) < 1e-6, (
        "equal rewards are miscounted. Hint: count places in the sorted list, not "
        "rewards that are smaller."
    )
    many = np.random.default_rng(0).normal(size=60)
    exact = mean_best_of(many, 20)
    assert abs(found(20, many) - exact) < 1e-6, (
        "for 60 rewards and n = 20 it is wrong. Hint: no random subsets; math.comb is "
        "exact for any size."
    )


def check_3(answer):
    """SimPO: mean log probabilities, a target margin, and padding that is ignored."""
    log_p = -np.array(
        [
            [[1.0, 2.0, 1.5, 9.0], [2.0, 2.5, 9.0, 9.0]],
            [[3.0, 1.0, 0.5, 1.0], [0.5, 0.7, 1.0, 9.0]],
        ]
    )
    lengths = np.array([[3, 2], [4, 3]])
    before = log_p.copy()

    def found(log_p=log_p, lengths=lengths, beta=2.0, gamma=0.6):
        value = np.asarray(answer(log_p, lengths, beta, gamma))
        assert value.shape == lengths.shape[:1], (
            f"the result has the shape {value.shape}, not {lengths.shape[:1]}. Hint: "
            "one loss a pair: sum over the tokens, axis 2, and no mean over the pairs."
        )
        return value

    def near(value, other):
        return np.allclose(value, other, atol=1e-6)

    value = found()
    assert near(log_p, before), (
        "your function changed log_p, which it was given. Hint: np.where makes a new "
        "array."
    )
    implicit = 2.0 * log_p.mean(axis=2)
    assert not near(value, np.logaddexp(0, 0.6 - (implicit[:, 0] - implicit[:, 1]))), (
        "the padding counts. Hint: a token counts where np.arange(T) < "
        "lengths[:, :, None]."
    )
    counts = np.arange(4) < lengths[:, :, None]
    sums = 2.0 * (log_p * counts).sum(axis=2)
    assert not near(value, np.logaddexp(0, 0.6 - (sums[:, 0] - sums[:, 1]))), (
        "a longer text has more tokens and so a lower log probability. Hint: divide "
        "each sum by its length."
    )
    assert not near(value, np.logaddexp(0, 0.6 - (sums[:, 0] - sums[:, 1]) / 4)), (
        "the sums are divided by T. Hint: divide each by its own length."
    )
    expected = simpo_loss(log_p, lengths, 2.0, 0.6)
    assert not near(value, -expected), (
        "the losses have the wrong sign. Hint: np.logaddexp(0, gamma - margin) is -log "
        "sigmoid already."
    )
    assert not near(value, simpo_loss(log_p, lengths, 2.0, 0.0)), (
        "gamma has no effect. Hint: the loss is that of margin - gamma."
    )
    assert not near(value, simpo_loss(log_p, lengths, 2.0, -0.6)), (
        "gamma makes it easier. Hint: -log sigmoid(margin - gamma), that is, "
        "np.logaddexp(0, gamma - margin)."
    )
    assert not near(value, simpo_loss(log_p, lengths, 1.0, 0.6)), (
        "beta has no effect. Hint: the implicit reward is beta · mean log probability."
    )
    assert not near(value, simpo_loss(log_p, lengths, 2.0, 0.3)), (
        "gamma is multiplied by beta or divided. Hint: beta · difference - gamma."
    )
    assert not near(value, simpo_loss(log_p, lengths, 2.0, 1.2)), (
        "beta multiplies gamma, too. Hint: beta · difference - gamma."
    )
    margin = 0.6 - np.log(np.expm1(expected))
    assert not near(value, np.logaddexp(0, 0.6 + margin)), (
        "the rejected text is taken for the chosen one. Hint: chosen is column 0; the "
        "loss falls when its log probability rises."
    )
    assert near(value, expected), (
        f"the losses are {value.round(3).tolist()}, not {expected.round(3).tolist()}. "
        "Hint: np.logaddexp(0, gamma - margin), the margin being beta · (mean of the "
        "chosen - mean of the rejected)."
    )
    rng = np.random.default_rng(0)
    log_p, lengths = -rng.exponential(2, (5, 2, 7)), rng.integers(1, 8, (5, 2))
    padded = np.where(np.arange(7) < lengths[:, :, None], log_p, -np.inf)
    assert near(found(padded, lengths), simpo_loss(log_p, lengths, 2.0, 0.6)), (
        "with minus infinity as padding the losses change. Hint: np.where(counts, "
        "log_p, 0); infinity times 0 is not a number."
    )
    far = found(-1000 * before, np.array([[3, 2], [4, 3]]))
    assert np.isfinite(far).all(), (
        "for large margins a loss is not finite. Hint: np.logaddexp(0, z) instead of "
        "log and exp."
    )


MEAN_LOSS = "float(np.mean((1 - flipped) * as_told + flipped * turned))"
WRONG = {  # replacements in a solution, or another body for it
    "conservative_loss__sum": [("np.mean", "np.sum")],
    "conservative_loss__negative": [("float(np", "-float(np")],
    "conservative_loss__turned_round": [
        ("implicit[:, 0] - implicit[:, 1]", "implicit[:, 1] - implicit[:, 0]")
    ],
    "conservative_loss__weights_swapped": [
        ("(1 - flipped) * as_told + flipped", "flipped * as_told + (1 - flipped)")
    ],
    "conservative_loss__no_reference": [(" - np.asarray(reference)", "")],
    "conservative_loss__no_beta": [("beta * ", "")],
    "conservative_loss__ignores_flipped": [(MEAN_LOSS, "float(np.mean(as_told))")],
    "conservative_loss__only_the_told_order": [(" + flipped * turned", "")],
    "conservative_loss__mixes_the_margin": [
        (MEAN_LOSS, "float(np.mean(np.logaddexp(0, -(1 - 2 * flipped) * margin)))")
    ],
    "conservative_loss__takes_away": [("+ flipped * turned", "- flipped * turned")],
    "conservative_loss__overflows": [
        ("np.logaddexp(0, -margin)", "np.log(1 + np.exp(-margin))"),
        ("np.logaddexp(0, margin)", "np.log(1 + np.exp(margin))"),
    ],
    "conservative_loss__one_for_each_pair": [(MEAN_LOSS, MEAN_LOSS[14:-2])],
    "mean_best_of__first_n": "return max(rewards[:n])",
    "mean_best_of__highest_n": "return float(np.mean(np.sort(rewards)[-n:]))",
    "mean_best_of__with_replacement": (
        "p = np.arange(len(rewards) + 1) / len(rewards)\n"
        "    return float(np.sum(np.diff(p**n) * np.sort(rewards)))"
    ),
    "mean_best_of__others_not_one_fewer": [("smaller, n - 1", "smaller, n")],
    "mean_best_of__not_divided": [(" / math.comb(len(rewards), n)", "")],
    "mean_best_of__sorted_down": [("sorted(rewards)", "sorted(rewards)[::-1]")],
    "mean_best_of__not_sorted": [("sorted(rewards)", "rewards")],
    "mean_best_of__sorts_in_place": [
        ("total = 0.0", "total = 0.0\n    rewards.sort()"),
    ],
    "mean_best_of__smaller_by_value": [
        (
            "enumerate(sorted(rewards))",
            "[(sum(o < r for o in rewards), r) for r in rewards]",
        )
    ],
    "mean_best_of__random_subsets": (
        "rng = np.random.default_rng(0)\n"
        "    best = [rng.permutation(rewards)[:n].max() for _ in range(200)]\n"
        "    return float(np.mean(best))"
    ),
    "simpo_loss__padding_counts": [
        ("np.where(counts, log_p, 0).sum(axis=2) / lengths", "log_p.mean(axis=2)")
    ],
    "simpo_loss__negative": [("return np", "return -np")],
    "simpo_loss__sum": [(" / lengths", "")],
    "simpo_loss__divided_by_all": [(" / lengths", " / log_p.shape[2]")],
    "simpo_loss__no_gamma": [("gamma - (", "-(")],
    "simpo_loss__gamma_added": [("gamma - (", "-gamma - (")],
    "simpo_loss__no_beta": [("beta * np", "np")],
    "simpo_loss__turned_round": [
        ("implicit[:, 0] - implicit[:, 1]", "implicit[:, 1] - implicit[:, 0]")
    ],
    "simpo_loss__beta_times_gamma": [("gamma - (", "beta * gamma - (")],
    "simpo_loss__times_the_mask": [
        ("np.where(counts, log_p, 0)", "(log_p * counts)"),
    ],
    "simpo_loss__one_token_too_many": [("< lengths", "<= lengths")],
    "simpo_loss__mean_over_pairs": [
        (
            "np.logaddexp(0, gamma - (implicit[:, 0] - implicit[:, 1]))",
            "np.logaddexp(0, gamma - (implicit[:, 0] - implicit[:, 1])).mean()",
        )
    ],
    "simpo_loss__overflows": [
        (
            "np.logaddexp(0, gamma - (implicit[:, 0] - implicit[:, 1]))",
            "np.log(1 + np.exp(gamma - (implicit[:, 0] - implicit[:, 1])))",
        )
    ],
}
