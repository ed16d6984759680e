"""Exercises of lesson 10: solutions, then checkers, then wrong answers."""

# 10.2: to write with it, in the lesson:
#
#     text, free = frame, frame == mask_id
#     for count in (4, 3, 2, 1, 0):  # blanks that are left
#         probabilities = np.array(ops.softmax(bert(text[None])))[0]
#         text = mask_predict(text, probabilities, free, count, mask_id)
#         show(text)
#
# 10.3: about 39 % of the same blanks, where a neighbour that is hidden, or a pair that
# is new, leaves the decision to one neighbour; 35 % by pairs, else the most frequent
# token; 34 % by pairs alone, 15 % by the left neighbour alone. In the lesson,
# no key of the tables holds mask_id, so a hidden neighbour is never found:
#
#     from collections import Counter
#
#     def most_frequent(keys, tokens):  # for each key, the token seen most often
#         counts = {}
#         for key, token in zip(keys, tokens, strict=True):
#             counts.setdefault(key, Counter())[token] += 1
#         return {key: count.most_common(1)[0][0] for key, count in counts.items()}
#
#     train = corpus["train"].tolist()
#     left, middle, right = train[:-2], train[1:-1], train[2:]
#     between = most_frequent(zip(left, right, strict=True), middle)
#     after, before = most_frequent(left, middle), most_frequent(right, middle)
#     correct = []
#     for row, position in zip(*np.nonzero(hidden), strict=True):
#         seen = [*inputs[row].tolist(), mask_id]  # nothing after the last position
#         x, y = seen[position - 1], seen[position + 1]
#         guess = after.get(x, before.get(y, shares.argmax()))
#         correct.append(between.get((x, y), guess) == targets[row, position])
#     print(np.mean(correct))

from course_utils.judge import close

import numpy as np


def frozen_classifier(encoder, num_classes):
    """Encoder: ids (N, T) -> vectors (N, T, width). Returns a keras.Model."""
    import keras
    from keras import layers

    encoder.trainable = False
    ids = keras.Input((None,), dtype="int32")
    vectors = encoder(ids)  # (N, T, width)
    mean = layers.GlobalAveragePooling1D()(vectors, mask=ids != 0)  # (N, width)
    return keras.Model(ids, layers.Dense(num_classes)(mean))


def mask_predict(ids, probabilities, free, count, mask_id):
    """ids (T,), probabilities (T, V), free (T,) bool -> new ids (T,)."""
    new = np.where(ids == mask_id, probabilities.argmax(axis=1), ids)
    sure = probabilities[np.arange(len(new)), new]
    least = np.argsort(np.where(free, sure, np.inf))[:count]
    new[least] = mask_id
    return new


