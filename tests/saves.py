"""A process that saves models until it is killed. It needs no TensorFlow."""

import itertools
import os
from types import SimpleNamespace

from course_utils import artifacts


def save_in_a_loop(folder, architecture, states, running):
    """Saves a model with these states (lists of arrays) in turn, again and again."""
    os.environ["COURSE_ARTIFACTS"] = str(folder)
    artifacts._architecture = lambda model: architecture
    for arrays in itertools.cycle(states):
        model = SimpleNamespace(inputs=(), outputs=(), get_weights=lambda a=arrays: a)
        artifacts.save("toy", model, description="zeros or ones")
        running.touch()
