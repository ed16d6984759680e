"""Lessons 14 and 14b: losses of style transfer, a learner's photos, drawn styles."""

import io
import json
from pathlib import Path

import course_utils
from course_utils import callbacks, reading, styles

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from PIL import Image
from sentences import one_sentence


@pytest.fixture(scope="module")
def lesson():
    """The lesson's functions, with three random layers for the pretrained ones."""
    keras.utils.set_random_seed(0)
    pictures = keras.Input((None, None, 3))
    first = layers.Conv2D(6, 3, padding="same", activation="relu")(pictures / 255)
    second = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(first)
    third = layers.Conv2D(8, 3, padding="same", activation="relu")(second)
    maps = [first, second, third]
    names = dict(features=keras.Model(pictures, maps), np=np)
    names |= dict(course_utils=course_utils, reading=reading, keras=keras, ops=ops)
    lesson = lessons.definitions("14", tf=tf, **names)
    lesson["num_steps"] = 40  # for the functions, too
    return lesson


def two(seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (2, 32, 32, 3)).astype("f4")


def test_the_gram_matrix_forgets_places_and_size(lesson):
    maps = np.random.default_rng(1).normal(size=(2, 4, 6, 5)).astype("float32")
    found = lesson["gram"](ops.convert_to_tensor(maps)).numpy()
    for each, matrix in zip(maps.reshape(2, 24, 5), found, strict=True):
        np.testing.assert_allclose(matrix, each.T @ each / 24, atol=1e-5)
    mixed = np.random.default_rng(2).permutation(
        np.tile(maps[0].reshape(24, 5), (4, 1))
    )
    larger = lesson["gram"](ops.convert_to_tensor(mixed.reshape(1, 8, 12, 5)))
    np.testing.assert_allclose(larger.numpy()[0], found[0], atol=1e-5)


def test_losses_by_hand(lesson):
    maps = [lesson["features"](picture[None]) for picture in two()]
    grams = [lesson["gram"](each) for each in maps[1]]
    zero, style = lesson["losses"](maps[0], maps[0], grams)
    content, none = lesson["losses"](maps[1], maps[0], grams)
    assert zero.numpy().tolist() == none.numpy().tolist() == [0] * 3
    for n in range(3):
        a, b = (each[n].numpy() for each in maps)
        assert np.isclose(content[n], ((b - a) ** 2).sum() / (a**2).sum())
        a, b = (lesson["gram"](each[n]).numpy() for each in maps)
        assert np.isclose(style[n], ((b - a) ** 2).sum() / (b**2).sum())


NONE = {"content": [0] * 3, "style": [0] * 3, "variation": 0.0}


def test_total_variation_draws_neighbours_together(lesson):
    noise, _ = two(5)
    weights = NONE | {"variation": 0.02}
    result = lesson["restyle"](noise, noise, start=noise, weights=weights)
    before, after = (abs(np.diff(each, axis=0)).mean() for each in (noise, result))
    assert after < 0.3 * before


def test_a_restyled_picture_is_nearer_to_the_style(lesson):
    photo, look = two(3)
    look, seen = look * np.float32([1, 0.3, 0.1]), []
    weights = {"content": [1, 0, 0], "style": [8] * 3, "variation": 0.02}
    result = lesson["restyle"](photo, look, weights=weights, watch=seen.append)
    assert result.shape == photo.shape and 0 <= result.min() <= result.max() <= 255
    assert len(seen) == 40 and np.array_equal(seen[-1], result)
    start = lesson["recoloured"](photo, look)
    assert abs(seen[0] - start).max() <= 6.01  # one step of the learning rate
    result = lesson["restyle"](photo, look, start=photo, weights=weights)
    grams = [lesson["gram"](maps) for maps in lesson["features"](look[None])]
    maps = [lesson["features"](each[None]) for each in (photo, result)]
    before, after = (lesson["losses"](each, maps[0], grams)[1] for each in maps)
    assert after.numpy().mean() < 0.2 * before.numpy().mean()
    content = NONE | {"content": [1, 0, 0]}
    same = lesson["restyle"](photo, look, start=photo, weights=content)
    assert abs(same - photo).max() < 1e-3


def photo(size=(40, 30), mode="RGB", kind="PNG", **options):
    image, file = Image.new(mode, size, 128), io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


FRAMES = [Image.new("P", (50, 40), n) for n in range(3)]


@pytest.mark.parametrize(
    "data",
    [
        photo((1, 1)),
        photo((10_000, 100)),
        photo((100, 10_000)),
        photo(mode="CMYK", kind="JPEG"),
        photo(mode="L"),
        photo(mode="I;16"),
        photo(mode="RGBA"),
        photo(mode="P", kind="GIF", save_all=True, append_images=FRAMES),
    ],
)
def test_any_photo_becomes_a_square(tmp_path, data):
    (tmp_path / "a.bin").write_bytes(data)
    found = reading.square(str(tmp_path / "a.bin"), 32)
    assert found.shape == (32, 32, 3) and found.dtype == "float32"
    assert 0 <= found.min() <= found.max() <= 255


