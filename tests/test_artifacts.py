"""Saved models: what comes back, and what a stranger, a bad disk or a kill may do."""

import builtins
import errno
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import sys
import time

from course_utils import DATA_DIR, artifacts

import keras
import numpy as np
import pytest
import safetensors.numpy
import saves
from keras import layers
from sentences import one_sentence

CODE = "import os; os.environ['COURSE_HOSTILE_CODE_RAN'] = '1'"


def small_model(seed=0, units=8, batch_size=None):
    keras.utils.set_random_seed(seed)
    start = keras.Input((4,), batch_size)
    hidden = layers.Dense(units, activation="relu")(start)
    hidden = layers.BatchNormalization()(layers.Dropout(0.1)(hidden))
    return keras.Model(start, layers.Dense(3)(hidden))


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Own and shipped models in empty folders."""
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "own"))
    monkeypatch.setattr(artifacts, "DATA_DIR", tmp_path / "data")
    return artifacts.root(), tmp_path / "data" / "checkpoints"


@pytest.fixture
def toy(folders):
    """Folder of a model that is saved: small_model(1)."""
    save(small_model(1))
    return folders[0] / "toy"


def save(model, name="toy", **more):
    artifacts.save(name, model, description="4 numbers -> 3 scores", **more)


def is_saved(model, form=None):
    saved = artifacts.load("toy", form).get_weights()
    return all(map(np.array_equal, saved, model.get_weights()))


def fails(match, call, *arguments, **more):
    with one_sentence(match):
        call(*arguments, **more)


def test_a_model_comes_back_with_its_card(toy):
    model, metrics = small_model(), {"loss": np.float32(0.5), "classes": np.arange(3)}
    letters = ["a", "\n", "é", "😀"]
    save(model, vocabulary=letters, metrics=metrics, seconds=12.5, range=(-1, 1))
    card, x = artifacts.card("toy"), np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_array_equal(model(x), artifacts.load("toy")(x))
    assert card["vocabulary"] == letters and card["seconds"] == 12.5
    assert card["metrics"] == {"loss": 0.5, "classes": [0, 1, 2]}
    assert card["range"] == [-1, 1] and card["parameters"] == model.count_params()
    assert card["inputs"] == [{"shape": [None, 4], "dtype": "float32"}]
    assert card["outputs"] == [{"shape": [None, 3], "dtype": "float32"}]
    assert card["versions"] == {"keras": keras.__version__, "numpy": np.__version__}
    weights = (toy / card["weights"]).read_bytes()
    assert hashlib.sha256(weights).hexdigest() == card["sha256"]
    assert card["weights"] == f"{card['sha256'][:12]}.safetensors"
    lines = (toy / "card.json").read_text().splitlines()
    assert [line[1:].split('"')[0] for line in lines[1:-1]] == list(card)


def test_the_same_model_is_the_same_bytes_and_names_that_a_person_gave_stay(folders):
    names, contents = ["block_7", "scores_3", "dense_9999-2", "café"], []
    for _ in range(2):  # Keras names the layers of the second one otherwise
        hidden = start = keras.Input((4,), name=names[0])
        for name in [*names[1:], "dense_9999", "softmax_x", None]:
            layer = layers.Dense(2, kernel_initializer="ones", name=name)
            hidden = layers.Softmax()(layer(hidden))
        save(keras.Model(start, hidden))
        found = [layer.name for layer in artifacts.load("toy").layers]
        assert found[::2][:3] == ["block_7", "softmax", "softmax_1"]
        assert found[1::2] == [*names[1:], "dense", "softmax_x", "dense_1"]
        paths = sorted((folders[0] / "toy").iterdir())
        contents.append([(path.name, path.read_bytes()) for path in paths])
    assert len(contents[0]) == 2 and contents[0] == contents[1]


def test_float16_halves_the_file_and_loads_as_float32(toy):
    model = small_model(units=300)
    save(model, dtype="float16")
    card, weights = artifacts.card("toy"), artifacts.load("toy").get_weights()
    assert (toy / card["weights"]).stat().st_size < 2.4 * card["parameters"]
    for weight, loaded in zip(model.get_weights(), weights, strict=True):
        assert loaded.dtype == "float32"
        np.testing.assert_allclose(loaded, weight, rtol=1e-3, atol=1e-7)


def test_forms_share_the_weights():
    model, single = small_model(1), small_model(2, batch_size=1)
    fails("set_weights", save, model, forms={"single": single})
    single.set_weights(model.get_weights())
    save(model, forms={"single": single})
    assert is_saved(model) and is_saved(model, "single")
    assert artifacts.load("toy").input_shape == (None, 4)
    assert artifacts.load("toy", form="single").input_shape == (1, 4)
    fails("no form other, only .*single", artifacts.load, "toy", form="other")


def other_layers():
    """A model of layers that the shipped models do not have, nested and compiled."""
    image, ids = keras.Input((8, 8, 3)), keras.Input((6,), dtype="int32", name="ids")
    parts = [layers.Rescaling(2.0), layers.SeparableConv2D(4, 3), layers.PReLU()]
    parts += [layers.AveragePooling2D(2), layers.SpatialDropout2D(0.1)]
    inner = keras.Sequential([*parts, layers.Flatten(), layers.Dense(2)])
    inner.compile("adam", "mse")
    hidden = layers.Embedding(5, 8)(ids)
    hidden = hidden + layers.GroupQueryAttention(4, 2, 1)(hidden, hidden)
    hidden = layers.MultiHeadAttention(2, 4)(hidden, hidden, use_causal_mask=True)
    hidden = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(hidden)
    hidden = layers.TimeDistributed(layers.Dense(2))(layers.RMSNormalization()(hidden))
    hidden = keras.ops.concatenate([hidden, 2.0 * hidden], axis=-1)[:, -1]
    return keras.Model([image, ids], [inner(image), small_model()(hidden)])


def test_shipped_models_and_all_kinds_of_layers(folders):
    models = [other_layers()]
    for path in shutil.copytree(DATA_DIR / "checkpoints", folders[1]).iterdir():
        if not artifacts.card(path.name)["architecture"]:
            continue  # arrays: see below
        forms = [None, *artifacts.card(path.name)["forms"]]
        models += [artifacts.load(path.name, form) for form in forms]
    for model in models:
        save(model)
        shapes = [[3, *(size or 8 for size in i.shape[1:])] for i in model.inputs]
        x = [np.ones(s, i.dtype) for s, i in zip(shapes, model.inputs, strict=True)]
        x = x if len(x) > 1 else x[0]
        pair, noise = (model, artifacts.load("toy")), []
        for each in pair:  # noise that is always on is silenced, to compare the rest
            found = [n for n in each.layers if isinstance(n, layers.GaussianNoise)]
            always = bool(found) and np.any(each(x) != each(x))
            noise.append((always, [(layer.name, layer.stddev) for layer in found]))
            for layer in found:
                layer.stddev = 0
        assert noise[0] == noise[1]
        outputs = [keras.tree.flatten(each(x)) for each in pair]
        for a, b in zip(*outputs, strict=True):
            np.testing.assert_array_equal(a, b)
        # What Keras 3.13 does not know: initializers' axes and new options.
        text = json.dumps(artifacts.card("toy")["architecture"])
        assert "keras.initializers" not in text and "keras.optimizers" not in text
        assert not any(option in text for option in artifacts.NEWER_OPTIONS)


def test_arrays_alone_are_saved_and_loaded(folders):
    rng = np.random.default_rng(0)
    adapter = {"a/lora_a": rng.normal(size=(5, 2)), "a/lora_b": rng.normal(size=(2, 3))}
    adapter = {name: array.astype("float32") for name, array in adapter.items()}
    save(adapter)
    loaded = artifacts.load_arrays("toy")
    assert {*loaded} == {*adapter} and artifacts.card("toy")["parameters"] == 16
    for name, array in adapter.items():
        np.testing.assert_array_equal(loaded[name], array)
    fails("toy cannot be loaded", artifacts.load, "toy")
    save(adapter, dtype="float16")
    assert {array.dtype.name for array in artifacts.load_arrays("toy").values()} == {
        "float16"
    }
    assert adapter["a/lora_a"].dtype == "float32"  # the given ones stay as they are
    bad = adapter | {"a/lora_b": np.full((2, 3), np.nan, "float32")}
    fails("infinite or NaN as float32", save, bad)
    weights = next((folders[0] / "toy").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1])
    fails("cannot be loaded .*: delete that", artifacts.load_arrays, "toy")


@pytest.mark.filterwarnings("ignore")
def test_what_cannot_be_saved_leaves_the_old_model(toy):
    class Own(keras.Model):
        def __init__(self, size=4):
            super().__init__()
            self.net = layers.Dense(3)

        def call(self, x):
            return self.net(x)

    start, bad = keras.Input((4,)), small_model()
    parts = [Own(), layers.Lambda(lambda x: 2 * x), layers.Dense(2, lambda x: 2 * x)]
    parts += [layers.Normalization()]  # Keras would not use the weights set again
    models = [keras.Model(start, part(start)) for part in parts]
    for model in [*models, Own(object())]:
        model(np.zeros((1, 4)))
        fails("Not saved .+: save functional models of Keras' own", save, model)
    bad.weights[0].assign(np.full((4, 8), 1e6))
    fails("infinite or NaN as float16", save, bad, dtype="float16")
    bad.weights[0].assign(np.full((4, 8), np.nan))
    fails("infinite or NaN as float32", save, bad, forms={"step": bad})
    assert is_saved(small_model(1))


def test_where_the_learners_files_are(monkeypatch, tmp_path):
    for variable in ["HOME", "USERPROFILE"]:
        monkeypatch.setenv(variable, str(tmp_path))
    places = {"~": tmp_path, "~/a b/é": tmp_path / "a b" / "é"}
    for text, smoke in itertools.product(places, [True, False]):
        monkeypatch.setenv("COURSE_ARTIFACTS", text)
        monkeypatch.setattr(artifacts, "SMOKE_TEST", smoke)
        artifacts.write_atomic(artifacts.root() / "x", b"1")
        assert (places[text] / ("smoke/x" if smoke else "x")).read_bytes() == b"1"
    monkeypatch.delenv("COURSE_ARTIFACTS")
    assert artifacts.shown(artifacts.root() / "x") == "artifacts/x"
    assert artifacts.shown(tmp_path) == tmp_path.as_posix()[-100:]


def test_unknown_and_impossible_names():
    for name in ["first", "second"]:
        save(small_model(), name)
    fails("'toy': run .* from .'first', 'second'.", artifacts.card, "toy")
    for name in ["", "../toy", "a/b", "a" * 400, "a\nb", "ü", "\0"]:
        fails("no saved model", artifacts.load, name)
        fails("a name has", save, small_model(), name)


def test_300_cuts_flips_and_overwritten_stretches_are_all_refused(folders):
    shutil.copytree(DATA_DIR / "checkpoints", folders[0])
    save(small_model(), seconds=123.456)
    paths, draw = sorted(folders[0].glob("*/*.*")), random.Random(0)
    names = [folder.name for folder in folders[0].iterdir()]
    loads = {True: artifacts.load, False: artifacts.load_arrays}
    loads = {name: loads[bool(artifacts.card(name)["architecture"])] for name in names}
    assert len(paths) >= 18
    for number in range(300):
        path = paths[number % len(paths)]
        good = path.read_bytes()
        at, bit = draw.randrange(len(good)), 1 << draw.randrange(8)
        flip, noise = bytes([good[at] ^ bit]), draw.randbytes(64)
        cases = [b"", flip + good[at + 1 :], noise + good[at + 64 :]]
        path.write_bytes(good[:at] + cases[number // len(paths) % 3])
        name = path.parent.name
        fails("cannot be loaded .*: delete that", loads[name], name)
        path.write_bytes(good)
    assert all(load(name) for name, load in loads.items())


def test_missing_and_wrong_files(folders, toy):
    card, weights = toy / "card.json", next(toy.glob("*.safetensors"))
    card.write_bytes(card.read_bytes().replace(b"\n", b"\r\n"))  # as git on Windows
    assert is_saved(small_model(1))
    shutil.copytree(toy, folders[1] / "toy")
    weights.unlink()
    fails("safetensors is missing.*: delete that folder", artifacts.load, "toy")
    weights.mkdir()
    fails("no ordinary file.*: delete that folder", artifacts.load, "toy")
    deep = [b"[" * 100_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000]
    for content in [b"<html>", b"[]", b"{}", b"\xff\xfe", b"null", b"", *deep]:
        card.write_bytes(content)
        fails("cannot be loaded .*: delete that folder", artifacts.load, "toy")
    save(small_model(2))
    assert is_saved(small_model(2))
    card.unlink()  # as by a kill before there is one: the course's own is taken
    assert is_saved(small_model(1))
    (folders[1] / "toy" / weights.name).write_bytes(b"")
    fails("cut short .*: run `git checkout -- .*/toy` or", artifacts.load, "toy")


def refused(toy, card, match=""):
    """The saved model is refused although its checksum is right, and runs no code."""
    (toy / "card.json").write_bytes(artifacts._text(card))
    listed = sorted(toy.parent.parent.rglob("*"))
    fails(f"cannot be loaded .*{match}.*: delete that", artifacts.load, "toy")
    assert sorted(toy.parent.parent.rglob("*")) == listed
    assert "COURSE_HOSTILE_CODE_RAN" not in os.environ


# What published attacks name, a function in place of a layer, and a stranger's class.
ATTACKS = """os.system os.function subprocess.Popen builtins.exec Own.Trap .__lambda__
    keras.utils.get_file keras.config.enable_unsafe_deserialization keras.layers.Lambda
    keras.layers.TFSMLayer keras.layers.TorchModuleWrapper keras.layers.StringLookup
    keras.layers.Dense.Lambda keras.layers.DenseLambda"""


@pytest.mark.parametrize("attack", ATTACKS.split())
def test_code_is_refused(toy, attack):
    module, _, name = attack.rpartition(".")
    part = {"module": module or None, "class_name": name, "config": {"command": CODE}}
    text, part = json.dumps(artifacts.card("toy")), json.dumps(part)
    for old, new in [('"relu"', part), ('"units": 8', f'"units": 8, "a": [{part}]')]:
        card = json.loads(text.replace(old, new))
        refused(toy, card, f"{name} is no layer of Keras that only computes")
        fails("is no layer of Keras", artifacts.build, card["architecture"])


def test_impossible_cards_and_weights_are_refused(toy):
    card, tree = artifacts.card("toy"), artifacts.card("toy")["architecture"]
    future = json.dumps(card).replace('"units"', '"future": 1, "units"')
    refused(toy, json.loads(future), "passed to Dense: {'future'")
    for _ in range(300):
        tree = {"module": "keras", "class_name": "Sequential", "config": {"a": tree}}
    wrong = [{"architecture": a} for a in [tree, None, "keras.layers.Lambda", {}, []]]
    wrong += [{"forms": "abc"}, {"sha256": "../../elsewh"}, {"sha256": 7}]
    for changes in [*wrong, {"sha256": ""}, {"forms": None}]:
        refused(toy, card | changes)
    for key in ["architecture", "forms", "sha256"]:
        refused(toy, {k: v for k, v in card.items() if k != key})
    files = [f'cbuiltins\nexec\n(S"{CODE}"\ntR.'.encode(), b"<html>" * 9]  # a pickle
    for dtype, length in [("F32", 10**11), ("BF16", 32), ("C64", 8), ("F32", 16)]:
        entry = {"dtype": dtype, "shape": [length], "data_offsets": [0, 64]}
        text = json.dumps({"0000": entry}).encode()
        files += [len(text).to_bytes(8, "little") + text + bytes(64)]
    shapes = [weight.shape for weight in small_model().get_weights()]
    nan, large = (
        [np.full(s, np.nan) for s in shapes],
        [np.ones((2, *s)) for s in shapes],
    )
    for arrays in [[], nan[1:], large, nan]:
        files += [safetensors.numpy.save({f"{i:04d}": a for i, a in enumerate(arrays)})]
    for data in files:
        digest = hashlib.sha256(data).hexdigest()
        (toy / f"{digest[:12]}.safetensors").write_bytes(data)
        refused(toy, card | {"sha256": digest})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no links or pipes here")
@pytest.mark.parametrize("pattern", ["card.json", "*.safetensors"])
@pytest.mark.parametrize("target", ["elsewhere", "nowhere", "/dev/zero", None])
def test_links_and_pipes_are_refused(toy, tmp_path, pattern, target):
    path = next(toy.glob(pattern))
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / target) if target else os.mkfifo(path)
    fails("a link or no ordinary file.*: delete", artifacts.load, "toy")


def fault(monkeypatch, name, at, error):
    """Makes those calls of a function fail with `error` whose numbers are in `at`."""
    module = builtins if name == "open" else os
    whole, numbers = getattr(module, name), iter(range(1, 1000))

    def broken(*arguments, **more):
        if next(numbers) in at:
            raise error
        return whole(*arguments, **more)

    monkeypatch.setattr(module, name, broken)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.mark.parametrize("name", ["replace", "fsync", "open"])
@pytest.mark.parametrize("code", "ENOSPC EDQUOT EIO EROFS EACCES EINVAL".split())
def test_a_save_that_fails_anywhere_leaves_the_old_model(toy, monkeypatch, name, code):
    error, new = OSError(getattr(errno, code), code), small_model(2)
    fix = "make room" if code in ("ENOSPC", "EDQUOT") else "allow it"
    for at in [1, 2]:  # the weights, the card
        with monkeypatch.context() as patch:
            fault(patch, name, range(at, 99), error)
            if name == "fsync" and code in ("EROFS", "EACCES", "EINVAL"):
                save(small_model(1))  # where it is refused, it is not needed
            else:
                fails(rf"\({code}\): {fix}.*COURSE_ARTIFACTS", save, new)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            fault(patch, name, [at], KeyboardInterrupt())
            save(new)
        assert is_saved(small_model(1)) and not list(toy.glob(".*"))


def test_what_looks_like_a_full_or_locked_disk_for_a_moment(toy, monkeypatch):
    usage = shutil.disk_usage(toy)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    error = PermissionError(errno.EACCES, "The file is in use")
    with monkeypatch.context() as patch:
        fault(patch, "replace", [1, 2, 4], error)
        save(small_model(2))
    fault(monkeypatch, "replace", range(99), error)
    fails(r"\(The file is in use\).*close what has it open", save, small_model(3))
    assert is_saved(small_model(2))


@pytest.mark.parametrize("kind", ["a file in its place", "read-only"])
def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch, kind):
    place = tmp_path / "own"
    place.mkdir(0o500) if kind == "read-only" else place.write_text("not a folder")
    if kind == "read-only" and os.access(place, os.W_OK):
        pytest.skip("this user may write anywhere")
    write = artifacts.write_atomic, artifacts.root() / "x", b""
    for call in [(save, small_model()), write]:
        fails("Not saved, nothing .* cannot be written .*COURSE_ARTIFACTS", *call)
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "elsewhere"))
    save(small_model(2))
    assert is_saved(small_model(2))


def test_leftovers_are_swept_once_they_are_old(toy):
    strays = [toy / ".card.json.7.tmp", toy / "0123abc.safetensors"]
    for path in strays:
        path.write_bytes(b"from a save that was killed")
    save(small_model(2))
    assert all(path.exists() for path in strays)  # perhaps of a save going on now
    for path in toy.iterdir():
        os.utime(path, (0, 0))
    save(small_model(3))
    assert len(list(toy.iterdir())) == 2 and is_saved(small_model(3))


def test_100_kills_during_a_save_leave_a_whole_model(folders, tmp_path):
    start = keras.Input((4,))
    model = keras.Model(start, layers.Dense(20_000)(start))
    states = [[np.full_like(w, v) for w in model.get_weights()] for v in (0, 1)]
    fork = "forkserver" if sys.platform == "linux" else "spawn"
    context, draw = multiprocessing.get_context(fork), random.Random(0)
    context.set_forkserver_preload(["course_utils.artifacts"])
    running, seen = tmp_path / "running", []
    arguments = folders[0].parent, artifacts._architecture(model), states, running
    for _ in range(100):
        process = context.Process(target=saves.save_in_a_loop, args=arguments)
        process.start()
        while process.is_alive() and not running.exists():
            time.sleep(0.002)
        process.join(draw.uniform(0, 0.03))
        assert process.is_alive()
        process.kill()
        process.join()
        running.unlink()
        weights = artifacts.load("toy").get_weights()
        seen.append({float(value) for w in weights for value in np.unique(w)})
    assert {0} in seen and {1} in seen and all(values in ({0}, {1}) for values in seen)
