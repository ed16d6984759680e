"""Solutions of lesson 09."""

import math

import numpy as np


def causal_mask(num_queries, num_keys):
    """Boolean (num_queries, num_keys); the last query sees every key."""
    keys = np.arange(num_keys)
    queries = keys[num_keys - num_queries :]  # the positions of the queries
    return keys <= queries[:, None]


def learning_rate_at(step, num_steps, warmup, peak):
    """The rate of step 0, 1, ..., num_steps: a float. warmup may be 0."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2
