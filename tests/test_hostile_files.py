"""What a stranger, a bad disk or a kill may leave in the folder of a saved model."""

import contextlib
import io
import json
import multiprocessing
import os
import pickle
import random
import struct
import sys
import time
import zipfile

from course_utils import CourseError, artifacts, files, portable

import keras
import numpy as np
import pytest
import saves
from keras import layers

try:
    import resource
except ImportError:  # Windows
    resource = None

SHAPES = [(4, 8), (8,), (8, 3), (3,)]
RAN = "COURSE_HOSTILE_CODE_RAN"
CODE = f"import os; os.environ[{RAN!r}] = '1'"


class Trap:
    """An object whose pickle runs code when it is loaded."""

    def __reduce__(self):
        return exec, (CODE,)


def good_parts():
    """Card and arrays of a small model, as `artifacts.save` writes them."""
    start = keras.Input((4,))
    model = keras.Model(start, layers.Dense(3)(layers.Dense(8)(start)))
    artifacts.save("toy", model, description="4 numbers -> 3")
    return artifacts.card("toy"), portable.pack(
        {f"{i:04d}": array for i, array in enumerate(model.get_weights())}
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path / "own"))
    monkeypatch.setattr(artifacts, "DATA_DIR", tmp_path / "data")
    monkeypatch.delenv(RAN, raising=False)
    return files.root() / "toy"


def write(folder, card, data):
    """Both files with right checksums: whoever is hostile can compute them too."""
    digest = artifacts.hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    card = {"weights": f"{digest[:12]}.npz", "sha256": digest} | card
    card["checksum"] = artifacts._checksum(card)
    (folder / f"{digest[:12]}.npz").write_bytes(data)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")


def archive(members, compression=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def npy(shape, dtype="<f4", content=b""):
    """A NumPy file that declares a shape, and holds whatever it is given."""
    header = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header.encode() + content


def layer(card, number=1):
    return card["architecture"]["config"]["layers"][number]


def part(module, class_name, config):
    """A case: the first dense layer becomes something else."""

    def change(card, data):
        layer(card).update(module=module, class_name=class_name, registered_name=None)
        layer(card)["config"] = config
        return card, data

    return change


def option(number=1, **options):
    """A case: options of a layer are changed."""

    def change(card, data):
        layer(card, number)["config"].update(options)
        return card, data

    return change


def weights(make):
    """A case: another file of weights."""
    return lambda card, data: (card, make())


def entry(**changes):
    """A case: other entries of the card."""
    return lambda card, data: (card | changes, data)


def in_place_of_card(text):
    def change(card, data):
        return text, data

    return change


LAMBDA = {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}}
CONFIG_OF = {  # what the ready-made gadgets of published attacks look like
    "system": ("os", "system", {"command": CODE}),
    "unregistered class": ("subprocess", "Popen", {"args": ["true"]}),
    "get_file": ("keras.utils", "get_file", {"fname": "x", "origin": "file:///x"}),
    "unsafe switch": ("keras.config", "enable_unsafe_deserialization", {}),
    "Lambda": ("keras.layers", "Lambda", {"function": LAMBDA}),
    "TFSMLayer": ("keras.layers", "TFSMLayer", {"filepath": "elsewhere"}),
    "TorchModuleWrapper": ("keras.layers", "TorchModuleWrapper", {"module": "x"}),
    "StringLookup": ("keras.layers", "StringLookup", {"vocabulary": "/etc/hosts"}),
    "STFT": ("keras.layers", "STFTSpectrogram", {"fft_length": 2**20}),
    "own class": ("test_hostile_files", "Trap", {}),
}


def call_without_tensor(card, data):
    name = {"module": "keras.src.ops.numpy", "class_name": "Arange", "config": {}}
    node = {"args": [0, 10**11], "kwargs": {}}
    name |= {"name": "a", "registered_name": "Arange", "inbound_nodes": [node]}
    card["architecture"]["config"]["layers"].append(name)
    return card, data


def circle(card, data):
    """The first dense layer waits for the second one, which waits for the first."""
    text = json.dumps(layer(card)["inbound_nodes"])
    config = card["architecture"]["config"]
    old, new = config["layers"][0]["name"], config["layers"][2]["name"]
    layer(card)["inbound_nodes"] = json.loads(text.replace(f'"{old}"', f'"{new}"'))
    return card, data


