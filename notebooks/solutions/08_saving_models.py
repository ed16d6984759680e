"""Solutions of lesson 08."""

import numpy as np


def quantise(weights):
    scales = np.max(np.abs(weights), axis=0) / 127
    divisors = np.where(scales > 0, scales, 1)
    return np.round(weights / divisors).astype("int8"), scales


def load_all(weights, loaded):
    if set(weights) != set(loaded):
        return False
    if any(weights[name].shape != loaded[name].shape for name in weights):
        return False
    for name, array in weights.items():
        array[...] = loaded[name]
    return True


def strangers(architecture, allowed):
    found, queue = set(), [architecture]
    while queue:
        part = queue.pop()
        if isinstance(part, dict):
            if "class_name" in part:
                found.add(part["class_name"])
            queue.extend(part.values())
        elif isinstance(part, list):
            queue.extend(part)
    return sorted(found - set(allowed))
