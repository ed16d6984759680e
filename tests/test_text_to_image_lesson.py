"""Lesson 12: captions, the loss, the sampler, prompts, and the model that it ships."""

from types import SimpleNamespace

from course_utils import DATA_DIR, artifacts, datasets, plotting

import keras
import lessons
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

PARTS = ["FlowMatching", "guided", "sample", "read", "draw", "tokens_of"]
WORDS = ["woman", "man", "astronaut", "cook", "dark", "skin", "tone"]


@pytest.fixture(scope="module")
def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, np=np, tf=tf, plotting=plotting)
    names = lessons.definitions("12", PARTS, **names)
    length = names["max_words"]
    lookup = layers.TextVectorization(
        output_sequence_length=length, standardize="lower"
    )
    lookup.adapt([" ".join(WORDS)])
    names.update(lookup=lookup, vocabulary=lookup.get_vocabulary(), latent_dim=3)
    names["decoder"] = lambda x: x / 10
    return SimpleNamespace(names=names, **names)


@pytest.mark.parametrize("guidance", [0, 1, 3, -1])
def test_sampling_follows_the_caption_as_far_as_guidance_says(lesson, guidance):
    def denoiser(inputs):  # all data are 1 with a caption, and 0 without
        x, t, tokens = inputs
        target = ops.cast(ops.max(tokens, axis=1, keepdims=True) > 0, "float32")
        return (x - target) / t

    lesson.names["denoiser"] = denoiser
    found = lesson.sample(lesson.tokens_of(["woman", "dark cook"]), guidance)
    np.testing.assert_allclose(found, np.full((2, 3), guidance / 10), atol=1e-5)


@pytest.mark.parametrize("guidance", [float("nan"), float("inf"), -1e30, 51])
def test_guidance_that_is_no_sensible_number_is_told(lesson, guidance):
    with pytest.raises(ValueError, match="guidance is .*: choose a number from -50"):
        lesson.sample(lesson.tokens_of(["woman"]), guidance)


def test_the_compiled_step_is_compiled_once_and_never_stale(lesson):
    cells = nbformat.read(lessons.notebook("12"), as_version=4).cells
    (source,) = [cell.source for cell in cells if "def guided" in cell.source]
    names = dict(lesson.names)
    exec(source, names)  # with its decorator
    start = keras.Input((3,)), keras.Input((1,)), keras.Input((12,), dtype="int32")
    tokens = lesson.tokens_of(["woman", "dark cook"])

    def build(factor):
        total = ops.sum(ops.cast(start[2], "float32"), axis=1, keepdims=True)
        return keras.Model(start, layers.Rescaling(factor)(start[0] * start[1] + total))

    for factor in (0.01, 0.02):  # a model that was built anew
        names["denoiser"] = lesson.names["denoiser"] = build(factor)
        for guidance in (0, 1.0, 2, -3.5):
            found = names["sample"](tokens, guidance)
            np.testing.assert_allclose(
                found, lesson.sample(tokens, guidance), atol=1e-5
            )
    assert names["guided"].experimental_get_tracing_count() == 2


@pytest.mark.parametrize(
    "prompt, known, told",
    [
        ("", "", ""),
        (" \n!!! ... ''", "", ""),
        ("Woman,\n(COOK)!", "woman cook", ""),
        ("a purple cook, a", "cook", "Unknown, left out (2): a purple\n"),
        ("🧑‍🚀 $\\frac$ [UNK]", "", "Unknown, left out (3): $\\frac$ [unk] 🧑‍🚀\n"),
        (
            "cook " * 1000,
            "cook " * 12,
            "Only the first 12 of 1000 known words are read.",
        ),
    ],
)
@pytest.mark.filterwarnings("error::UserWarning")
def test_prompts(lesson, prompt, known, told, capsys):
    assert lesson.read(prompt) == known.strip()
    assert capsys.readouterr().out.strip() == told.strip()
    lesson.names["sample"] = lambda tokens, *_: np.zeros((len(tokens), 8, 8, 3))
    try:
        lesson.draw(prompt)  # its title has no letter that the font lacks
    finally:
        lesson.names["sample"] = lesson.sample


def test_a_thousand_unknown_words_are_told_in_one_line(lesson, capsys):
    assert lesson.read(" ".join(f"word{n}" for n in range(1000))) == ""
    told = capsys.readouterr().out
    assert told.startswith("Unknown, left out (1000): word0 ") and len(told) < 200


def test_unknown_words_count_as_absent(lesson):
    ids = lesson.tokens_of(["purple cook", ""])
    assert np.count_nonzero(ids) == 1 and not np.any(ids == 1)


def test_the_loss_is_the_error_of_the_velocity(lesson):
    flow = lesson.FlowMatching(lambda inputs, training: 0 * inputs[0])
    x = np.full((20_000, 3), 2.0, "float32")
    loss = flow.compute_loss(np.zeros((20_000, 12), "int32"), x, None)
    assert float(loss) == pytest.approx(1 + 4, rel=0.03)  # noise and data

    def knows(inputs, training):  # velocity of data that are all 2
        x_t, t, _ = inputs
        return (x_t - 2) / t

    assert float(lesson.FlowMatching(knows).compute_loss(None, x, None)) < 1e-6


def test_captions_of_the_emoji():
    images, parts = datasets.load_captions("noto_emoji", "holdout")
    assert images.shape == (60, 32, 32, 3) and parts.shape == (60, 3)
    assert -1 <= images.min() < images.max() <= 1
    assert ["person", "cook", "light skin tone"] in parts.tolist()
    train, train_parts = datasets.load_captions("noto_emoji", "train")
    assert len(train) == 1896 and not any(
        row in train_parts.tolist() for row in parts.tolist()
    )
    tones = {tone for _, _, tone in train_parts}
    assert len(tones) == 6 and "yellow skin tone" in tones


def test_the_shipped_model_draws_unseen_combinations(lesson):
    with lessons.shipped_only():
        card = artifacts.card("emoji_text_to_image")
        names = ["emoji_text_to_image", "emoji_text_to_image_decoder"]
        lesson.names["denoiser"], decoder = map(artifacts.load, names)
    folders = [DATA_DIR / "checkpoints" / name for name in names]
    files = [path for folder in folders for path in folder.iterdir()]
    assert sum(path.stat().st_size for path in files) < 10e6
    lesson.names.update(decoder=decoder, latent_dim=decoder.input_shape[1])
    numbers = {word: index for index, word in enumerate(card["vocabulary"])}
    images, parts = datasets.load_captions("noto_emoji", "holdout")
    tokens = np.zeros((60, 12), "int32")
    for row, caption in zip(tokens, parts, strict=True):
        words = " ".join(caption).split()
        row[: len(words)] = [numbers[word] for word in words]
    found = lesson.sample(tokens, 2.0)
    error, other = found - images, np.roll(found, 1, axis=0) - images
    assert np.sqrt(np.mean(error**2)) < 0.15 < np.sqrt(np.mean(other**2))
    for guidance in (-50, -2, 0, 50):
        found = lesson.sample(np.zeros((2, 12), "int32"), guidance)
        assert np.all(np.isfinite(found)) and np.abs(found).max() <= 1