def states_of(batch_size):
    """A small recurrent model whose states alone would fill the memory."""

    def change(card, data):
        start = keras.Input((2, 4), batch_size=8)
        model = keras.Model(start, layers.GRU(3, stateful=True)(start))
        tree = json.dumps(portable.architecture(model)).replace(
            "[8, 2, 4]", f"[{batch_size}, 2, 4]"
        )
        arrays = {str(i): array for i, array in enumerate(model.get_weights())}
        return card | {"architecture": json.loads(tree)}, portable.pack(arrays)

    return change


def many_layers(card, data):
    one = json.dumps(layer(card, 2)["config"]["dtype"])
    card["architecture"]["config"]["layers"] += [json.loads(one)] * 6000
    return card, data


def deep(card, data):
    return f'{{"architecture": {"[" * 9000 + "]" * 9000}}}', data


def deep_but_readable(card, data):
    tree = card["architecture"]
    for _ in range(300):
        tree = {"module": "keras", "class_name": "Sequential", "config": {"a": tree}}
    return card | {"architecture": tree}, data


def minus_signs():
    return archive({"0.npy": npy("-" * 9000 + "1")})


def many_members():
    buffer = bytearray(archive({"0.npy": b""}))
    start = buffer.index(b"PK\1\2")
    one = bytes(buffer[start : buffer.index(b"PK\5\6")])
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 100_000 * len(one), start, 0)
    return bytes(buffer[:start]) + one * 100_000 + end


ZEROS = bytes(50_000_000)
CASES = {f"class {key}": part(*value) for key, value in CONFIG_OF.items()}
CASES |= {
    "lambda as activation": option(activation=LAMBDA),
    "function as activation": option(
        activation={"module": "os", "class_name": "function", "config": "system"}
    ),
    "units of 8 GB": option(units=2 * 10**9),
    "units of 400 TB": option(units=10**14, build_config=None),
    "units of 4 GB in an initialiser's shadow": option(
        units=10**9, kernel_initializer="glorot_uniform"
    ),
    "input of 40 GB": option(0, batch_shape=[None, 10**10]),
    "ones of 4 GB": part("keras.layers", "BatchNormalization", {"axis": 0}),
    "states of 12 GB": states_of(10**9),
    "call without a tensor": call_without_tensor,
    "layers in a circle": circle,
    "6000 layers": many_layers,
    "9000 levels of JSON": deep,
    "300 levels of layers": deep_but_readable,
    "weights in a parent folder": entry(weights="../../elsewhere/0123456789ab.npz"),
    "weights with an absolute path": entry(weights=os.path.abspath(__file__)),
    "weights that are a number": entry(weights=7),
    "no architecture": entry(architecture=None),
    "architecture of text": entry(architecture="keras.layers.Lambda"),
    "forms of text": entry(forms="abc"),
    "card of 2 MB": entry(description="x" * 2_000_000),
    "card that is a list": in_place_of_card("[1, 2]"),
    "card that is HTML": in_place_of_card("<!DOCTYPE html>"),
    "pickle": weights(lambda: pickle.dumps(Trap())),
    "pickle in an array": weights(
        lambda: archive({"0.npy": npy("(1,)", "|O", pickle.dumps([Trap()]))})
    ),
    "array of texts": weights(lambda: archive({"0.npy": npy("(1,)", "<U1000000000")})),
    "shape of 400 GB": weights(lambda: archive({"0.npy": npy("(100000000000,)")})),
    "shape of -1": weights(
        lambda: archive({"0.npy": npy("(-3, -3)", content=bytes(36))})
    ),
    "zip bomb": weights(
        lambda: archive({"0.npy": npy("(12500000,)", content=ZEROS)}, 8)
    ),
    "zip of 100,000 members": weights(many_members),
    "header of minus signs": weights(minus_signs),
    "zip with a path": weights(lambda: archive({"../../x.npy": npy("(1,)")})),
    "no weights": weights(lambda: archive({})),
    "NaN": weights(
        lambda: portable.pack(
            {str(i): np.full(s, np.nan) for i, s in enumerate(SHAPES)}
        )
    ),
    "HTML as weights": weights(lambda: b"<!DOCTYPE html>" * 100),
    "Keras file as weights": weights(lambda: archive({"config.json": "{}"})),
}


