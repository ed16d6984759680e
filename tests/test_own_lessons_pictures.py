"""Lessons 04 and 05 run on pictures of the learner's own."""

from course_utils import CourseError, artifacts, datasets

import lessons
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import tensorflow_datasets as tfds


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "OWN_DATA", tmp_path / "data")
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "artifacts"))
    plt.switch_backend("agg")
    yield
    plt.close("all")


def make(shape, num_classes, train=6, test=6):
    """A set "my_set" of noisy bars: one bright row in each, its place the class."""
    random = np.random.default_rng(0)
    splits = {}
    for split, count in [("train", train), ("validation", 1), ("test", test)]:
        splits[split] = []
        for index in range(count):
            image = random.integers(0, 60, shape, dtype="uint8")
            image[2 * (index % num_classes)] += 190
            splits[split].append((index, dict(image=image, label=index % num_classes)))
    label = tfds.features.ClassLabel(names=[f"row {2 * i}" for i in range(num_classes)])
    features = dict(image=tfds.features.Image(shape=shape), label=label)
    tfds.dataset_builders.store_as_tfds_dataset(
        "my_set",
        "1.0.0",
        tfds.features.FeaturesDict(features),
        splits,
        data_dir=datasets.OWN_DATA,
    )


def run(number):
    """Runs the code cells of a lesson on "my_set"; not the setup and the exercises,
    which use no data. Returns the lesson's names."""
    names = {}
    for cell in nbformat.read(lessons.notebook(number), as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or {"setup", "exercise"} & set(tags):
            continue
        if "checks.check(" not in cell.source:
            exec(cell.source, names)
        if "parameters" in tags:
            names["dataset"] = "my_set"
    return names


@pytest.mark.parametrize(
    ("number", "model"), [("04", "my_cgan_generator"), ("05", "my_vae_decoder")]
)
@pytest.mark.parametrize(
    ("shape", "num_classes", "train"),
    [((28, 28, 1), 3, 60), ((32, 32, 3), 1, 6)],
)
def test_lesson_trains_on_own_pictures(number, model, shape, num_classes, train):
    make(shape, num_classes, train)
    run(number)
    card = artifacts.card(model)
    assert card["outputs"][0]["shape"] == [None, *shape]
    saved = [path.parent.name for path in artifacts.root().glob("*/card.json")]
    assert saved and all(name.startswith("my_") for name in saved)  # not the course's


@pytest.mark.parametrize("sizes", [(5, 6), (6, 5)])
@pytest.mark.parametrize("number", ["04", "05"])
def test_a_set_too_small_is_refused_before_any_training(number, sizes):
    make((28, 28, 1), 2, *sizes)
    with pytest.raises(CourseError, match="has 5 pictures for .* needs at least 6"):
        run(number)
