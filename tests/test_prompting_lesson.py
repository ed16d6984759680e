"""Lessons 15 and 15b: prompts, constrained answers, a server, and what is measured."""

import http.server
import itertools
import json
import re
import threading
import types

from course_utils import DATA_DIR, chat, pretrained

import jinja2
import keras
import lessons
import numpy as np
import openai
import pytest
import regex
import scipy.special
import scipy.stats
import tensorflow as tf


@pytest.fixture(scope="module")
def folder():
    return pretrained.smollm2()


@pytest.fixture(scope="module")
def model():
    return lessons.tiny_smollm2()


@pytest.fixture(scope="module")
def lesson(model):
    names = dict(chat=chat, np=np, keras=keras, json=json, regex=regex, http=http)
    names["itertools"] = itertools
    names |= dict(model=model, tokenizer=model.preprocessor.tokenizer)
    names |= dict(end=model.preprocessor.tokenizer.end_token_id)
    names["default_system"] = "You are a helpful AI assistant named SmolLM, trained by "
    names["default_system"] += "Hugging Face"
    return lessons.definitions("15", **names)


def next_tokens(model, ids, count):
    """Greedy decoding without a cache."""
    ids = list(ids)
    for _ in range(count):
        rows = np.array([ids])
        inputs = {"token_ids": rows, "padding_mask": np.ones_like(rows)}
        ids.append(int(np.array(model(inputs))[0, -1].argmax()))
    return ids[-count:]


def test_many_prompts_get_the_answers_of_each_alone(model):
    tokenizer = model.preprocessor.tokenizer
    begin = "The same beginning, then"
    prompts = [f"{begin} tea", f"{begin} a cup of hot coffee", begin]
    together = chat.write(model, prompts, 5, batch_size=2)
    assert together == [chat.write(model, [prompt], 5)[0] for prompt in prompts]
    for prompt, answer in zip(prompts, together, strict=True):
        expected = next_tokens(model, tokenizer(prompt), 5)
        assert tokenizer.end_token_id not in expected
        assert answer == tokenizer.detokenize(expected)


def test_prompts_that_are_all_the_same_or_one_token_long(model):
    assert len({*chat.write(model, ["Hello there"] * 3, 3)}) == 1
    assert chat.write(model, ["a", "b"], 2)[1] == chat.write(model, ["b"], 2)[0]
    assert chat.write(model, [], 2) == []


def test_an_answer_ends_at_the_end_token(model):
    tokenizer = model.preprocessor.tokenizer
    script = [*tokenizer("Two words"), tokenizer.end_token_id]
    asked = []

    def choose(logits, answer):
        asked.append(len(answer))
        return int(script[len(answer)])

    assert chat.write(model, ["x", "y"], 9, choose) == ["Two words"] * 2
    assert asked == [0, 0, 1, 1, 2, 2]


def test_the_template_is_that_of_the_model(lesson, folder):
    text = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    template = jinja2.Template(json.loads(text)["chat_template"])
    roles = ["system", "user", "assistant", "user"]
    messages = [{"role": role, "content": f"{role} speaks"} for role in roles]
    for some in (messages, messages[1:], messages[1:2]):
        expected = template.render(messages=some, add_generation_prompt=True)
        assert lesson["chat_prompt"](some) == expected


def test_constrained_answers_match_whatever_the_network_says(lesson, model):
    pattern = r'\{"age": \d{1,3}, "job": "(nurse|night watch)"\}'
    answers = chat.write(model, ["a", "b c", "d"], 40, lesson["matching"](pattern))
    assert all(regex.fullmatch(pattern, answer) for answer in answers), answers
    free = chat.write(model, ["a", "b c", "d"], 40)
    assert not any(regex.fullmatch(pattern, answer) for answer in free)


def test_a_pattern_that_no_token_fits_is_an_error(lesson, monkeypatch):
    pieces = types.SimpleNamespace(detokenize=lambda ids: "\ufffd" * len(ids))
    monkeypatch.setitem(lesson, "tokenizer", pieces)  # each token a part of a character
    with pytest.raises(ValueError, match="no token fits"):
        lesson["matching"]("🙂")(np.zeros(9), [])


