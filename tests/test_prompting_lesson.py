"""Lessons 15 and 15b: prompts, constrained answers, a server, and what is measured."""

import http.server
import json
import threading

from course_utils import DATA_DIR, chat, pretrained

import jinja2
import keras
import keras_hub
import lessons
import numpy as np
import openai
import pytest
import regex


@pytest.fixture(scope="module")
def folder():
    return pretrained.smollm2()


@pytest.fixture(scope="module")
def model(folder):
    """A tiny network with the real tokeniser."""
    keras.utils.set_random_seed(0)
    sizes = dict(num_layers=2, num_query_heads=4, num_key_value_heads=2)
    sizes |= dict(vocabulary_size=49152, hidden_dim=32, intermediate_dim=48)
    backbone = keras_hub.models.Llama3Backbone(**sizes, tie_word_embeddings=True)
    for weight in backbone.weights:
        if "embedding" in weight.path:  # so that the next tokens differ
            weight.assign(keras.random.normal(weight.shape, stddev=0.3, seed=1))
    tokenizer = keras_hub.models.Llama3Tokenizer.from_preset(str(folder))
    preprocessor = keras_hub.models.Llama3CausalLMPreprocessor(tokenizer)
    return keras_hub.models.Llama3CausalLM(backbone, preprocessor)


@pytest.fixture(scope="module")
def lesson(model):
    names = dict(chat=chat, np=np, keras=keras, json=json, regex=regex, http=http)
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


def test_fields_of_answers_that_are_not_valid(lesson):
    lesson["lists"] = dict(name=[], age=[])
    assert lesson["fields"]('{"age": 7, "name": "Ada"}') == ["ada", "7"]
    for text in ("", "Sure!", "7", "[]", '{"name": "Ada"}', '{"name": "Ada", "age": 7'):
        assert lesson["fields"](text) is None, text


def test_the_openai_client_gets_what_is_streamed(lesson):
    told = []

    def stream(prompt, choose):
        told.append(prompt)
        yield from ["Tea ", "für ", "zwei"]

    lesson["stream"] = stream
    server = http.server.HTTPServer(("127.0.0.1", 0), lesson["Handler"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v1"
        client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
        messages = [{"role": "user", "content": "Hi"}]
        options = dict(model="smollm2", temperature=0, stream=True)
        chunks = client.chat.completions.create(messages=messages, **options)
        pieces = [chunk.choices[0].delta.content for chunk in chunks]
    finally:
        server.shutdown()
        server.server_close()
    assert pieces == ["Tea ", "für ", "zwei"]
    assert told == [lesson["chat_prompt"](messages)]


def test_prompt_tasks_are_as_their_card_says():
    text = (DATA_DIR / "prompt_tasks.json").read_text(encoding="utf-8")
    tasks = json.loads(text)
    countries, capitals, _ = zip(*tasks["capitals"], strict=True)
    assert len({*countries}) == len(countries) == 142
    assert len({*capitals}) == 142 and ["Japan", "Tokyo", "AS"] in tasks["capitals"]
    labels = [label for _, label in tasks["words"]]
    assert labels.count("positive") == labels.count("negative") == 75
