"""Lessons 03, 03b, 06, 09, 09d run on texts, 04 to 05b, 11, 11b and 12 on
pictures, 13 and 13b on music of the learner's own."""

import math
import os
import re
import shutil
import subprocess
import sys

from course_utils import DATA_DIR, ROOT, CourseError, artifacts, datasets

import keras
import lessons
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import tensorflow_datasets as tfds
from keras import layers

LEAST = {"03": 65, "03b": 65, "06": 65, "09": 257, "09d": 1000}  # characters of a split
LATIN = "The quick brown fox jumps over the lazy dog, and then it sleeps. " * 16
SIGNS = "".join(map(chr, 20_000 + np.random.default_rng(0).permutation(3000)))


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "OWN_DATA", tmp_path / "data")
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "artifacts"))
    plt.switch_backend("agg")
    yield
    plt.close("all")


def store(features, splits):
    """The data set "my_set" of {split: list of examples}, as lesson 01b writes it."""
    splits = {split: [*enumerate(examples)] for split, examples in splits.items()}
    features, folder = tfds.features.FeaturesDict(features), datasets.OWN_DATA
    write = tfds.dataset_builders.store_as_tfds_dataset
    write("my_set", "1.0.0", features, splits, data_dir=folder)


def make_texts(*texts):
    """Three texts, one a split."""
    kinds = dict(document=tfds.features.Text(), part=np.int32)
    rows = [[dict(document="a", part=1, text=text)] for text in texts]
    examples = dict(zip(("train", "validation", "test"), rows, strict=True))
    store(kinds | {"text": tfds.features.Text()}, examples)


def make_pictures(shape, num_classes, train=6, test=6):
    """Noisy bars: one bright row in each, its place the class."""
    rng, splits = np.random.default_rng(0), {}
    for split, count in [("train", train), ("validation", 1), ("test", test)]:
        splits[split] = []
        for index in range(count):
            image = rng.integers(0, 60, shape, dtype="uint8")
            image[2 * (index % num_classes)] += 190
            name = f"row {2 * (index % num_classes)}/bright bar {index}.png"
            example = dict(file=name, image=image, label=index % num_classes)
            splits[split].append(example)
    label = tfds.features.ClassLabel(names=[f"row {2 * i}" for i in range(num_classes)])
    features = dict(file=tfds.features.Text(), label=label)
    store(features | dict(image=tfds.features.Image(shape=shape)), splits)