def test_a_prompt_without_room_for_its_answer_is_refused(lesson):
    with pytest.raises(ValueError, match="over 64 tokens"):
        next(lesson["stream"]("tea " * 40, num_new=30, length=64))


def test_fields_of_answers_that_are_not_valid(lesson):
    lesson["lists"] = dict(name=[], age=[])
    assert lesson["fields"]('{"age": 7, "name": "Ada"}') == ["ada", "7"]
    assert lesson["fields"]('```\n{"age": 7,\n"name": "Ada"}\n```') == ["ada", "7"]
    for text in ("", "Sure!", "7", "[]", '{"name": "Ada"}', '{"name": "Ada", "age": 7'):
        assert lesson["fields"](text) is None, text


@pytest.fixture
def client(lesson):
    """A client of the lesson's server."""
    server = http.server.HTTPServer(("127.0.0.1", 0), lesson["Handler"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    yield openai.OpenAI(base_url=url, api_key="none", max_retries=0)
    server.shutdown()
    server.server_close()


def pieces_of(client, messages):
    options = dict(model="smollm2", stream=True)  # no temperature: 1, as OpenAI's
    chunks = client.chat.completions.create(messages=messages, **options)
    return [chunk.choices[0].delta.content for chunk in chunks]


@pytest.mark.parametrize("said", [["Tea ", "für ", "zwei"], []])
def test_the_openai_client_gets_what_is_streamed(lesson, client, said, monkeypatch):
    told = []

    def stream(prompt, choose):
        told.append(prompt)
        yield from said

    monkeypatch.setitem(lesson, "stream", stream)
    messages = [{"role": "user", "content": "Hi"}]
    assert "".join(pieces_of(client, messages)) == "".join(said)
    assert told == [lesson["chat_prompt"](messages)]


def test_a_prompt_too_long_is_an_error_at_the_client(client, capsys):
    messages = [{"role": "user", "content": "tea " * 300}]
    with pytest.raises(openai.APIConnectionError):
        pieces_of(client, messages)
    assert "over 256 tokens" in capsys.readouterr().err  # the server tells why


def test_prompt_tasks_are_as_their_card_says():
    text = (DATA_DIR / "prompt_tasks.json").read_text(encoding="utf-8")
    tasks = json.loads(text)
    countries, capitals, _ = zip(*tasks["capitals"], strict=True)
    assert len({*countries}) == len(countries) == 142
    assert len({*capitals}) == 142 and ["Japan", "Tokyo", "AS"] in tasks["capitals"]
    labels = [label for _, label in tasks["words"]]
    assert labels.count("positive") == labels.count("negative") == 75


@pytest.fixture(scope="module")
def measuring(model):
    names = dict(chat=chat, np=np, keras=keras, tf=tf, re=re, scipy=scipy)
    names |= dict(model=model, read=chat.reader(model))
    names |= dict(tokenizer=model.preprocessor.tokenizer)
    names |= dict(asked="Word: {}\nFeeling:", labels=(" positive", " negative"))
    names |= dict(words=[["joy", "positive"], ["grief", "negative"]])
    return lessons.definitions("15b", **names)


SHOTS = [("2 + 2 =", [" 4", " 5"], 0)]


@pytest.mark.parametrize("shots", [[], SHOTS])
def test_scores_are_log_likelihoods_of_the_options(
    measuring, model, shots, monkeypatch
):
    monkeypatch.setattr(measuring["read_rows"], "__defaults__", (3,))  # rows in a batch
    items = [("1 + 11 =", [" 12", " 120"], 0), ("9 + 30 apples =", [" 39", " 3"], 1)]
    scores = measuring["score"](items, shots)
    assert scores.shape == (2, 2)
    tokenizer, prefix = model.preprocessor.tokenizer, measuring["prefix_of"](shots)
    assert prefix == ("2 + 2 = 4\n\n" if shots else "")
    for row, (question, options, _) in zip(scores, items, strict=True):
        given = [*(tokenizer(prefix) if prefix else []), *tokenizer(question)]
        for found, option in zip(row, options, strict=True):
            ids = np.array([[*given, *tokenizer(option)]])
            inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
            log_p = np.array(keras.ops.log_softmax(model(inputs)))[0]
            places = range(len(given), ids.shape[1])
            expected = sum(log_p[place - 1, ids[0, place]] for place in places)
            assert found == pytest.approx(expected, abs=1e-3)


def test_calibration_takes_away_what_is_not_due_to_the_word(measuring):
    bias = np.array([5.0, 0.0])

    def score(items, shots=()):
        texts = [question for question, *_ in items]
        due = [[1.0, 0] if "joy" in t else [0, 1.0 * ("grief" in t)] for t in texts]
        return np.array(due) + bias

    names = measuring | dict(score=score, num_test=2)
    for name in ("verdicts", "hits", "word_items"):
        function = measuring[name]
        names[name] = types.FunctionType(function.__code__, names, name)
        names[name].__defaults__ = function.__defaults__
    found = names["verdicts"]()  # (4, N)
    assert found.tolist() == [[1, 0], [1, 1], [1, 1], [1, 1]]


def test_calibration_takes_the_mean_of_probabilities(measuring):
    scores = np.log([[0.9, 0.1], [0.5, 0.5]])
    np.testing.assert_allclose(measuring["bias"](scores), np.log([0.7, 0.3]))


def test_word_problems_are_right_and_differ(measuring):
    problems = [*measuring["word_problems"](np.random.default_rng(0), 63)]
    triples = [[*map(int, re.findall(r"\d+", question))] for question, *_ in problems]
    assert len({*map(tuple, triples)}) == 63
    for (a, b, c), (_, steps, result) in zip(triples, problems, strict=True):
        assert result == a + b - c > 0
        assert steps == f"{a} + {b} = {a + b}. {a + b} - {c} = {result}."


def test_the_last_number_of_the_first_line_counts(measuring, monkeypatch):
    told = [" 7 + 5 = 12. 12 + 3 = 15", " none\nQ: 3", " The answer is 14.\n\nQ: 9"]
    monkeypatch.setattr(chat, "write", lambda *_, **__: told)
    numbers, answers = measuring["solve"]([("a", "", 1)] * 3, [], True)
    assert numbers == [15, None, 14]
    assert answers == [text.split("\n")[0] for text in told]


def test_the_steps_of_the_shots_can_be_left_out(measuring, monkeypatch):
    given = []

    def write(model, prompts, *_, **__):
        given.extend(prompts)
        return ["1"]

    monkeypatch.setattr(chat, "write", write)
    problems, shots = [("a", "", 1)], [("q", "1 + 2 = 3.", 3)]
    for with_steps in (False, True):
        measuring["solve"](problems, shots, with_steps)
    direct = "Q: q\nA: 3.\n\nQ: a\nA:"
    assert given == [direct, direct.replace("3.", "1 + 2 = 3.")]


def test_gains_are_paired(measuring):
    before, after = [False, True, False, False], [True, True, False, True]
    gains = 100 * np.subtract(after, before, dtype=float)
    test = scipy.stats.ttest_1samp(gains, 0)
    half = 1.96 * gains.mean() / test.statistic
    assert measuring["gain"](before, after) == f"+50 ± {half:.0f} points"
    assert measuring["gain"](before, before) == "+0 ± 0 points"


def test_the_interval_is_wilsons(measuring):
    assert measuring["interval"]([True] * 9 + [False]) == "90% [60%, 98%]"


def test_the_draws_follow_the_softmax(measuring):
    logits = np.log(np.array([0.6, 0.3, 0.1], "float32"))
    choose = measuring["sampled"](0, temperature=1.0)
    counts = np.bincount([choose(logits, []) for _ in range(3000)], minlength=3)
    np.testing.assert_allclose(counts / 3000, [0.6, 0.3, 0.1], atol=0.03)
