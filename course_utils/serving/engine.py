"""A thread for each model, which works on the rows of many requests at once."""

import asyncio
import collections
import contextlib
import logging
import threading

from course_utils.serving import models

import numpy as np


class Row:
    """One continuation or picture; it is worked on until `finish` is set."""

    finish = None  # then "stop", "length", "cancelled" or "error"

    def __init__(self, notify):
        self.notify = notify  # is called when there is something new to send

    def end(self, finish):
        self.finish = self.finish or finish
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            self.notify()


class ImageRow(Row):
    def __init__(self, notify, latent, label):
        super().__init__(notify)
        self.latent, self.label, self.picture = latent, label, None


class TextRow(Row):
    """A continuation: ids to read, then a token at a time; its `text` only grows.

    `text` leaves out what may yet become part of a stop text, or half a character.
    """

    def __init__(self, notify, model, ids, index, body):
        super().__init__(notify)
        self.model, self.index, self.body, self.stops = model, index, body, body.stops()
        self.limit, self.num_logprobs = body.limits()
        self.pending, self.ids, self.position, self.new = ids, [*ids], 0, []
        self.text, self.logprobs, self.num_sent = "", [], (0, 0)
        seed = None if body.seed is None else [body.seed % 2**64, index]
        self.random = np.random.default_rng(seed)

    def take(self, logits):
        """Draw a token from logits (V,)."""
        token = self.draw(logits.astype("float64"))
        if token in self.model.ends:
            return self.show(self.model.decode(self.new), "stop")
        if self.num_logprobs is not None:
            self.logprobs.append(self.rank(logits, token))
        self.new.append(token)
        self.ids.append(token)
        self.pending = [token]
        text = self.model.decode(self.new)
        if cuts := [text.find(stop) for stop in self.stops if stop in text]:
            return self.show(text[: min(cuts)], "stop")
        self.show(text, "length" if len(self.new) == self.limit else None)

    def draw(self, logits):
        if self.body.temperature < 1e-4:
            return int(logits.argmax())
        p = np.exp((logits - logits.max()) / self.body.temperature)
        if self.body.top_p < 1:  # the fewest tokens whose probabilities sum to it
            order = np.argsort(-p)
            before = np.cumsum(p[order]) - p[order]
            p[order[before >= self.body.top_p * p.sum()]] = 0
        total = np.cumsum(p)
        return int(np.searchsorted(total, self.random.random() * total[-1], "right"))

    def rank(self, logits, token):
        """[(text, log probability)] of the drawn token, then of the likeliest ones.

        Those of the model, before temperature and top-p.
        """
        logits = logits - logits.max()
        logits -= np.log(np.exp(logits).sum())
        ids = [token, *np.argsort(-logits)[: self.num_logprobs].tolist()]
        return [(self.model.decode([id]), round(float(logits[id]), 4)) for id in ids]

    def show(self, text, finish):
        if not finish:
            text = text.rstrip("\ufffd")
            starts = [stop[:n] for stop in self.stops for n in range(1, len(stop))]
            held = [len(start) for start in starts if text.endswith(start)]
            text = text[: len(text) - max(held, default=0)]
        self.text = max(self.text, text, key=len)
        if finish:
            self.end(finish)
        elif self.body.stream:
            self.notify()

    def news(self):
        """`finish`, and text and log probabilities since the last call."""
        finish, (begin, first) = self.finish, self.num_sent
        text, logprobs = self.text[begin:], self.logprobs[first:]
        self.num_sent = begin + len(text), first + len(logprobs)
        return finish, text, logprobs


def write(model, rows):
    """One step of text rows: each reads its next ids, and draws where none are left."""
    alive = [(n, row) for n, row in enumerate(rows) if row]
    length = min(model.chunk, *(len(row.pending) for _, row in alive))
    ids = np.zeros((len(rows), length), "int32")
    positions = np.zeros(len(rows), "int32")
    for n, row in alive:
        if row.position + length > model.context:  # read on from its last half
            row.pending, row.position = row.ids[-(model.context // 2) :], 0
        ids[n], positions[n] = row.pending[:length], row.position
        row.pending, row.position = row.pending[length:], row.position + length
    logits = model.read(ids, positions)
    for n, row in alive:
        if not row.pending:
            row.take(logits[n])


def draw(model, rows):
    """All image rows at once."""
    rows = [row for row in rows if row]
    latents = np.array([row.latent for row in rows], "float32")
    pictures = model.draw(latents, [row.label for row in rows])
    for row, row.picture in zip(rows, pictures, strict=True):
        row.end("stop")


class Engine:
    """A model, loaded on its first use, and a thread that works on many rows at once.

    A row that has finished makes room for the next at once (continuous batching, Yu et
    al. 2022). `num_waiting` rows may wait; an empty one of `slots` is None.
    """

    def __init__(self, name, kind, num_waiting):
        self.name, self.kind, self.limit = name, kind, kind.slots + num_waiting
        self.slots, self.waiting = [None] * kind.slots, collections.deque()
        self.model, self.loading, self.closed = None, asyncio.Lock(), False
        self.changed = threading.Condition()  # and the lock of slots and waiting
        is_image = kind is models.Image
        self.step, inputs = (
            (draw, models.inputs(name)) if is_image else (write, (0, []))
        )
        self.latent_dim, self.classes = inputs

    async def load(self):
        async with self.loading:
            if self.model is None:
                self.model = await asyncio.to_thread(self.kind, self.name)
                threading.Thread(target=self.run, daemon=True).start()

    def describe(self):
        """The entry of /v1/models; what the page needs follows OpenAI's keys."""
        entry = dict(id=self.name, object="model", created=0, owned_by="course")
        entry |= dict(kind=self.kind.__name__.lower(), classes=self.classes)
        return entry | dict(latent_dim=self.latent_dim)

    def rows(self):
        with self.changed:
            both = [*self.slots, *self.waiting]
        return [row for row in both if row and not row.finish]

    def submit(self, rows):
        """Take these rows; False if so many cannot wait, and none is taken."""
        with self.changed:
            if len(self.rows()) + len(rows) > self.limit:
                return False
            self.waiting.extend(rows)
            self.changed.notify()
            return True

    def run(self):
        while not self.closed:
            with self.changed:
                alive = set(self.rows())
                self.slots = [row if row in alive else None for row in self.slots]
                self.waiting = collections.deque(r for r in self.waiting if r in alive)
                for n, row in enumerate(self.slots):
                    if not row and self.waiting:
                        self.slots[n] = self.waiting.popleft()
                if not any(self.slots):
                    self.changed.wait(1)
                    continue
            try:
                self.step(self.model, self.slots)
            except Exception:  # these rows are lost, the engine goes on
                logging.getLogger(__name__).exception("A step failed.")
                for row in filter(None, self.slots):
                    row.end("error")

    def close(self):
        """End the thread after its step; what it works on is lost."""
        self.closed = True
        for row in self.rows():
            row.end("error")