def make_music(*lengths):
    """Three pieces of so many steps, one a split, as of MIDI files: no key, two voices,
    in a time that no chorale has."""
    features = tfds.builder("bach_chorales", data_dir=DATA_DIR).info.features
    rng, splits = np.random.default_rng(0), {}
    for split, length in zip(("train", "validation", "test"), lengths, strict=True):
        notes = rng.integers(1, 127, (length // 2 + 1, 4)) * [1, 1, 0, 0]
        empty = dict.fromkeys(["name", "title", "key"], split) | dict(
            pickup=0, family=0
        )
        empty |= dict(time_signature="5/8", fermatas=np.zeros(length, bool))
        pitches = np.repeat(notes, 2, axis=0)[:length].astype("uint8")
        holds = (np.arange(length) % 2 == 1)[:, None] & (pitches > 0)
        splits[split] = [empty | dict(pitches=pitches, holds=holds)]
    store({**features}, splits)


def cells(number):
    """The code cells of a lesson on "my_set", without set-up and exercises."""
    for cell in nbformat.read(lessons.notebook(number), as_version=4).cells:
        tags = {*cell.metadata.get("tags", [])}
        left_out = {"setup", "exercise"} & tags or ".check(" in cell.source
        if cell.cell_type == "code" and not left_out:
            own = '\ndataset = "my_set"' if "parameters" in tags else ""
            yield without_magic(cell.source) + own


def without_magic(source):
    """A cell that %%writefile writes to a file, as Python."""
    magic, _, text = source.partition("\n")
    if not magic.startswith("%%writefile"):
        return source
    *options, name = magic.split()[1:]
    mode = "a" if options == ["-a"] else "w"
    return f"with open({name!r}, {mode!r}) as file:\n    file.write({text + chr(10)!r})"


def begin(number, until=None):
    """Runs a lesson, or up to the cell that has a text; returns its names."""
    names = {}
    for source in cells(number):
        exec(source.partition("tf.config")[0], names)  # leaves the threads as they are
        if until and until in source:
            break
    return names


@pytest.mark.parametrize(
    "number, train, saved",
    [
        ("03", SIGNS, {"my_gru"}),
        ("03b", SIGNS, {"my_gru", "my_gru_ngrams"}),
        ("09", LATIN[:257], {"my_transformer"}),
        ("09d", LATIN[:1000], {"my_transformer_fast"}),
    ],
)
def test_it_trains_on_own_texts(number, train, saved, tmp_path):
    make_texts(train, *[train[: LEAST[number]]] * 2)
    script = tmp_path / "lesson.py"
    # Each in a process of its own, because the lessons choose TensorFlow's threads.
    for lesson in ["03", "03b"] if number == "03b" else [number]:
        script.write_text("\n\n".join(cells(lesson)), encoding="utf-8")
        told = run(script)
    assert "bits per character on unseen text;" in told
    largest = re.search(r"largest difference[^:]*: (\S+)", told)  # half precision
    same = re.search("same logits.*: True", told)
    assert float(largest[1]) < 0.1 if largest else same
    # Nothing of the course's is replaced.
    assert {path.parent.name for path in artifacts.root().glob("*/card.json")} == saved


def test_lesson_06_tunes_on_own_texts(tmp_path):
    make_texts(SIGNS, SIGNS[:65], SIGNS[:65])
    script = tmp_path / "lesson.py"
    script.write_text("\n\n".join(cells("06")), encoding="utf-8")
    told = run(script)
    assert "bits per character on unseen text with tuned settings" in told


def run(script):
    new = dict(COURSE_DATA=str(datasets.OWN_DATA), PYTHONPATH=str(ROOT), PYTHONUTF8="1")
    new |= dict(MPLBACKEND="agg", PYTHONWARNINGS="error::RuntimeWarning")
    options = dict(env=os.environ | new, encoding="utf-8", capture_output=True)
    process = subprocess.run([sys.executable, script], **options)
    assert process.returncode == 0, process.stderr[-2000:]
    return process.stdout


def test_lesson_13_composes_after_own_music(tmp_path):
    make_music(200, 65, 65)
    script = tmp_path / "lesson.py"
    script.write_text("\n\n".join(cells("13")), encoding="utf-8")
    told = run(script)
    assert "nats per sixteenth on unseen tunes" in told
    assert (artifacts.root() / "my_chorale.mid").is_file()


def test_lesson_13b_harmonises_after_own_music(tmp_path):
    make_music(200, 65, 65)
    script = tmp_path / "lesson.py"
    script.write_text("\n\n".join(cells("13b")), encoding="utf-8")
    assert "parallel fifths or octaves" in run(script)
    assert (artifacts.root() / "my_harmony" / "card.json").is_file()


def test_lesson_13_needs_longer_music():
    make_music(200, 64, 65)
    with pytest.raises(CourseError, match="has 64 sixteenth notes for validation"):
        begin("13", "datasets.load_music(dataset, name")


@pytest.mark.parametrize("number, least", LEAST.items())
def test_each_split_needs_just_enough_characters(number, least):
    make_texts(LATIN[:least], LATIN[: least - 1], LATIN[:least])
    needs = f"has {least - 1} .* needs at least {least:,}"
    with pytest.raises(CourseError, match=needs):
        begin(number, "load_text(dataset, s")


def test_lesson_09_takes_a_set_of_few_tokens():
    animals = " hippopotamus" * 400  # soon one token each
    make_texts(SIGNS + animals, animals[:300], animals[:300])
    assert begin("09", "starts = ")["context_length"] == 23


@pytest.mark.parametrize(
    ("number", "model"),
    [
        ("04", "my_dcgan_conditional"),
        ("04b", "my_gan_conditional_ema"),
        ("05", "my_conv_vae_decoder"),
        ("11", "my_pixel_flow"),
        ("11b", "my_diffusion_decoder"),
        ("12", "my_text_to_image_decoder"),
    ],
)
@pytest.mark.parametrize(
    ("shape", "num_classes", "train"),
    [((28, 28, 1), 3, 60), ((32, 32, 3), 1, 6)],
)
def test_lesson_trains_on_own_pictures(number, model, shape, num_classes, train):
    make_pictures(shape, num_classes, train)
    begin(number)
    card = artifacts.card(model)
    assert card["outputs"][0]["shape"] == [None, *shape]
    saved = [path.parent.name for path in artifacts.root().glob("*/card.json")]
    assert saved and all(name.startswith("my_") for name in saved)  # not the course's


@pytest.mark.parametrize("sizes", [(5, 6), (6, 5)])
@pytest.mark.parametrize("number", ["04", "04b", "05", "11", "11b", "12"])
def test_a_set_too_small_is_refused_before_any_training(number, sizes):
    make_pictures((28, 28, 1), 2, *sizes)
    with pytest.raises(CourseError, match="has 5 pictures for .* needs at least 6"):
        begin(number)


@pytest.mark.parametrize(
    ("shape", "num_classes", "train"), [((28, 28, 1), 3, 60), ((32, 32, 3), 1, 6)]
)
def test_lesson_05b_takes_the_vae_of_own_pictures(shape, num_classes, train):
    make_pictures(shape, num_classes, train)
    with pytest.raises(CourseError, match="no saved model 'my_conv_vae_enc"):
        begin("05b")
    for name, size in [("my_conv_vae_encoder", shape), ("my_conv_vae_decoder", (4,))]:
        start = x = keras.Input(size)
        if name == "my_conv_vae_encoder":
            x = layers.Flatten()(x)
            model = keras.Model(start, [layers.Dense(4)(x), layers.Dense(4)(x)])
        else:
            x = layers.Dense(math.prod(shape), activation="tanh")(x)
            model = keras.Model(start, layers.Reshape(shape)(x))
        artifacts.save(name, model, description="a small VAE, not trained")
    begin("05b")
    assert artifacts.card("my_vae_flow_decoder")["outputs"][0]["shape"] == [
        None,
        *shape,
    ]
    shutil.rmtree(datasets.OWN_DATA)
    make_pictures((20, 20, 1), 1)
    with pytest.raises(CourseError, match="of another set: run lesson 05 on my_set"):
        begin("05b")
