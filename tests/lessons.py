"""What tests of single lessons share: definitions, shipped models and pictures."""

import ast
import tempfile
from contextlib import contextmanager

from course_utils import DATA_DIR, ROOT, artifacts

import nbformat
import pytest
import tensorflow_datasets as tfds


def notebook(number):
    """Path of a lesson: "03" -> notebooks/03_rnn_text_generation.ipynb."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    return path


def definitions(number, only=(), **names):
    """Full-budget parameters, functions and classes of a lesson, by name.

    Nothing else of the lesson runs, so `names` must hold what these need. `only` limits
    the functions and classes.
    """
    names["SMOKE_TEST"] = False
    for cell in nbformat.read(notebook(number), as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "setup" in tags:
            continue
        if "parameters" in tags:
            exec(cell.source, names)
            continue
        for node in ast.parse(cell.source).body:
            defined = isinstance(node, ast.FunctionDef | ast.ClassDef)
            if defined and (not only or node.name in only):
                exec(ast.get_source_segment(cell.source, node), names)
    return names


@contextmanager
def shipped_only():
    """artifacts.load gives the course's own, whatever a learner or a test has saved."""
    with tempfile.TemporaryDirectory() as empty, pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_ARTIFACTS", empty)
        yield


def shipped(*names):
    """The course's own models of these names, a list."""
    with shipped_only():
        return [artifacts.load(name) for name in names]


def fashion(split):
    """Pictures (N, 28, 28, 1) in [-1, 1] and labels (N,) of a split of the data."""
    options = dict(split=split, batch_size=-1, data_dir=DATA_DIR)
    data = tfds.load("fashion_mnist", **options)
    return data["image"].numpy().astype("float32") / 127.5 - 1, data["label"].numpy()
