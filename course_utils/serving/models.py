"""The saved models that can be served: found by their cards, behind one interface each.

A text model has `encode(text)`, `decode(ids)` and `read(ids, positions)`, which reads
ids (slots, T) at positions (slots,) and gives logits (slots, V) after the last id of
each row. It keeps what it has read; position 0 begins a row anew.
"""

import contextlib
import functools

from course_utils import (
    DATA_DIR,
    CourseError,
    artifacts,
    chat,
    decoding,
    pretrained,
    sampling,
    tokenizer,
)

import numpy as np
import tensorflow as tf


class Transformer:
    """Lesson 09's GPT, with a key-value cache.

    A step takes time for each position of its cache, so the cache has one of a few
    lengths (buckets, each compiled once): the shortest that holds the longest row.
    """

    slots, chunk, ends = 16, 1, ()  # rows at once, ids of a row at once, last tokens

    def __init__(self, name):
        self.model, merges = artifacts.load(name), artifacts.card(name)["merges"]
        self.merges, self.bytes = merges, tokenizer.token_bytes(merges)
        self.context = decoding.context_length(self.model)
        self.buckets = [n for n in (64, 128) if n < self.context] + [self.context]
        self.cache = decoding.empty_cache(self.model, self.slots)
        for length in self.buckets:  # to compile them
            last = np.full(self.slots, length - 1, "int32")
            self.read(np.zeros((self.slots, 1), "int32"), last)

    def encode(self, text):
        return tokenizer.encode(text or "\n", self.merges)

    def decode(self, ids):
        return b"".join(self.bytes[id] for id in ids).decode(errors="replace")

    def read(self, ids, positions):
        end = positions.max() + ids.shape[1]
        length = next(n for n in self.buckets if n >= end)
        cache = self.cache[:, :, :, :length]  # (blocks, 2, slots, length, heads, dim)
        if missing := length - cache.shape[3]:
            cache = tf.pad(cache, [(0, 0)] * 3 + [(0, missing)] + [(0, 0)] * 2)
        read, place = decoding.reader(self.model), tf.constant(positions)
        logits, self.cache = read(tf.constant(ids), cache, place)
        return logits[:, -1].numpy()


class Recurrent:
    """The networks of lessons 03 and 03b, which read characters; zeros begin a row."""

    slots, chunk, ends, context = 16, 32, (), float("inf")
    unknown = 0  # the id of a character that is not in the vocabulary

    def __init__(self, name):
        card = artifacts.card(name)
        self.model = artifacts.load(name, "step" if "step" in card["forms"] else None)
        self.vocabulary = card["vocabulary"]
        self.states = sampling.zero_states(self.model, self.slots)
        step = tf.function(sampling.read_on, reduce_retracing=True)
        self.step = functools.partial(step, self.model)
        self.read(np.zeros((self.slots, 1), "int32"), np.zeros(self.slots, "int32"))

    def encode(self, text):
        return sampling.encode_characters(text or "\n", self.vocabulary).tolist()

    def decode(self, ids):
        return sampling.decode_characters(ids, self.vocabulary)

    def read(self, ids, positions):
        old = tf.constant(positions > 0)[:, None]
        states = [tf.where(old, state, tf.zeros_like(state)) for state in self.states]
        logits, self.states = self.step(tf.constant(ids), states)
        return logits[:, -1].numpy()


class Chat:
    """SmolLM2, which reads one row at a time: its cache has one position for all."""

    slots, chunk, context = 1, 32, 1024
    system = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

    def __init__(self, name):
        self.model = pretrained.load_smollm2()
        self.tokenizer = self.model.preprocessor.tokenizer
        self.ends = [
            self.tokenizer.token_to_id("<|im_end|>"),
            self.tokenizer.end_token_id,
        ]
        self.cache = chat.empty_cache(self.model, self.slots, self.context)

    def template(self, messages):
        """The prompt of a conversation; marks in a message lose their meaning."""
        if messages[0]["role"] != "system":
            messages = [{"role": "system", "content": self.system}, *messages]
        turns = [(m["role"], m["content"].replace("<|", "< |")) for m in messages]
        turns = [f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns]
        return "".join(turns) + "<|im_start|>assistant\n"

    def encode(self, text):
        return [int(id) for id in self.tokenizer(text or "\n")]

    def decode(self, ids):
        return self.tokenizer.detokenize(ids) if ids else ""

    def read(self, ids, positions):
        read, place = chat.reader(self.model), tf.constant(positions[0])
        logits, self.cache = read(tf.constant(ids), self.cache, place)
        return logits[:, -1].numpy()


class Image:
    """A decoder or generator: standard normal numbers, perhaps a class -> pictures."""

    slots = 64

    def __init__(self, name):
        self.model, (self.latent_dim, self.classes) = artifacts.load(name), inputs(name)
        self.step = tf.function(self.model, reduce_retracing=True)
        self.draw(np.zeros((1, self.latent_dim), "float32"), [0])

    def draw(self, latents, labels):
        """latents (N, d), labels (N,) -> pictures (N, height, width, C), uint8"""
        latents, labels = tf.constant(latents), tf.constant(labels, "int32")
        pictures = self.step([latents, labels] if self.classes else latents)
        pictures = pictures.numpy()  # in [-1, 1]
        return np.clip(np.round((pictures + 1) * 127.5), 0, 255).astype("uint8")


def inputs(name):
    """The length of an image model's latent, and the names of its classes, if any."""
    card = artifacts.card(name)
    num_inputs, latent = len(card["inputs"]), card["inputs"][0]["shape"]
    return latent[1], card["vocabulary"] if num_inputs > 1 else []


def find():
    """{name: class} of all that can be served; nothing is loaded."""
    folders = [DATA_DIR / "checkpoints", artifacts.root()]
    names = {path.parent.name for f in folders for path in f.glob("*/card.json")}
    found = {}
    for name in sorted(names):
        with contextlib.suppress(CourseError):  # damaged: the others are served
            kind, whole = _kind(artifacts.card(name)), name.removesuffix("_decoder")
            if kind and (whole == name or whole not in names):
                found[name] = kind
    return found | {pretrained.NAME: Chat}


def _kind(card):
    """The class that serves a model of this card; None where none does."""
    if not card["architecture"]:  # an adapter
        return None
    first, *others = [part["shape"] for part in card["inputs"]]
    output, layers = card["outputs"][0]["shape"], str(card["architecture"])
    if first == [None, None] and len(output) == 3:
        if card.get("merges") and "'MultiHeadAttention'" in layers and not others:
            return Transformer
        if output[-1] == len(card["vocabulary"] or []) and (others or card["forms"]):
            return Recurrent
    elif len(first) == 2 and len(output) == 4 and others in ([], [[None]]):
        return Image if card["vocabulary"] or not others else None
