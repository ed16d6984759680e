import builtins
import errno
import hashlib
import json
import os
import random
import shutil
import time
import warnings

from course_utils import DATA_DIR, CourseError, artifacts, files, portable

import keras
import numpy as np
import pytest
from keras import layers


def small_model(seed=0, units=8):
    keras.utils.set_random_seed(seed)
    start = keras.Input((4,))
    hidden = layers.Dense(units, activation="relu")(start)
    hidden = layers.BatchNormalization()(layers.Dropout(0.1)(hidden))
    return keras.Model(start, layers.Dense(3)(hidden))


def language_model(batch_size=None, length=None, stateful=False):
    ids = keras.Input((length,), batch_size=batch_size, dtype="int32")
    hidden = layers.Embedding(11, 6)(ids)
    hidden = layers.GRU(7, return_sequences=True, stateful=stateful)(hidden)
    return keras.Model(ids, layers.Dense(11)(hidden))


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Own and shipped models in empty folders."""
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "own"))
    monkeypatch.setattr(artifacts, "DATA_DIR", tmp_path / "data")
    return files.root(), tmp_path / "data" / "checkpoints"


def save(model, name="toy", description="4 numbers -> 3 scores", **more):
    artifacts.save(name, model, description=description, **more)


def equal(model, other):
    weights, others = model.get_weights(), other.get_weights()
    return len(weights) == len(others) and all(map(np.array_equal, weights, others))


def fails(match, call, *arguments, **more):
    """The call raises CourseError with one short sentence that matches."""
    with pytest.raises(CourseError, match=match) as error:
        call(*arguments, **more)
    text = str(error.value)
    assert len(text) <= 300 and text.endswith(".") and "\n" not in text
    return text


# Saving and loading


def test_a_model_comes_back_with_its_card(folders):
    model = small_model()
    save(
        model,
        vocabulary=["a", "\n", "é", "😀"],
        metrics={"loss": np.float32(0.5), "per_class": np.arange(3)},
        seconds=12.5,
        lesson="03",
        value_range=(-1, 1),
    )
    loaded, card = artifacts.load("toy"), artifacts.card("toy")
    assert equal(model, loaded)
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    np.testing.assert_array_equal(model(x), loaded(x))
    assert card["vocabulary"] == ["a", "\n", "é", "😀"]
    assert card["metrics"] == {"loss": 0.5, "per_class": [0, 1, 2]}
    assert card["seconds"] == 12.5 and card["lesson"] == "03"
    assert card["value_range"] == [-1, 1]
    assert card["inputs"] == [{"shape": [None, 4], "dtype": "float32"}]
    assert card["outputs"] == [{"shape": [None, 3], "dtype": "float32"}]
    assert card["parameters"] == model.count_params()
    weights = folders[0] / "toy" / card["weights"]
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == card["sha256"]
    assert card["weights"] == f"{card['sha256'][:12]}.npz"


def test_the_same_model_is_the_same_bytes_each_time(folders):
    contents = []
    for _ in range(2):  # Keras names the layers of the second one otherwise
        save(small_model())
        paths = sorted((folders[0] / "toy").iterdir())
        contents.append([(path.name, path.read_bytes()) for path in paths])
        time.sleep(0.01)
    assert len(contents[0]) == 2
    assert contents[0] == contents[1]


def test_names_that_a_person_gave_stay():
    start = keras.Input((4,), name="block_7")
    save(keras.Model(start, layers.Dense(2, name="scores_3")(start)))
    assert [layer.name for layer in artifacts.load("toy").layers] == [
        "block_7",
        "scores_3",
    ]


def test_float16_halves_the_file_and_loads_as_float32(folders):
    model, sizes = small_model(units=300), []
    for dtype in ["float32", "float16"]:
        save(model, dtype, dtype=dtype)
        sizes += [next((folders[0] / dtype).glob("*.npz")).stat().st_size]
    assert sizes[1] < 0.6 * sizes[0]
    assert artifacts.card("float16")["dtype"] == "float16"
    weights = artifacts.load("float16").get_weights()
    for weight, loaded in zip(model.get_weights(), weights, strict=True):
        assert loaded.dtype == "float32"
        np.testing.assert_allclose(loaded, weight, rtol=1e-3, atol=1e-7)


def test_forms_share_the_weights():
    model = language_model()
    step = language_model(batch_size=1, length=1, stateful=True)
    fails("other weights", save, model, forms={"step": step})
    step.set_weights(model.get_weights())
    save(model, forms={"step": step})
    loaded = artifacts.load("toy", form="step")
    assert loaded.input_shape == (1, 1) and equal(model, loaded)
    ids = np.array([[3, 1, 4, 1, 5]])
    steps = [loaded(ids[:, i : i + 1])[:, 0] for i in range(5)]  # carries its state
    np.testing.assert_allclose(np.stack(steps, 1), model(ids), atol=1e-6)
    fails("choose from step", artifacts.load, "toy", form="other")
    assert artifacts.load("toy").input_shape == (None, None)


def every_layer():
    """Models with the kinds of layers that the lessons use."""
    image = keras.Input((8, 8, 3))
    hidden = layers.Rescaling(2.0)(image)
    hidden = layers.Conv2D(8, 3, strides=2, padding="same")(hidden)
    hidden = layers.LeakyReLU(0.2)(layers.GroupNormalization(4)(hidden))
    hidden = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(hidden)
    hidden = layers.SpatialDropout2D(0.1)(layers.UpSampling2D()(hidden))
    hidden = layers.SeparableConv2D(4, 3)(layers.AveragePooling2D(2)(hidden))
    yield keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(hidden)))
    ids = keras.Input((6,), dtype="int32")
    hidden = layers.Embedding(5, 8)(ids)
    attention = layers.MultiHeadAttention(2, 4)(hidden, hidden, use_causal_mask=True)
    hidden = layers.RMSNormalization()(layers.Add()([hidden, attention]))
    hidden = hidden + layers.GroupQueryAttention(4, 2, 1)(hidden, hidden)
    hidden = keras.ops.concatenate([hidden, 2.0 * hidden], axis=-1)[:, -1]
    yield keras.Model(ids, layers.LayerNormalization()(hidden))
    sequence = keras.Input((5, 2))
    hidden = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(sequence)
    yield keras.Model(sequence, layers.TimeDistributed(layers.Dense(2))(hidden))
    code, noisy = keras.Input((2,), name="code"), keras.Input((4,))
    decoder = keras.Sequential([layers.Dense(4), layers.PReLU()])
    yield keras.Model([noisy, code], [small_model()(noisy), decoder(code)])


def test_all_kinds_of_layers_and_older_versions():
    for number, model in enumerate(every_layer()):
        save(model)
        loaded, random = artifacts.load("toy"), np.random.default_rng(number)
        x = [random.integers(0, 2, (3, *i.shape[1:])) for i in model.inputs]
        x = [part.astype(i.dtype) for part, i in zip(x, model.inputs, strict=True)]
        x = x if len(x) > 1 else x[0]
        for a, b in zip(*map(keras.tree.flatten, [model(x), loaded(x)]), strict=True):
            np.testing.assert_array_equal(a, b)
        # What Keras 3.13 does not know: initializers' axes and new options.
        text = json.dumps(artifacts.card("toy")["architecture"])
        assert "keras.initializers" not in text
        assert not any(option in text for option in portable.NEWER_OPTIONS)


def test_only_keras_own_layers():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.net = small_model()

        def call(self, x):
            return self.net(x)

    @keras.saving.register_keras_serializable("course")
    class Doubled(layers.Layer):
        def call(self, x):
            return 2 * x

    start = keras.Input((4,))
    for part in [
        Doubled(),
        layers.Lambda(lambda x: 2 * x),
        layers.Dense(2, activation=lambda x: 2 * x),
    ]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fails("custom part", save, keras.Model(start, part(start)))
    own = Own()
    own(np.zeros((1, 4)))
    fails("custom part Own", save, own)


def test_weights_that_are_not_finite_are_not_saved():
    model = small_model()
    save(model)
    before = artifacts.load("toy")
    bad = small_model()
    bad.weights[0].assign(np.full((4, 8), 1e6))
    fails("infinite or NaN as float16", save, bad, dtype="float16")
    bad.weights[0].assign(np.full((4, 8), np.nan))
    fails("infinite or NaN as float32", save, bad)
    assert equal(artifacts.load("toy"), before)


# Where


def test_the_learners_own_comes_before_the_shipped_one(folders):
    own, shipped = folders
    save(small_model(1))
    shutil.copytree(own / "toy", shipped / "toy")
    save(small_model(2))
    assert equal(artifacts.load("toy"), small_model(2))
    shutil.rmtree(own / "toy")
    assert equal(artifacts.load("toy"), small_model(1))


def test_smoke_runs_keep_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "SMOKE_TEST", True)
    assert files.root() == tmp_path / "own" / "smoke"
    monkeypatch.setattr(files, "SMOKE_TEST", False)
    assert files.root() == tmp_path / "own"
    monkeypatch.delenv("COURSE_ARTIFACTS")
    assert files.root() == files.ROOT / "artifacts"


def test_unknown_and_impossible_names():
    assert "none is saved yet" in fails("no saved model 'toy'", artifacts.load, "toy")
    for name in ["first", "second"]:
        save(small_model(), name)
    assert "first, second" in fails("no saved model 'toy'", artifacts.card, "toy")
    for name in ["", "../toy", "a/b", "a" * 400, "a\nb", "ü"]:
        fails("cannot name a model", artifacts.load, name)
        fails("cannot name a model", save, small_model(), name)


def test_shipped_models_load(monkeypatch):
    monkeypatch.setattr(artifacts, "DATA_DIR", DATA_DIR)
    for path in sorted((DATA_DIR / "checkpoints").glob("*/card.json")):
        assert artifacts.load(path.parent.name).count_params()
        assert sum(p.stat().st_size for p in path.parent.iterdir()) <= 4.2e6


# Damage


@pytest.mark.parametrize("suffix", [".json", ".npz"])
def test_every_cut_and_every_flipped_bit_is_noticed(folders, suffix):
    save(small_model())
    path = next((folders[0] / "toy").glob(f"*{suffix}"))
    good, draw = path.read_bytes(), random.Random(0)
    for _ in range(100):
        data = bytearray(good)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        if suffix == ".npz" or json_differs(data, good):
            fails("was changed|cannot be read", artifacts.load, "toy")
    for length in [0, 1, 100, len(good) // 2, len(good) - 1]:
        path.write_bytes(good[:length])
        if suffix == ".npz" or json_differs(good[:length], good):
            fails("is cut short or was changed: delete", artifacts.load, "toy")
    path.write_bytes(good)
    artifacts.load("toy")


def json_differs(data, good):
    try:
        return json.loads(data) != json.loads(good)
    except ValueError:
        return True


def test_missing_and_wrong_files(folders):
    own, shipped = folders
    save(small_model())
    weights = next((own / "toy").glob("*.npz"))
    shutil.copytree(own / "toy", shipped / "toy")
    weights.unlink()
    fails("npz cannot be read .*: delete that folder", artifacts.load, "toy")
    weights.mkdir()
    fails("npz cannot be read", artifacts.load, "toy")
    for content in [b"<html>", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"null"]:
        (own / "toy" / "card.json").write_bytes(content)
        fails("card.json is cut short or was changed", artifacts.load, "toy")
    shutil.rmtree(own / "toy")
    next((shipped / "toy").glob("*.npz")).write_bytes(b"")
    fails("git checkout -- .*checkpoints/toy", artifacts.load, "toy")


def test_weights_of_another_architecture(folders):
    save(small_model(units=8), "one")
    save(small_model(units=9), "two")
    card, other = artifacts.card("one"), artifacts.card("two")
    card |= {"weights": other["weights"], "sha256": other["sha256"]}
    rewrite(folders[0] / "one", card)
    shutil.copy(folders[0] / "two" / other["weights"], folders[0] / "one")
    fails("weights of another architecture", artifacts.load, "one")


def test_an_architecture_of_another_keras_or_of_custom_parts(folders):
    save(small_model())
    card = artifacts.card("toy")
    part = card["architecture"]["config"]["layers"][1]
    part["config"]["option_of_the_future"] = True
    rewrite(folders[0] / "toy", card)
    fails("saved with Keras .* install", artifacts.load, "toy")
    part |= {"module": "os", "class_name": "system"}
    rewrite(folders[0] / "toy", card)
    fails("refused, as it names os.system: delete", artifacts.load, "toy")


def rewrite(folder, card):
    card["checksum"] = artifacts._checksum(card)
    (folder / "card.json").write_text(json.dumps(card))


# Interrupted and impossible saves


def fault(monkeypatch, module, name, at, error):
    """Makes the call number `at` of a function fail with `error`."""
    whole, calls = getattr(module, name), []

    def broken(*arguments, **more):
        calls.append(arguments)
        if len(calls) == at:
            raise error
        return whole(*arguments, **more)

    monkeypatch.setattr(module, name, broken)
    return calls


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: str(error) or "Ctrl-C",
)
def test_a_save_that_fails_anywhere_leaves_the_old_model(folders, monkeypatch, error):
    old, new = small_model(1), small_model(2)
    save(old)
    failures = 0
    for module, name in [(os, "replace"), (os, "fsync"), (builtins, "open")]:
        for at in [1, 2, 3]:
            with monkeypatch.context() as patch:
                calls = fault(patch, module, name, at, error)
                try:
                    save(new)
                except (CourseError, KeyboardInterrupt) as problem:
                    assert len(str(problem)) <= 300
                    failures += 1
            saved = artifacts.load("toy")
            # Only syncing a folder may fail unnoticed: the files are written by then.
            assert equal(saved, old) or len(calls) < at or name == "fsync"
            assert equal(saved, old) or equal(saved, new)
            assert not list((folders[0] / "toy").glob(".*"))
            save(old)
    assert failures >= 6


def test_a_full_disk_is_noticed_before_anything_is_written(folders, monkeypatch):
    old = small_model(1)
    save(old)
    before = sorted((folders[0] / "toy").iterdir())
    usage = shutil.disk_usage(folders[0])._replace(free=1234)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    text = fails("Not saved, the older file is kept", save, small_model(2, units=5000))
    assert "0.48 MB and 0.00 MB are free" in text and "COURSE_ARTIFACTS" in text
    assert sorted((folders[0] / "toy").iterdir()) == before
    assert equal(artifacts.load("toy"), old)


def test_a_folder_that_cannot_be_written(folders, monkeypatch):
    own, shipped = folders
    save(small_model(1))
    shutil.copytree(own / "toy", shipped / "toy")
    shutil.rmtree(own)
    own.write_text("a file in place of the folder")
    assert "COURSE_ARTIFACTS" in fails("cannot be written", save, small_model(2))
    monkeypatch.setenv("COURSE_ARTIFACTS", str(shipped.parent.parent / "elsewhere"))
    save(small_model(2))
    assert equal(artifacts.load("toy"), small_model(2))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may")
def test_a_read_only_folder(folders):
    save(small_model(1))
    (folders[0] / "toy").chmod(0o500)
    assert "COURSE_ARTIFACTS" in fails("Permission denied", save, small_model(2))
    (folders[0] / "toy").chmod(0o700)
    assert equal(artifacts.load("toy"), small_model(1))


def test_leftovers_are_swept_once_they_are_old(folders):
    save(small_model(1))
    strays = [folders[0] / "toy" / name for name in [".card.json.7.tmp", "0123abc.npz"]]
    for path in strays:
        path.write_bytes(b"from a save that was killed")
    save(small_model(2))
    assert all(path.exists() for path in strays)  # perhaps of a save going on now
    for path in (folders[0] / "toy").iterdir():
        os.utime(path, (0, 0))
    save(small_model(3))
    assert len(list((folders[0] / "toy").iterdir())) == 2
    assert equal(artifacts.load("toy"), small_model(3))
