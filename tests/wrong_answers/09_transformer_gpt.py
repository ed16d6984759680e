"""Plausible wrong answers to the exercises of lesson 09."""

import math

import numpy as np


def causal_mask__queries_come_first(num_queries, num_keys):
    return np.tril(np.ones((num_queries, num_keys), bool))


def causal_mask__true_is_hidden(num_queries, num_keys):
    return np.triu(np.ones((num_queries, num_keys), bool), num_keys - num_queries + 1)


def causal_mask__upper_triangle(num_queries, num_keys):
    return np.triu(np.ones((num_queries, num_keys), bool))


def causal_mask__not_itself(num_queries, num_keys):
    keys = np.arange(num_keys)
    return keys < keys[num_keys - num_queries :, None]


def causal_mask__one_too_far(num_queries, num_keys):
    positions = num_keys - num_queries + np.arange(1, num_queries + 1)
    return np.arange(num_keys) <= positions[:, None]


def causal_mask__square(num_queries, num_keys):
    return np.tril(np.ones((num_keys, num_keys), bool))


def causal_mask__keys_in_rows(num_queries, num_keys):
    keys = np.arange(num_keys)
    return keys[:, None] <= keys[num_keys - num_queries :]


def causal_mask__numbers(num_queries, num_keys):
    return np.tril(np.ones((num_queries, num_keys)), num_keys - num_queries)


def causal_mask__added_to_scores(num_queries, num_keys):
    keys = np.arange(num_keys)
    return np.where(keys <= keys[num_keys - num_queries :, None], 0.0, -np.inf)


def causal_mask__sees_all_cached_and_new(num_queries, num_keys):
    if num_queries == num_keys:
        return np.tril(np.ones((num_keys, num_keys), bool))
    return np.ones((num_queries, num_keys), bool)


def learning_rate_at__divides_by_no_warmup(step, num_steps, warmup, peak):
    if step <= warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


def learning_rate_at__no_warmup_is_zero(step, num_steps, warmup, peak):
    if step <= warmup:
        return peak * step / max(1, warmup)
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


def learning_rate_at__cosine_from_step_0(step, num_steps, warmup, peak):
    if step <= warmup and warmup:
        return peak * step / warmup
    return peak * (1 + math.cos(math.pi * min(step / num_steps, 1))) / 2


def learning_rate_at__jump(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (1 + math.cos(math.pi * min(step / num_steps, 1))) / 2


def learning_rate_at__cosine_too_long(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * (1 + math.cos(math.pi * min((step - warmup) / num_steps, 1))) / 2


def learning_rate_at__below_zero(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * math.cos(math.pi * (step - warmup) / (num_steps - warmup))


def learning_rate_at__quarter_of_a_cosine(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * math.cos(math.pi / 2 * share)


def learning_rate_at__straight_down(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    return peak * max(0.0, (num_steps - step) / (num_steps - warmup))


def learning_rate_at__rises_again(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    share = (step - warmup) / (num_steps - warmup)
    return peak * (1 + math.cos(math.pi * share)) / 2


def learning_rate_at__warmup_from_step_1(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * (step + 1) / warmup
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


def learning_rate_at__warmup_is_a_cosine(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * (1 - math.cos(math.pi * step / warmup)) / 2
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2
