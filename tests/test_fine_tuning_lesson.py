"""Lesson 16: the loss mask, exact answers without writing, and sentences with cards."""

import json
import re

from course_utils import DATA_DIR, chat

import keras
import lessons
import numpy as np
import pytest
import scipy.special


@pytest.fixture(scope="module")
def model():
    model = lessons.tiny_smollm2()
    model.backbone.enable_lora(2)
    return model


class Direct:
    """What the lesson's `tuner` computes, without Keras' gather."""

    def __init__(self, backbone):
        self.backbone = backbone

    def predict_on_batch(self, inputs):
        ids, places = inputs
        hidden = self.backbone({"token_ids": ids, "padding_mask": np.ones_like(ids)})
        logits = np.array(self.backbone.token_embedding(hidden, reverse=True))
        return np.stack([row[some] for row, some in zip(logits, places, strict=True)])


@pytest.fixture(scope="module")
def lesson(model):
    names = dict(np=np, scipy=scipy, tokenizer=model.preprocessor.tokenizer)
    names |= dict(sentence="", default="You are helpful.", tuner=Direct(model.backbone))
    lists = dict(names=["Ann", "Bob"], jobs=["cook", "vet"], cities=["Rome", "Oslo"])
    form = "{name}, {age}, {job}, left {other} for {city}."
    names["data"] = {"own": lists | {"forms": [form]}}
    names["weights"] = {weight.path: weight for weight in model.backbone.weights}
    return lessons.definitions("16", **names)


def test_places_are_before_the_tokens_of_the_answers(lesson):
    pairs = [("Who is it?", " Ann"), ("And now, who else is it?", " Bob and Carla")]
    ids, places, targets, mask = lesson["encode"](pairs)
    for n, (given, answer) in enumerate(pairs):
        begin, end = (len(lesson["tokenizer"](text)) for text in (given, answer))
        assert mask[n].tolist() == [1] * end + [0] * (mask.shape[1] - end)
        assert targets[n, :end].tolist() == [*lesson["tokenizer"](answer)]
        assert places[n, :end].tolist() == [*range(begin - 1, begin + end - 1)]
        assert (ids[n, places[n, :end] + 1] == targets[n, :end]).all()


def test_exact_answers_are_those_that_greedy_decoding_writes(lesson, model):
    written = []

    def choose(logits, answer):
        written.append(chat.greedy(logits, answer))
        return written[-1]

    pairs = []
    for word in "tea art sun cat war".split():
        given = f"A question about {word}"
        written.clear()
        (answer,) = chat.write(model, [given], 2, choose)
        if [*lesson["tokenizer"](answer)] == written:  # not split in another way
            pairs.append((given, answer))
    assert len(pairs) > 1
    right, _ = lesson["measure"](pairs, size=2)
    assert right.all()
    right, _ = lesson["measure"]([(text, answer + " not") for text, answer in pairs])
    assert not right.any()


def test_bits_of_an_answer_are_its_cross_entropy(lesson, model):
    given, answer = "Tea is", " hot and sweet"
    tokens = [np.array(lesson["tokenizer"](text)) for text in (given, answer)]
    ids = np.concatenate(tokens)[None]
    logits = model({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    wanted = keras.losses.sparse_categorical_crossentropy(
        tokens[1], np.array(logits)[0, len(tokens[0]) - 1 : -1], from_logits=True
    )
    _, bits = lesson["measure"]([(given, answer), ("A much longer text", " b")])
    np.testing.assert_allclose(bits[0], np.sum(wanted) / np.log(2), rtol=1e-4)


def test_an_adapter_is_scaled_and_taken_out(lesson, model):
    ids = np.array([[5, 6, 7]])
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    before = np.array(model.backbone(inputs))
    rng = np.random.default_rng(0)
    adapter = {
        path: rng.normal(size=weight.shape).astype("float32")
        for path, weight in lesson["weights"].items()
        if "lora_" in path
    }
    outputs = {}
    for scale in (1, 0.5, 0):
        lesson["attach"](adapter, scale)
        outputs[scale] = np.array(model.backbone(inputs))
    assert np.array_equal(outputs[0], before)
    assert np.abs(outputs[1] - before).max() > np.abs(outputs[0.5] - before).max() > 0


def test_sentences_hold_what_their_cards_say(lesson):
    pattern = r"# (.+) / (.+) / (.+) / (.+)"
    for seed in range(20):
        ((text, card),) = lesson["make"](1, seed, "own")
        name, age, job, city = re.fullmatch(pattern, card).groups()
        other = {"Rome": "Oslo", "Oslo": "Rome"}[city]
        assert text == f"{name}, {age}, {job}, left {other} for {city}."


def test_the_prompt_ends_where_the_answer_begins(lesson):
    prompt = lesson["ask"]("Hi", "Card", [("a", "b")])
    assert prompt == (
        "<|im_start|>system\nCard<|im_end|>\n<|im_start|>user\na<|im_end|>\n"
        "<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_the_sets_of_cards_have_nothing_in_common():
    data = json.loads((DATA_DIR / "card_sentences.json").read_text(encoding="utf-8"))
    for key in ("forms", "names", "jobs", "cities"):
        lists = [data[split][key] for split in ("train", "validation", "test")]
        together = [item for some in lists for item in some]
        assert len(set(together)) == len(together), key
    asked = [text for text, _ in data["replay"]]
    assert len(asked) == 44 and not {*asked} & {*data["other_chats"]}
    assert all(answer and "\ufffd" not in answer for _, answer in data["replay"])