def peak():
    """Most memory that this process has had so far, in MB; 0 where unknown."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3 if resource else 0


def refused(folder, before=None):
    """That the model is refused quickly, without code run, memory taken or a file
    written, by one sentence that names the fix; returns the sentence."""
    listed = sorted(path.name for path in folder.parent.parent.rglob("*"))
    start, memory = time.perf_counter(), peak()
    with pytest.raises(CourseError) as error:
        artifacts.load("toy")
    seconds = time.perf_counter() - start
    text = str(error.value).replace(str(folder), "TOY")
    assert "delete that folder" in text or "install the versions" in text
    assert len(text) <= 300 and "\n" not in text and text.endswith(".")
    assert RAN not in os.environ
    assert sorted(path.name for path in folder.parent.parent.rglob("*")) == listed
    assert peak() - memory < 100
    return text, seconds


@pytest.mark.parametrize("case", CASES)
def test_hostile_models_are_refused(folder, case):
    card, data = CASES[case](*good_parts())
    if isinstance(card, str):
        write(folder, {}, data)
        (folder / "card.json").write_text(card, encoding="utf-8")
    else:
        if not case.startswith("weights "):  # these keep the name that they were given
            card = {k: v for k, v in card.items() if k not in ("weights", "sha256")}
        write(folder, card, data)
    times = [refused(folder)[1] for _ in range(2)]  # the first one may import modules
    assert min(times) < 0.1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no links or pipes here")
@pytest.mark.parametrize("name", ["card.json", "weights"])
@pytest.mark.parametrize("kind", ["link", "pipe", "device"])
def test_links_and_pipes_are_refused(folder, tmp_path, name, kind):
    card, data = good_parts()
    path = folder / (card["weights"] if name == "weights" else name)
    path.rename(tmp_path / "elsewhere")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero" if kind == "device" else tmp_path / "elsewhere")
    text, seconds = refused(folder)
    assert "a link or no ordinary file" in text and seconds < 0.1


def test_a_file_of_a_terabyte_is_refused(folder):
    card, _ = good_parts()
    with contextlib.suppress(OSError), open(folder / card["weights"], "r+b") as file:
        file.truncate(2**40)  # takes no space on the disk
    text, seconds = refused(folder)
    assert seconds < 0.1


def test_good_models_still_load(folder):
    card, data = good_parts()
    write(folder, card, data)
    assert [weight.shape for weight in artifacts.load("toy").weights] == SHAPES
    again = artifacts.load("toy")
    artifacts.save("toy", again, description="saved a second time")
    assert artifacts.card("toy")["architecture"] == card["architecture"]


def test_building_leaves_keras_as_it_was(folder):
    before = keras.layers.Layer.add_weight, keras.layers.RNN.get_initial_state
    good_parts()
    artifacts.load("toy")
    with pytest.raises(portable.Refused):
        portable.build({"class_name": "x"})
    start = keras.Input((4,))
    tree = portable.architecture(keras.Model(start, layers.Dense(2000)(start)))
    with pytest.raises(portable.Refused, match="larger model"):
        portable.build(tree, num_weights=9_999 - portable.SPARE_NUMBERS)
    after = keras.layers.Layer.add_weight, keras.layers.RNN.get_initial_state
    assert after == before


def test_random_damage_is_always_noticed(folder):
    """300 cuts, flips and overwritten stretches of either file."""
    card, _ = good_parts()
    draw = random.Random(0)
    for number in range(300):
        path = folder / ["card.json", card["weights"]][number % 2]
        good = path.read_bytes()
        data = bytearray(good)
        at = draw.randrange(len(data))
        if number % 3 == 0:
            del data[at:]
        elif number % 3 == 1:
            data[at] ^= 1 << draw.randrange(8)
        else:
            data[at : at + 64] = bytes(draw.randrange(256) for _ in data[at : at + 64])
        path.write_bytes(data)
        if bytes(data) != good and not (number % 2 == 0 and same_json(data, good)):
            refused(folder)
        path.write_bytes(good)
    artifacts.load("toy")


def same_json(data, good):
    try:
        return json.loads(data) == json.loads(good)
    except (ValueError, UnicodeDecodeError):
        return False


def test_100_kills_during_a_save_leave_a_whole_model(folder, tmp_path):
    start = keras.Input((saves.SHAPES[0][0],))
    model = keras.Model(start, layers.Dense(saves.SHAPES[0][1])(start))
    fork = "forkserver" if sys.platform == "linux" else "spawn"
    context, draw = multiprocessing.get_context(fork), random.Random(0)
    context.set_forkserver_preload(["course_utils.artifacts"])
    running, seen = tmp_path / "running", []
    arguments = folder.parent.parent, portable.architecture(model), running
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
        seen.append(np.unique(np.concatenate([w.ravel() for w in weights])).tolist())
    assert [0] in seen and [1] in seen and all(values in ([0], [1]) for values in seen)