@pytest.mark.parametrize(
    "data, told",
    [
        (None, "No such file"),
        (b"", "empty"),
        (b"text", "Pillow cannot read it"),
        (photo()[:60], "damaged"),
    ],
)
def test_what_is_no_photo_is_told_in_one_sentence(tmp_path, data, told):
    file = tmp_path / f"{'long' * 30}.png"
    if data is not None:
        file.write_bytes(data)
    with one_sentence(told):
        reading.square(str(file), 32)


def test_another_measure_of_style_takes_the_place_of_the_gram_matrix(lesson):
    photo, look = two(4)
    look = look * np.float32([1, 0.3, 0.1])
    seen = [lesson["recoloured"](photo, look)]
    options = dict(weights=NONE | {"style": [8] * 3}, watch=seen.append)
    lesson["restyle"](photo, look, style_of=lambda maps: maps[:, 3, 3], **options)
    errors = []
    for picture in (seen[0], seen[-1]):
        maps = [each.numpy()[0, 3, 3] for each in lesson["features"](picture[None])]
        wanted = [each.numpy()[0, 3, 3] for each in lesson["features"](look[None])]
        pairs = zip(maps, wanted, strict=True)
        errors.append(sum(((a - b) ** 2).mean() / (b**2).mean() for a, b in pairs))
    assert errors[1] < 0.1 * errors[0]


def test_distances_are_the_losses_of_each_picture(lesson):
    photo, look = two(4)
    found = lesson["distances"](lesson["blends"](photo, look), photo, look)
    assert found.shape == (2, 20) and found[1, -1] == found[1].min()
    start = lesson["recoloured"](photo, look)
    middle = lesson["features"]((start + look)[None] / 2)
    grams = [lesson["gram"](maps) for maps in lesson["features"](look[None])]
    maps = lesson["features"](photo[None])
    content, style = lesson["losses"](middle, maps, grams)
    expected = [content[2], style.numpy().mean()]
    np.testing.assert_allclose(found[:, 10], expected, rtol=1e-3)


def test_the_nearest_blend_has_the_content_loss_of_the_picture(lesson):
    photo, look = two(4)
    start = lesson["recoloured"](photo, look)
    found = lesson["nearest_blend"](0.69 * start + 0.31 * look, photo, look)
    np.testing.assert_allclose(found, 0.7 * start + 0.3 * look, atol=1e-3)


def test_the_snippet_with_vgg_19_runs(lesson, monkeypatch):
    cells = json.loads(lessons.notebook("14").read_text(encoding="utf-8"))["cells"]
    (prose,) = ["".join(c["source"]) for c in cells if "VGG19(" in "".join(c["source"])]
    code = prose.split("```")[1].removeprefix("python")
    code = code.replace("include_top=False", "include_top=False, weights=None")
    monkeypatch.setitem(lesson, "num_steps", 2)
    photo, style = two(3)
    names = dict(keras=keras, photo=photo, style=style, restyle=lesson["restyle"])
    exec(code, names)
    assert names["picture"].shape == photo.shape
    assert np.abs(names["picture"] - lesson["recoloured"](photo, style)).max() > 1


def test_a_recoloured_photo_has_the_colours_of_the_style(lesson):
    photo, look = two(4) / 4 + 100
    found = lesson["recoloured"](photo, 0.5 * look + 20)
    np.testing.assert_allclose(found.mean((0, 1)), 0.5 * look.mean((0, 1)) + 20, 1e-4)
    np.testing.assert_allclose(found.std((0, 1)), 0.5 * look.std((0, 1)), 1e-3)
    plain = lesson["recoloured"](np.full_like(photo, 7), look)  # no deviation
    np.testing.assert_allclose(plain, np.broadcast_to(look.mean((0, 1)), photo.shape))


def test_larger_panes_have_wider_leads():
    dark = [(styles.stained_glass(96, panes=n) < 40).all(-1).mean() for n in (60, 15)]
    assert 0.8 < dark[0] / dark[1] < 1.25


@pytest.mark.parametrize("draw", [styles.brush_strokes, styles.stained_glass])
def test_drawn_styles(draw):
    picture = draw(48)
    assert picture.shape == (48, 48, 3) and picture.dtype == "float32"
    assert 0 <= picture.min() < 60 and 180 < picture.max() <= 255
    assert np.array_equal(picture, draw(48))
    assert not np.array_equal(picture, draw(48, seed=9))


