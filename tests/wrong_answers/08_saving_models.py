"""Plausible wrong answers to the exercises of lesson 08."""

import numpy as np


def quantise__one_scale_for_all(weights):
    scale = np.abs(weights).max() / 127
    return np.round(weights / scale).astype("int8"), scale


def quantise__cut_off(weights):
    scales = np.max(np.abs(weights), axis=0) / 127
    divisors = np.where(scales > 0, scales, 1)
    return (weights / divisors).astype("int8"), scales


def quantise__floats(weights):
    scales = np.max(np.abs(weights), axis=0) / 127
    return np.round(weights / np.where(scales > 0, scales, 1)), scales


def quantise__zero_by_zero(weights):
    scales = np.max(np.abs(weights), axis=0) / 127
    codes = np.where(scales > 0, np.round(weights / scales), 0)
    return codes.astype("int8"), scales


def quantise__rows(weights):
    scales = np.max(np.abs(weights), axis=1, keepdims=True) / 127
    return np.round(weights / scales).astype("int8"), scales[:, 0]


def quantise__largest_not_absolute(weights):
    scales = np.max(weights, axis=0) / 127
    return np.round(weights / np.where(scales > 0, scales, 1)).astype("int8"), scales


def load_all__no_check(weights, loaded):
    for name in loaded:
        if name in weights:
            weights[name] = loaded[name]
    return True


def load_all__half_loaded(weights, loaded):
    if set(weights) != set(loaded):
        return False
    for name in weights:
        if weights[name].shape != loaded[name].shape:
            return False
        weights[name][...] = loaded[name]
    return True


def load_all__only_missing_names(weights, loaded):
    for name in weights:
        if name not in loaded or weights[name].shape != loaded[name].shape:
            return False
    for name in weights:
        weights[name][...] = loaded[name]
    return True


def load_all__replaces_arrays(weights, loaded):
    if set(weights) != set(loaded):
        return False
    if any(weights[name].shape != loaded[name].shape for name in weights):
        return False
    weights.update(loaded)
    return True


def load_all__counts_numbers(weights, loaded):
    if set(weights) != set(loaded):
        return False
    try:
        for name in weights:
            weights[name][...] = loaded[name]
    except ValueError:
        return False
    return True


def load_all__by_position(weights, loaded):
    pairs = list(zip(weights.values(), loaded.values(), strict=False))
    if any(old.shape != new.shape for old, new in pairs):
        return False
    for old, new in pairs:
        old[...] = new
    return True


def strangers__only_the_layers(architecture, allowed):
    layers = architecture["config"].get("layers", [])
    names = [layer["class_name"] for layer in layers]
    return sorted({name for name in names if name not in allowed})


def strangers__not_inside_parts(architecture, allowed):
    found, queue = set(), [architecture]
    while queue:
        part = queue.pop()
        if isinstance(part, dict) and "class_name" in part:
            found.add(part["class_name"])
        elif isinstance(part, dict):
            queue.extend(part.values())
        elif isinstance(part, list):
            queue.extend(part)
    return sorted(found - set(allowed))


def strangers__text_search(architecture, allowed):
    names = str(architecture).split("'class_name': '")[1:]
    return sorted({name.split("'")[0] for name in names} - set(allowed))


def strangers__each_time(architecture, allowed):
    found, queue = [], [architecture]
    while queue:
        part = queue.pop()
        if isinstance(part, dict):
            if part.get("class_name", allowed[0]) not in allowed:
                found.append(part["class_name"])
            queue.extend(part.values())
        elif isinstance(part, list):
            queue.extend(part)
    return sorted(found)


def strangers__recursive(architecture, allowed):
    def walk(part):
        if isinstance(part, dict):
            if "class_name" in part:
                yield part["class_name"]
            part = list(part.values())
        if isinstance(part, list):
            for item in part:
                yield from walk(item)

    return sorted(set(walk(architecture)) - set(allowed))
