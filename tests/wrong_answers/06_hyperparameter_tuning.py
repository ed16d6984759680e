"""Plausible wrong answers to the exercises of lesson 06."""

import numpy as np


def suggest_rate__lowest_itself(rates, losses):
    return rates[np.nanargmin(losses)]


def suggest_rate__nan_wins(rates, losses):
    return rates[np.argmin(losses)] / 10


def suggest_rate__infinity_wins(rates, losses):
    return rates[np.nanargmin(losses)] / 10


def suggest_rate__changes_its_input(rates, losses):
    losses[~np.isfinite(losses)] = np.inf
    place = np.argmin(losses)
    losses[:] = np.inf
    return rates[place] / 10


def survivors__values(values, factor=3):
    return np.sort(values)[: max(1, len(values) // factor)]


def survivors__highest(values, factor=3):
    return np.argsort(-values, kind="stable")[: max(1, len(values) // factor)]


def survivors__none_left(values, factor=3):
    return np.argsort(values, kind="stable")[: len(values) // factor]


def survivors__rounded_up(values, factor=3):
    return np.argsort(values, kind="stable")[: -(-len(values) // factor)]


def survivors__later_first(values, factor=3):
    order = sorted(range(len(values)), key=lambda i: (values[i], -i))
    return order[: max(1, len(values) // factor)]


def paired_interval__divides_by_n(defaults, tuned, t):
    change = tuned - defaults
    return change.mean(), t * change.std() / np.sqrt(len(change))


def paired_interval__sign(defaults, tuned, t):
    change = defaults - tuned
    return change.mean(), t * change.std(ddof=1) / np.sqrt(len(change))


def paired_interval__not_of_the_mean(defaults, tuned, t):
    change = tuned - defaults
    return change.mean(), t * change.std(ddof=1)


def paired_interval__unpaired(defaults, tuned, t):
    variance = defaults.var(ddof=1) + tuned.var(ddof=1)
    return np.mean(tuned) - np.mean(defaults), t * np.sqrt(variance / len(tuned))