@pytest.fixture(scope="module")
def fast(lesson):
    names = dict(features=lesson["features"], keras=keras, layers=layers, np=np)
    names |= dict(ops=ops, tf=tf, Path=Path)
    names |= dict(course_utils=course_utils, reading=reading)
    names |= dict(Progress=callbacks.Progress, Resume=callbacks.Resume)
    return lessons.definitions("14b", **names)


def test_the_losses_of_14b_are_those_of_14_for_each_picture(lesson, fast):
    photos, pictures = two(5), two(6)
    grams = [fast["gram"](maps) for maps in lesson["features"](two(7)[:1])]
    targets = fast["features"](photos)[2]
    content, style, variation = fast["losses"](tf.constant(pictures), targets, grams)
    for n in range(2):
        one, other = (
            lesson["features"](array[n : n + 1]) for array in (pictures, photos)
        )
        expected = [each.numpy() for each in lesson["losses"](one, other, grams)]
        assert np.isclose(content[n], expected[0][2], rtol=1e-4)
        weighted = fast["style_weight"] * expected[1].mean()
        assert np.isclose(style[n], weighted, rtol=1e-4)
        steps = [np.abs(np.diff(pictures[n], axis=axis)).sum() for axis in (0, 1)]
        weighted = fast["variation_weight"] * sum(steps) / pictures[n].size
        assert np.isclose(variation[n], weighted, rtol=1e-4)
    look = fast["PerceptualLoss"](two(7)[0])
    total = (content + style + variation).numpy().mean()
    assert np.isclose(look(photos, pictures), total, rtol=1e-4)


def test_the_network_keeps_any_size_and_treats_pictures_apart(fast):
    network = fast["build_network"]()
    (noise,) = (x for x in network.layers if isinstance(x, layers.GaussianNoise))
    photos = two(8)[:, :20, :28]
    assert np.any(network(photos).numpy() != network(photos).numpy())
    noise.stddev = 0.0
    both = network(photos).numpy()
    assert both.shape == photos.shape and 0 <= both.min() <= both.max() <= 255
    np.testing.assert_allclose(network(photos[1:]).numpy()[0], both[1], atol=0.05)


def test_crops_are_parts_of_the_photo(fast, monkeypatch):
    monkeypatch.setitem(fast, "crop_size", 16)
    photo = np.tile(np.arange(100, 130, dtype="uint8")[:, None], (20, 1, 3))
    crop = fast["crop"](tf.constant(photo)).numpy()  # of a grey ramp from left to right
    assert crop.shape == (16, 16, 3)
    np.testing.assert_allclose(crop, np.broadcast_to(crop[:1], crop.shape), atol=1e-2)
    slopes = np.diff(crop[0, 2:-2], axis=0)
    np.testing.assert_allclose(slopes, np.full((11, 3), slopes.mean()), atol=0.1)
    assert 0.55 <= abs(slopes.mean()) <= 1.3 * 20 / 16


def test_random_squares_are_parts_of_the_photo(fast):
    keras.utils.set_random_seed(0)
    ramp = np.tile(8 * np.arange(30, dtype="uint8")[:, None], (20, 1, 3))
    found = np.stack([fast["random_square"](tf.constant(ramp), 16) for _ in range(8)])
    assert found.shape == (8, 16, 16, 3) and found.dtype == "float32"
    # Each row is the same: not turned, and not stretched beyond the photo.
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :1], found.shape), 1e-4)
    slopes = np.diff(found[:, 0, 2:-2], axis=1).mean(axis=(1, 2))
    assert np.all(slopes >= 7.9) and np.all(slopes <= 8 * 20 / 16 + 0.1)
    assert slopes.std() > 0.1


def test_optimisation_treats_pictures_apart(fast, monkeypatch):
    look = fast["PerceptualLoss"](two(7)[0])
    monkeypatch.setitem(fast, "strokes_loss", look)
    both = fast["optimise"](two(8), 3)
    assert both.shape == (2, 32, 32, 3)
    assert look(two(8), both) < look(two(8), two(8))
    np.testing.assert_allclose(fast["optimise"](two(8)[1:], 3)[0], both[1], atol=0.05)


def test_a_killed_training_of_14b_resumes(fast, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    monkeypatch.setitem(fast, "steps", 2)
    crops = tf.data.Dataset.from_tensor_slices(two(8)).batch(1).repeat()
    monkeypatch.setitem(fast, "crops", crops)
    look, found = fast["PerceptualLoss"](two(7)[0]), []
    for kill in (False, True):
        keras.utils.set_random_seed(0)
        network = fast["build_network"]()
        if kill:
            killer = keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda n, _: 1 / (n - 1)
            )
            with pytest.raises(ZeroDivisionError):
                fast["train"](network, look, "style", 3, [killer])
            network = fast["build_network"]()  # as in a new kernel
        history = fast["train"](network, look, "style", 3)
        assert len(history["loss"]) == 3
        found.append(history["loss"] + [network.get_weights()[0]])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
