"""Exercises of lesson 09: solutions, then checkers, then wrong answers."""

# 09.2 saves 2 · width parameters, those of one normalisation: 256 of 198,272.
# 09.3: 954,112 and 1,901,568 parameters. Twice the width is dearer: a block has four
# times the parameters, twice as many blocks have two times.
# 09.4, one run: 1.74 bits per character on the validation text and 1.94 on the test,
# 0.20 more each than with positions. With two blocks, the mask alone tells the order,
# but poorly (*Idea* had one layer).

from course_utils.judge import close

import numpy as np


def window_attention(q, k, v, window):
    """q, k (T, d), v (T, e), window >= 1 -> context vectors (T, e)."""
    distance = np.arange(len(q))[:, None] - np.arange(len(k))
    seen = (distance >= 0) & (distance < window)
    scores = np.where(seen, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def parallel_block(x, num_heads):
    """Keras tensor x (N, T, width) -> (N, T, width), with one normalisation."""
    from keras import layers

    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    attention = layers.MultiHeadAttention(num_heads, width // num_heads)
    hidden = layers.Dense(4 * width, "gelu")(y)
    fetched = attention(y, y, use_causal_mask=True)
    return x + fetched + layers.Dense(width)(hidden)


def _attend(scores, v, seen):
    scores = np.where(seen, scores, -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def check_1(answer):
    """One head of causal attention that looks back a limited way."""
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(6, 4)), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    result = np.asarray(answer(q, k, v, 3))
    assert result.shape == (6, 3), (
        f"for 6 positions and values of length 3 the result has the shape "
        f"{result.shape}, not (6, 3). Hint: the attention weights (T, T) times v."
    )
    assert result.dtype.kind == "f" and np.isfinite(result).all(), (
        "the result has NaN or no numbers. Hint: set hidden scores to -np.inf before "
        "the softmax; each row keeps at least its own position."
    )
    assert close(answer(q, k, np.ones((6, 3)), 3), np.ones((6, 3))), (
        "the weights of a position do not sum to 1. Hint: hide scores first; then "
        "divide each row of np.exp(scores) by its sum (axis=1, keepdims=True)."
    )
    scores, distance = q @ k.T / 2, np.arange(6)[:, None] - np.arange(6)
    seen = (distance >= 0) & (distance < 3)
    assert not close(result, _attend(scores * seen, v, True)), (
        "hidden positions still have a weight. "
        "Hint: a score of 0 has the weight exp(0) = 1; hide with -np.inf."
    )
    late = v.copy()
    late[4:] += 1
    assert close(answer(q, k, late, 3)[1:4], result[1:4]), (
        "a change of later values changes earlier context vectors. "
        "Hint: position i may not see position j > i: hide it with -np.inf."
    )
    causal = _attend(scores, v, distance >= 0)
    assert not close(result, causal), (
        "with window 3 a position still sees all before it. "
        "Hint: hide those that are `window` or more positions back, too."
    )
    assert not close(result, _attend(scores, v, (distance >= 0) & (distance <= 3))), (
        "with window 3 a position sees four. "
        "Hint: itself counts: i - j is 0, 1 or 2, so i - j < window."
    )
    assert not close(result, _attend(scores, v, (distance >= 0) & (distance < 2))), (
        "with window 3 a position sees two. "
        "Hint: itself counts: i - j is 0, 1 or 2, so i - j < window."
    )
    assert close(answer(q, k, v, 1), v), (
        "with window 1 the result is not v itself. "
        "Hint: each position then sees itself alone, with weight 1."
    )
    assert close(answer(q, k, v, 6), causal), (
        "with a window as long as the text it is not plain causal attention. "
        "Hint: divide the scores by np.sqrt(d), where d is the length of a query."
    )
    for window in (2, 3, 5):
        seen = (distance >= 0) & (distance < window)
        assert close(answer(q, k, v, window), _attend(scores, v, seen)), (
            f"with window {window} a position does not see exactly itself and "
            f"{window - 1} before it. Hint: 0 <= i - j < window."
        )
    # All scores 1000; then each row 0, 1000, 2000 …; then each from -1e6 down.
    one, up = np.ones((6, 1)), np.arange(6.0)[:, None]
    seen = (distance >= 0) & (distance < 3)
    with np.errstate(all="ignore"):
        large = answer(1000 * one, one, v, 3)
        later = answer(1000 * one, up, v, 3)
        low = answer(-1e6 * one, up + 1, v, 3)
    assert close(large, _attend(0 * scores, v, seen)), (
        "scores of 1000 are too large for it. Hint: subtract the largest score of "
        "each row before np.exp; the softmax stays the same."
    )
    assert close(later, _attend(1000 * up.T, v, seen)), (
        "it goes wrong where hidden scores are far above the visible ones. Hint: take "
        "each row's maximum after hiding, so that it is that of the visible scores."
    )
    assert close(low, _attend(-1e6 * (up.T + 1), v, seen)), (
        "where visible scores are far below 0, hidden positions have a weight. Hint: "
        "hide with -np.inf; any number, such as -100, may exceed a visible score."
    )


def check_2(answer):
    """Attention and feed-forward side by side."""
    import keras
    from keras import layers, ops

    rng = np.random.default_rng(0)
    for width, num_heads in [(8, 2), (12, 3)]:
        start = keras.Input((5, width))
        result = answer(start, num_heads)
        assert isinstance(result, keras.KerasTensor), (
            f"it returns a {type(result).__name__}, not a Keras tensor. "
            "Hint: call each layer, as in layers.Dense(width)(y), and return a sum."
        )
        assert result.shape[1:] == (5, width), (
            f"x (N, 5, {width}) becomes {tuple(result.shape)}, not (N, 5, {width}). "
            "Hint: width is x.shape[-1]; the last Dense layer goes back to it."
        )
        model = keras.Model(start, result)
        kinds = [layers.LayerNormalization, layers.MultiHeadAttention, layers.Dense]
        norms, attentions, dense = [
            [part for part in model.layers if isinstance(part, kind)] for kind in kinds
        ]
        assert len(norms) == 1, (
            f"{len(norms)} normalisations reach the result, not 1. "
            "Hint: y = layers.LayerNormalization(epsilon=1e-5)(x), once; both parts "
            "read this y."
        )
        assert len(attentions) == 1 and len(dense) == 2, (
            f"{len(attentions)} attention and {len(dense)} dense layers reach the "
            "result, not 1 and 2. Hint: add what both parts return."
        )
        shapes = [tuple(part.kernel.shape) for part in dense]
        shape = tuple(attentions[0].get_weights()[0].shape)
        assert shape[1] == num_heads, (
            f"asked for {num_heads} heads, the attention has {shape[1]}. "
            "Hint: give num_heads to layers.MultiHeadAttention."
        )
        assert shape == (width, num_heads, width // num_heads), (
            f"at width {width} the {num_heads} heads have query kernels of the shape "
            f"{shape}. Hint: key_dim is width // num_heads."
        )
        assert sorted(shapes) == sorted([(width, 4 * width), (4 * width, width)]), (
            f"at width {width} the dense layers have the kernels {shapes}. Hint: the "
            "first makes 4 * width numbers of y, the second makes width of these."
        )
        left_out = (
            attentions[0].dropout,
            *[part.rate for part in model.layers if isinstance(part, layers.Dropout)],
        )
        assert not any(left_out), (
            "the block has dropout. Hint: build it without, as the text asks."
        )
        for weight in model.weights:
            weight.assign(rng.normal(0, 0.5, weight.shape))
        x = rng.normal(size=(2, 5, width)).astype("float32")
        later = x.copy()
        later[:, 3:] = rng.normal(size=(2, 2, width))
        found = np.array(model(x))
        assert close(np.array(model(later))[:, :3], found[:, :3], 1e-4), (
            "a change of later positions changes earlier results. "
            "Hint: call the attention with use_causal_mask=True."
        )
        first, last = sorted(dense, key=lambda part: tuple(part.kernel.shape))
        normal, attend = norms[0], attentions[0]

        def feed(y, activation=ops.gelu, first=first, last=last):
            numbers = {"approximate": False} if activation is ops.gelu else {}
            hidden = activation(y @ first.kernel + first.bias, **numbers)
            return hidden @ last.kernel + last.bias

        def is_like(other, found=found):
            return close(found, np.array(other), 1e-3)

        x = ops.convert_to_tensor(x)
        y = normal(x)
        fetched = attend(y, y, use_causal_mask=True)
        assert not is_like(fetched + feed(y)), (
            "x itself is missing from the result. "
            "Hint: return x + what attention found + what feed-forward found."
        )
        assert not is_like(y + fetched + feed(y)), (
            "the normalised y is added instead of x. "
            "Hint: the residual stream x stays as it is: return x + ... ."
        )
        assert not any(is_like(x + fetched + feed(y, f)) for f in (ops.relu, _same)), (
            "feed-forward does not use GELU between its two layers. "
            'Hint: layers.Dense(4 * width, "gelu").'
        )
        plain = attend(x, x, use_causal_mask=True)
        assert not any(is_like(x + plain + feed(z)) for z in (x, y)), (
            "attention reads x, not the normalised y. Hint: attention(y, y, ...)."
        )
        after = [x + fetched, normal(x + fetched), y + fetched, fetched]
        assert not any(is_like(x + fetched + feed(z)) for z in after), (
            "feed-forward reads what attention returned, so they are one after the "
            "other. Hint: both read y, the normalised x."
        )
        assert not is_like(x + fetched + feed(x)), (
            "feed-forward reads x, not the normalised y. Hint: layers.Dense(...)(y)."
        )
        z = feed(y)
        assert not any(
            is_like(x + z + attend(w, w, use_causal_mask=True))
            for w in (x + z, normal(x + z), z)
        ), (
            "attention reads what feed-forward returned, so they are one after the "
            "other. Hint: both read y, the normalised x."
        )
        assert is_like(x + fetched + feed(y)), (
            "the result is not x + attention(y, y) + feed-forward(y). "
            "Hint: compare each line with `block`; nothing else is added or scaled."
        )


def _same(x):
    return x


WRONG = {  # replacements in a solution, or another body for it
    "parallel_block__dropout_in_the_attention": [
        ("width // num_heads)", "width // num_heads, dropout=0.05)")
    ],
    "window_attention__sees_the_future": [("(distance >= 0) & ", "")],
    "window_attention__future_within_the_window": [
        ("(distance >= 0) & (distance < window)", "abs(distance) < window")
    ],
    "window_attention__one_too_many": [("distance < window", "distance <= window")],
    "window_attention__not_itself": [
        (
            "(distance >= 0) & (distance < window)",
            "(distance > 0) & (distance < window)",
        )
    ],
    "window_attention__turned_round": [
        (
            "np.arange(len(q))[:, None] - np.arange(len(k))",
            "np.arange(len(k)) - np.arange(len(q))[:, None]",
        )
    ],
    "window_attention__whole_past": [(" & (distance < window)", "")],
    "window_attention__not_scaled": [(" / np.sqrt(q.shape[1])", "")],
    "window_attention__scaled_by_d": [("np.sqrt(q.shape[1])", "q.shape[1]")],
    "window_attention__zeros_for_hidden_scores": [("-np.inf", "0.0")],
    "window_attention__overflows": [
        ("scores - scores.max(axis=1, keepdims=True)", "scores")
    ],
    "window_attention__one_too_few": [("distance < window", "distance < window - 1")],
    "window_attention__one_too_few_without_inf": [
        ("distance < window", "distance < window - 1"),
        ("-np.inf", "-1e9"),
    ],
    "window_attention__not_itself_without_inf": [
        ("distance >= 0", "distance > 0"),
        ("-np.inf", "-1e9"),
    ],
    "window_attention__hides_with_100": [("-np.inf", "-100")],
    "window_attention__hides_with_5000": [("-np.inf", "-5000")],
    "window_attention__maximum_of_all": [
        ("scores.max(axis=1, keepdims=True)", "scores.max()")
    ],
    "window_attention__maximum_before_hiding": [
        ("scores = np.where(seen, ", "scores = ("),
        (", -np.inf)", ")"),
        (
            "weights = np.exp(scores - scores.max(axis=1, keepdims=True))",
            "scores = scores - scores.max(axis=1, keepdims=True)\n"
            "    weights = np.exp(np.where(seen, scores, -np.inf))",
        ),
    ],
    "window_attention__scaled_by_values": [
        ("np.sqrt(q.shape[1])", "np.sqrt(v.shape[1])")
    ],
    "window_attention__softmax_of_columns": [
        (
            "weights / weights.sum(axis=1, keepdims=True)",
            "weights / weights.sum(axis=0)",
        )
    ],
    "window_attention__not_normalised": [(" / weights.sum(axis=1, keepdims=True)", "")],
    "window_attention__returns_weights": [(" @ v", "")],
    "window_attention__mask_after_softmax": [
        ("np.where(seen, q @ k.T / np.sqrt(q.shape[1]), -np.inf)", "q @ k.T / 2"),
        ("return weights / weights", "return seen * weights / weights"),
    ],
    "parallel_block__one_after_the_other": """from keras import layers
    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    attention = layers.MultiHeadAttention(num_heads, width // num_heads)
    x = x + attention(y, y, use_causal_mask=True)
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    hidden = layers.Dense(4 * width, "gelu")(y)
    return x + layers.Dense(width)(hidden)""",
    "parallel_block__one_normalisation_used_twice": """from keras import layers
    width = x.shape[-1]
    normalise = layers.LayerNormalization(epsilon=1e-5)
    y = normalise(x)
    attention = layers.MultiHeadAttention(num_heads, width // num_heads)
    x = x + attention(y, y, use_causal_mask=True)
    hidden = layers.Dense(4 * width, "gelu")(normalise(x))
    return x + layers.Dense(width)(hidden)""",
    "parallel_block__one_after_the_other_unnormalised": [
        (
            'hidden = layers.Dense(4 * width, "gelu")(y)\n    fetched = '
            "attention(y, y, use_causal_mask=True)",
            "fetched = attention(y, y, use_causal_mask=True)\n    "
            'hidden = layers.Dense(4 * width, "gelu")(x + fetched)',
        )
    ],
    "parallel_block__attention_after_feed_forward": """from keras import layers
    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    hidden = layers.Dense(4 * width, "gelu")(y)
    x = x + layers.Dense(width)(hidden)
    attention = layers.MultiHeadAttention(num_heads, width // num_heads)
    return x + attention(x, x, use_causal_mask=True)""",
    "parallel_block__no_mask": [(", use_causal_mask=True", "")],
    "parallel_block__no_residual": [("x + fetched", "fetched")],
    "parallel_block__adds_to_y": [("x + fetched", "y + fetched")],
    "parallel_block__adds_x_twice": [("x + fetched", "x + x + fetched")],
    "parallel_block__relu": [('"gelu"', '"relu"')],
    "parallel_block__no_activation": [(', "gelu"', "")],
    "parallel_block__feed_forward_of_x": [("(y)\n", "(x)\n")],
    "parallel_block__attention_of_x": [("attention(y, y", "attention(x, x")],
    "parallel_block__no_normalisation": [
        ("layers.LayerNormalization(epsilon=1e-5)(x)", "x")
    ],
    "parallel_block__key_dim_is_width": [("width // num_heads", "width")],
    "parallel_block__width_of_the_lesson": [("x.shape[-1]", "128")],
    "parallel_block__width_of_the_time": [("x.shape[-1]", "x.shape[1]")],
    "parallel_block__not_four_times": [("4 * width", "width")],
    "parallel_block__no_attention": [("x + fetched", "x")],
    "parallel_block__no_feed_forward": [(" + layers.Dense(width)(hidden)", "")],
    "parallel_block__a_layer_not_called": [("layers.Dense(width)(hidden)", "hidden")],
    "parallel_block__a_list": [
        ("return x + ", "return [x, "),
        (
            "fetched + layers.Dense(width)(hidden)",
            "fetched, layers.Dense(width)(hidden)]",
        ),
    ],
}
