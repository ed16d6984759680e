"""What tests of single lessons share: definitions, shipped models, pictures, data."""

import ast
import subprocess
import tempfile
from contextlib import contextmanager, suppress

from course_utils import DATA_DIR, ROOT, artifacts, pretrained

import keras
import nbformat
import pytest
import tensorflow_datasets as tfds


def notebook(number):
    """Path of a lesson: "03" -> notebooks/03_rnn_text_generation.ipynb."""
    (path,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    return path


def committed(path):
    """The text of a file as it was committed; of one that git does not have, its own.

    A learner may answer the exercises of a notebook and save it as he likes.
    """
    if path.is_relative_to(ROOT):
        name = path.relative_to(ROOT).as_posix()
        with suppress(OSError):
            command = ["git", "show", f"HEAD:{name}"]
            shown = subprocess.run(command, cwd=ROOT, capture_output=True)
            if not shown.returncode:
                return shown.stdout.decode("utf-8")
    return path.read_text(encoding="utf-8")


def definitions(number, only=(), **names):
    """Full-budget parameters, functions and classes of a lesson, by name.

    Nothing else of the lesson runs, so `names` must hold what these need. `only` limits
    the functions and classes.
    """
    names["SMOKE_TEST"] = False
    for cell in nbformat.read(notebook(number), as_version=4).cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "setup" in tags or cell.source[:2] == "%%":
            continue
        if "parameters" in tags:
            exec(cell.source, names)
            continue
        for node in ast.parse(cell.source).body:
            kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
            defined = isinstance(node, kinds)
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


def tiny_smollm2():
    """A causal language model with SmolLM2's tokeniser and a tiny random network."""
    import keras_hub  # few tests need it, and it is slow to import

    keras.utils.set_random_seed(0)
    sizes = dict(num_layers=2, num_query_heads=4, num_key_value_heads=2)
    sizes |= dict(vocabulary_size=49152, hidden_dim=32, intermediate_dim=48)
    backbone = keras_hub.models.Llama3Backbone(**sizes, tie_word_embeddings=True)
    for weight in backbone.weights:
        if "embedding" in weight.path:  # so that the next tokens differ
            weight.assign(keras.random.normal(weight.shape, stddev=0.3, seed=1))
    folder = str(pretrained.smollm2())
    tokenizer = keras_hub.models.Llama3Tokenizer.from_preset(folder)
    preprocessor = keras_hub.models.Llama3CausalLMPreprocessor(tokenizer)
    return keras_hub.models.Llama3CausalLM(backbone, preprocessor)


def fashion(split):
    """Pictures (N, 28, 28, 1) in [-1, 1] and labels (N,) of a split of the data."""
    options = dict(split=split, batch_size=-1, data_dir=DATA_DIR)
    data = tfds.load("fashion_mnist", **options)
    return data["image"].numpy().astype("float32") / 127.5 - 1, data["label"].numpy()


def examples(name, data_dir=DATA_DIR):
    """{split: list of examples} of a data set, texts decoded."""

    def decoded(example):
        pairs = example.items()
        return {k: v.decode() if isinstance(v, bytes) else v for k, v in pairs}

    data = tfds.load(name, data_dir=data_dir)
    return {key: [*map(decoded, tfds.as_numpy(split))] for key, split in data.items()}
