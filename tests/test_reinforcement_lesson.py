"""Lesson 17b: sentences and masks, log probabilities, GRPO's update, the checks."""

import re

from course_utils import tokenizer

import keras
import lessons
import numpy as np
import pytest
import scipy.special
import scipy.stats
import tensorflow as tf
from keras import ops

CLIP = 0.2


@pytest.fixture(scope="module")
def lesson():
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(7, 8, embeddings_initializer="normal")(ids)
    policy = keras.Model(ids, keras.layers.Dense(7)(x))
    reference = keras.models.clone_model(policy)
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(policy.trainable_variables)
    text = 'Was she? Mr. Bennet and Mrs. Bennet, "oh dear!" said no. '
    merges = tokenizer.train(text * 20, 280)
    pieces = [tokenizer.decode([i], merges) for i in range(256 + len(merges))]
    names = dict(re=re, np=np, tf=tf, ops=ops, policy=policy, reference=reference)
    names |= dict(optimizer=optimizer, merges=merges, tokenizer=tokenizer)
    names |= dict(pieces=pieces, sizes=np.array([len(piece) for piece in pieces]))
    names = lessons.definitions("17b", **names)
    names["num_new"] = 3
    return names


@pytest.fixture(autouse=True)
def same_weights(lesson):
    for name in ("policy", "reference"):
        model = lesson[name]
        rng = np.random.default_rng(len(name))
        model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    for variable in lesson["optimizer"].variables:
        variable.assign(ops.zeros_like(variable))
    lesson["optimizer"].learning_rate = 0.01


def test_a_sentence_ends_at_its_first_mark_but_not_after_a_title(lesson):
    cases = {"Was she? No.": "Was she?", "Oh! Dear.": "Oh!", "no end": "no end"}
    cases |= {"Mr. Bennet and Mrs. Long came. So": "Mr. Bennet and Mrs. Long came."}
    cases |= {"Sir. Was": "Sir.", "": ""}
    for text, expected in cases.items():
        assert lesson["sentence"](text) == expected, text


@pytest.mark.parametrize(
    "text", ["Was she? Mr. Ben", 'Mr. Bennet, "oh dear!" said', "no and no and no"]
)
def test_the_mask_holds_the_tokens_of_the_sentence(lesson, text):
    row = tokenizer.encode(text, lesson["merges"])
    (found,), (mask,) = lesson["read"](np.array([row]))
    assert found == lesson["sentence"](text)
    count = int(mask.sum())
    assert mask.tolist() == [1] * count + [0] * (len(row) - count)
    decode = tokenizer.decode
    assert decode(row[:count], lesson["merges"]).startswith(found)
    assert len(decode(row[: count - 1], lesson["merges"])) < len(found)


def log_p(model, rows):
    logits = scipy.special.log_softmax(np.array(model(rows[:, :-1])), axis=-1)
    return np.take_along_axis(logits, rows[:, 1:, None], axis=2)[..., 0][:, -3:]


ROWS = np.array([[1, 2, 3, 4, 5], [6, 0, 6, 1, 2]], "int32")
MASK = np.array([[1, 1, 1], [1, 1, 0]], "float32")


def test_log_probabilities_and_entropies_of_the_answers(lesson):
    chosen, entropy = lesson["log_probs"](lesson["policy"], ROWS)
    np.testing.assert_allclose(chosen, log_p(lesson["policy"], ROWS), atol=1e-5)
    p = scipy.special.softmax(np.array(lesson["policy"](ROWS[:, :-1])), axis=-1)
    expected = scipy.stats.entropy(p, axis=-1)[:, -3:]
    np.testing.assert_allclose(entropy, expected, atol=1e-5)
    for found, name in zip(lesson["score"](ROWS), ("policy", "reference"), strict=True):
        np.testing.assert_allclose(found, log_p(lesson[name], ROWS), atol=1e-5)


def updated(lesson, advantages, shift=0.0, beta=0.0):
    """Changes of the log probabilities by one update, and what `update` returned."""
    old, ref = log_p(lesson["policy"], ROWS), log_p(lesson["reference"], ROWS)
    advantages = np.array(advantages, "float32")[:, None]
    told = lesson["update"](ROWS, MASK, advantages, old - shift, ref, beta)
    return log_p(lesson["policy"], ROWS) - old, old, ref, told


def test_good_answers_become_likelier_and_bad_ones_less_likely(lesson):
    change, old, ref, (kl, _) = updated(lesson, [1, -1])
    assert (change * MASK)[0].sum() > 0 > (change * MASK)[1].sum()
    expected = np.sum(MASK * (np.exp(ref - old) - (ref - old) - 1)) / 2
    assert float(kl) == pytest.approx(expected, rel=1e-4)


def test_without_an_advantage_only_the_penalty_moves_the_policy(lesson):
    change, *_ = updated(lesson, [0, 0])
    assert np.abs(change).max() == 0
    _, old, ref, _ = updated(lesson, [0, 0], beta=1.0)
    assert np.abs(log_p(lesson["policy"], ROWS) - ref).mean() < np.abs(old - ref).mean()


def test_the_clip_stops_what_has_moved_far_enough_in_the_wanted_direction(lesson):
    far = np.log(1 + 2 * CLIP)
    assert np.abs(updated(lesson, [1, 1], shift=far)[0]).max() == 0
    assert np.abs(updated(lesson, [-1, -1], shift=-far)[0]).max() == 0
    assert np.abs(updated(lesson, [1, 1], shift=-far)[0]).max() > 0


def test_a_real_question_begins_like_one(lesson):
    lesson["opening"] = re.compile(r"\W*(what|do)\b", re.IGNORECASE)
    texts = ['"Do you think so, my dear?', "You do think so, my dear?", "Do you?"]
    texts += ["Do you think so, my dear.", "Doubt is a very sad thing?"]
    assert lesson["question"](texts).tolist() == [1, 1, 0, 0, 1]
    assert lesson["real_question"](texts).tolist() == [1, 0, 0, 0, 0]