def check_1(answer):
    """A frozen encoder, the mean without padding, one dense layer."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    encoder = keras.Model(ids, layers.Dense(6)(layers.Embedding(20, 5)(ids)))
    given = [weight.copy() for weight in encoder.get_weights()]
    model = answer(encoder, 3)
    assert isinstance(model, keras.Model), (
        f"it returns {type(model).__name__}, not a keras.Model. "
        "Hint: keras.Model(ids, logits); ids = keras.Input((None,), dtype='int32')."
    )
    rows = np.array([[4, 9, 2, 0, 0], [7, 1, 3, 8, 5]], "int32")
    logits = np.asarray(model(rows))
    assert logits.shape == (2, 3), (
        f"for 2 rows and 3 classes the result has shape {logits.shape}, not (2, 3). "
        "Hint: average over positions, then layers.Dense(num_classes)."
    )
    now = encoder.get_weights()
    assert all(close(a, b) for a, b in zip(given, now, strict=True)), (
        "the encoder has other weights now. Hint: call the encoder as it is given."
    )
    learnt = [tuple(weight.shape) for weight in model.trainable_weights]
    assert len(learnt) != 0, (
        "nothing can be trained, not even the dense layer. "
        "Hint: set encoder.trainable = False, not model.trainable."
    )
    assert len(learnt) < 6, (
        "the encoder's weights are trained, too. "
        "Hint: encoder.trainable = False freezes them."
    )
    assert sorted(learnt) == [(3,), (6, 3)], (
        f"the weights to train have the shapes {learnt}, not (6, 3) and (3,). "
        "Hint: freeze the whole encoder, and add one dense layer with a bias."
    )
    vectors = np.asarray(encoder(rows))
    real = (rows != 0)[..., None]
    mean = (vectors * real).sum(axis=1) / real.sum(axis=1)
    kernel, bias = [np.asarray(weight) for weight in model.trainable_weights]
    bias = bias + np.array([0.5, -1.0, 2.0])
    model.trainable_weights[1].assign(bias)
    logits = np.asarray(model(rows))
    assert not close(logits.sum(axis=1), np.ones(2), 1e-4), (
        "the result sums to 1: these are probabilities, not logits. "
        "Hint: the dense layer has no activation."
    )
    assert not close(logits, vectors[:, 0] @ kernel + bias, 1e-4), (
        "only the first position is read. "
        "Hint: layers.GlobalAveragePooling1D()(vectors, mask=ids != 0)."
    )
    assert not close(logits, vectors.mean(axis=1) @ kernel + bias, 1e-4), (
        "padding is part of the mean. "
        "Hint: layers.GlobalAveragePooling1D()(vectors, mask=ids != 0)."
    )
    assert close(logits, mean @ kernel + bias, 1e-4), (
        "the logits are not those of the mean over the real tokens. "
        "Hint: layers.GlobalAveragePooling1D()(vectors, mask=ids != 0), then one Dense."
    )


def check_2(answer):
    """One step of mask-predict."""
    probabilities = np.array(
        [
            [0.9, 0.05, 0.05],
            [0.1, 0.6, 0.3],
            [0.34, 0.3, 0.36],
            [0.3, 0.4, 0.3],
            [0.7, 0.2, 0.1],
        ]
    )
    free, everywhere = np.array([False, True, True, True, True]), np.ones(5, bool)
    ids = np.array([1, 3, 2, 3, 1])
    kept, given = ids.copy(), probabilities.copy()

    def ask(ids, free, count):
        return np.asarray(answer(ids, probabilities, free, count, 3))

    first = ask(ids, free, 0)
    assert (ids == kept).all() and (probabilities == given).all(), (
        "it changes the arrays that it was given. Hint: np.where makes a new array."
    )
    assert first.shape == (5,), (
        f"the result has the shape {first.shape}, not (5,). Hint: one id a position."
    )
    hidden = int(np.sum((first == 3) & (ids != 3)))
    assert hidden == 0, (
        f"with count 0, {hidden} tokens become blanks. "
        "Hint: [:count] takes none then, but [-count:] takes all."
    )
    assert not (first == 3).any(), (
        f"with count 0, {kept.tolist()} becomes {first.tolist()}: a blank is left. "
        "Hint: each blank gets its likeliest token, probabilities.argmax(axis=1)."
    )
    assert first.tolist() == [1, 1, 2, 1, 1], (
        f"with count 0, {kept.tolist()} becomes {first.tolist()}, not [1, 1, 2, 1, 1]. "
        "Hint: only blanks get their likeliest tokens; the others stay."
    )
    one = ask(ids, free, 1)
    assert (one == 3).sum() == 1, (
        f"with count 1, {(one == 3).sum()} blanks are left. "
        "Hint: exactly `count` positions become mask_id."
    )
    assert one[0] != 3, (
        "a position that is not free becomes a blank. "
        "Hint: give it a probability of np.inf before you sort."
    )
    assert one.tolist() != [1, 1, 2, 3, 1], (
        "it never takes back an old token: 1, with probability 0.2, is the least sure. "
        "Hint: compare all free positions, not only those just filled."
    )
    assert one.tolist() == [1, 1, 2, 1, 3], (
        f"the least sure token is the last 1, with probability 0.2, but it gives "
        f"{one.tolist()}. Hint: the probability of the token that stands there, "
        "probabilities[np.arange(T), new]."
    )
    for count, expected in [(2, [1, 1, 3, 1, 3]), (4, [1, 3, 3, 3, 3])]:
        found = ask(ids, free, count)
        assert found.tolist() == expected, (
            f"with count {count} it gives {found.tolist()}, not {expected}. "
            "Hint: sort by probability, and take the first `count`."
        )
    assert ask(ids, everywhere, 1).tolist() == [3, 1, 2, 1, 1], (
        "if all are free, the least sure token is the first: 0.05. "
        "Hint: use `free` as it is given."
    )
    full = np.array([0, 1, 2, 1, 0])
    assert ask(full, free, 1).tolist() == [0, 1, 3, 1, 0], (
        "without any blank, it still hides the least sure token again. "
        "Hint: fill first, then hide, whatever was filled."
    )
    fixed = np.array([0, 3, 2, 1, 0])
    found = ask(fixed, fixed != 3, 0)
    assert found.tolist() == [0, 1, 2, 1, 0], (
        "a blank stays where `free` is False. Hint: fill each blank; `free` only says "
        "which positions may become blanks again."
    )


WRONG = {  # replacements in a solution, or another body for it
    "frozen_classifier__not_frozen": [("    encoder.trainable = False\n", "")],
    "frozen_classifier__averages_padding": [(", mask=ids != 0", "")],
    "frozen_classifier__probabilities": [
        ("layers.Dense(num_classes)", 'layers.Dense(num_classes, "softmax")')
    ],
    "frozen_classifier__first_token": [
        ("layers.GlobalAveragePooling1D()(vectors, mask=ids != 0)", "vectors[:, 0]")
    ],
    "frozen_classifier__largest_numbers": [
        (
            "layers.GlobalAveragePooling1D()(vectors, mask=ids != 0)",
            "layers.GlobalMaxPooling1D()(vectors)",
        )
    ],
    "frozen_classifier__all_frozen": [
        (
            "return keras.Model(ids, layers.Dense(num_classes)(mean))",
            "model = keras.Model(ids, layers.Dense(num_classes)(mean))\n"
            "    model.trainable = False\n    return model",
        )
    ],
    "frozen_classifier__last_layer_trained": [
        ("encoder.trainable = False", "encoder.layers[1].trainable = False")
    ],
    "frozen_classifier__no_mean": [
        ("layers.Dense(num_classes)(mean)", "layers.Dense(num_classes)(vectors)")
    ],
    "frozen_classifier__returns_the_result": [
        (
            "return keras.Model(ids, layers.Dense(num_classes)(mean))",
            "return layers.Dense(num_classes)(mean)",
        )
    ],
    "mask_predict__never_takes_back": [
        ("np.where(free, sure", "np.where(free & (ids == mask_id), sure")
    ],
    "mask_predict__hides_fixed_tokens": [("np.where(free, sure, np.inf)", "sure")],
    "mask_predict__hides_the_surest": [
        ("np.where(free, sure, np.inf)", "np.where(free, -sure, np.inf)")
    ],
    "mask_predict__largest_probability": [
        ("probabilities[np.arange(len(new)), new]", "probabilities.max(axis=1)")
    ],
    "mask_predict__replaces_all": [
        (
            "np.where(ids == mask_id, probabilities.argmax(axis=1), ids)",
            "probabilities.argmax(axis=1)",
        )
    ],
    "mask_predict__fills_free_blanks_only": [
        ("np.where(ids == mask_id, prob", "np.where((ids == mask_id) & free, prob")
    ],
    "mask_predict__fills_only": [("    new[least] = mask_id\n", "")],
    "mask_predict__hides_all_for_count_0": [
        ("np.where(free, sure, np.inf))[:count]", "np.where(free, -sure, -9))[-count:]")
    ],
    "mask_predict__one_too_many": [("[:count]", "[: count + 1]")],
    "mask_predict__changes_its_input": [
        (
            "new = np.where(ids == mask_id, probabilities.argmax(axis=1), ids)",
            "new, blank = ids, ids == mask_id\n"
            "    new[blank] = probabilities.argmax(axis=1)[blank]",
        )
    ],
    "mask_predict__keeps_blanks": [
        ("np.where(ids == mask_id, probabilities.argmax(axis=1), ids)", "ids.copy()"),
        ("probabilities[np.arange(len(new)), new]", "probabilities.max(axis=1)"),
    ],
}
