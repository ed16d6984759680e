"""Lessons 03 and 09 run on texts of the learner's own."""

import os
import subprocess
import sys

from course_utils import ROOT, CourseError, artifacts, datasets

import lessons
import nbformat
import numpy as np
import pytest
import tensorflow_datasets as tfds

LEAST = {"03": 65, "09": 257}  # characters of each split
LATIN = "The quick brown fox jumps over the lazy dog, and then it sleeps. " * 4
SIGNS = "".join(map(chr, 20_000 + np.random.default_rng(0).permutation(3000)))


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "OWN_DATA", tmp_path / "data")
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "artifacts"))


def make(*texts):
    """The data set "my_set" of three texts, one a split, as lesson 01b writes it."""
    kinds = dict(document=tfds.features.Text(), part=np.int32)
    features = tfds.features.FeaturesDict(kinds | {"text": tfds.features.Text()})
    rows = [[(0, dict(document="a", part=1, text=text))] for text in texts]
    examples = dict(zip(("train", "validation", "test"), rows, strict=True))
    store = tfds.dataset_builders.store_as_tfds_dataset
    store("my_set", "1.0.0", features, examples, data_dir=datasets.OWN_DATA)


def cells(number):
    """The code cells of a lesson on "my_set", without set-up and exercises."""
    for cell in nbformat.read(lessons.notebook(number), as_version=4).cells:
        left_out = {"setup", "exercise"} & {*cell.metadata.get("tags", [])}
        if cell.cell_type == "code" and not left_out and ".check(" not in cell.source:
            yield cell.source.replace('dataset = "jane_austen"', 'dataset = "my_set"')


def begin(number, until):
    """Runs a lesson up to the cell that has a text; returns its names."""
    names = {}
    for source in cells(number):
        exec(source.partition("tf.config")[0], names)  # leaves the threads as they are
        if until in source:
            return names


@pytest.mark.parametrize("number, train", [("03", SIGNS), ("09", LATIN[:257])])
def test_it_trains_on_own_texts(number, train, tmp_path):
    make(train, *[train[: LEAST[number]]] * 2)
    script = tmp_path / "lesson.py"
    script.write_text("\n\n".join(cells(number)), encoding="utf-8")
    # In a process of its own, because the lessons choose TensorFlow's threads.
    new = dict(COURSE_DATA=str(datasets.OWN_DATA), PYTHONPATH=str(ROOT), PYTHONUTF8="1")
    new |= dict(MPLBACKEND="agg", PYTHONWARNINGS="error::RuntimeWarning")
    options = dict(env=os.environ | new, encoding="utf-8", capture_output=True)
    process = subprocess.run([sys.executable, script], **options)
    assert process.returncode == 0, process.stderr[-2000:]
    assert "bits per character on unseen text;" in process.stdout
    assert "same logits as before saving: True" in process.stdout
    saved = [path.parent.name for path in artifacts.root().glob("*/card.json")]
    assert saved in (["my_rnn"], ["my_gpt"])  # not the course's


@pytest.mark.parametrize("number, least", LEAST.items())
def test_each_split_needs_just_enough_characters(number, least):
    make(LATIN[:least], LATIN[: least - 1], LATIN[:least])
    with pytest.raises(CourseError, match=f"has {least - 1} .* needs at least {least}"):
        begin(number, "load_text")


def test_too_few_tokens_are_refused_before_any_training():
    animals = " hippopotamus" * 400  # soon one token each
    make(SIGNS + animals, animals[:300], animals[:300])
    with pytest.raises(CourseError, match="my_set has 2. tokens .* needs 65: add"):
        begin("09", "raise CourseError")


def test_counts_of_3000_signs_give_probabilities():
    make(SIGNS, SIGNS[:100], SIGNS[:100])
    names = begin("03", "def ngram_bits")
    contexts = np.tile(names["ids"]["validation"][: names["max_order"]], (3001, 1))
    rows = np.hstack([contexts, np.arange(3001)[:, None]])
    assert names["ngram_probabilities"](rows).sum() == pytest.approx(1)
    assert names["ngram_bits"]("validation") < 1.5  # it has read this
