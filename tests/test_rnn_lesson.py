"""Lesson 03: its corpus reader on bad files, and the model that it ships."""

import json
from pathlib import Path

from course_utils import DATA_DIR, CourseError, artifacts, metrics, sampling

import lessons
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

WINDOW = 64


@pytest.fixture(scope="module")
def read_corpus():
    names = dict(CourseError=CourseError, Path=Path, np=np)
    return lessons.definitions("03", ["read_corpus"], **names)["read_corpus"]


def test_a_text_is_cut_into_90_5_and_5_percent(read_corpus, tmp_path):
    text = "Thé quick brown fox. " * 200
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    parts = ["".join(part) for part in read_corpus(tmp_path / "text.txt")]
    assert [len(part) for part in parts] == [3780, 210, 210]
    assert "".join(parts) == text


@pytest.mark.parametrize(
    "content, problem",
    [
        (None, "cannot be read"),
        (b"", "has 0 characters"),
        (b"aaaaaaaa" * 1000, "1 of them different"),
        (b"ab" * WINDOW, "needs at least 1320"),
        ("café ".encode("latin-1") * 1000, "cannot be read"),
    ],
    ids=["missing", "empty", "one character", "short", "latin-1"],
)
def test_a_corpus_that_is_no_use(read_corpus, tmp_path, content, problem):
    path = tmp_path / "text.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CourseError, match=problem) as error:
        read_corpus(path)
    assert "text.txt" in str(error.value)
    assert len(str(error.value).replace(str(tmp_path), "")) <= 250


@pytest.fixture(scope="module")
def shipped():
    with lessons.shipped_only():
        whole = artifacts.load("austen_rnn")
        return whole, artifacts.load("austen_rnn", "step"), artifacts.card("austen_rnn")


@pytest.fixture(scope="module")
def chapters():
    data = tfds.load("jane_austen", data_dir=DATA_DIR, split="validation")
    return [example["text"].numpy().decode() for example in data]


def test_the_shipped_model_maps_ids_to_logits(shipped):
    whole, step, card = shipped
    ids = tf.constant(sampling.encode("It is a truth.", card["vocabulary"])[None])
    logits = np.array(whole(ids))
    assert logits.shape == (1, 14, len(card["vocabulary"]))
    first, *memory = step([ids[:, :5], *sampling.zero_states(step, 1)])
    second, *_ = step([ids[:, 5:], *memory])
    np.testing.assert_allclose(np.hstack([first, second]), logits, atol=1e-4)


def test_the_shipped_model_is_as_good_as_the_lesson_says(shipped, chapters):
    _, step, card = shipped
    ids = sampling.encode("\n\n".join(chapters), card["vocabulary"])
    bits = metrics.bits_per_character(step, ids, WINDOW)
    stamp = json.loads(lessons.notebook("03").read_text("utf-8"))["metadata"]["course"]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    assert abs(bits - recorded) < 0.005  # half precision


def test_the_shipped_model_writes_mostly_known_words(shipped, chapters):
    _, step, card = shipped
    settings = {"temperature": 0.7, "seed": 1}
    text = sampling.generate_text(step, card["vocabulary"], "She was ", 600, **settings)
    words = [word.strip(".,;:!?\"'-") for word in text.lower().split()][:-1]
    known = set(" ".join(chapters).lower().replace("-", " ").split())
    known |= {word.strip(".,;:!?\"'") for word in known}
    assert np.mean([word in known for word in words]) > 0.6
