"""Importing course_utils and then TensorFlow: quick, quiet and honest."""

import os
import subprocess
import sys

import pytest

ABORTS = """
import ctypes
libc = ctypes.PyDLL(None)  # no thread of Python runs meanwhile, as in TensorFlow's own
for line in (b"I0000 a log line", b"F0000 needs AVX", b"W0000 another log line"):
    libc.write(2, line + b"\\n", len(line) + 1)
libc.abort()
"""
KERAS = """
import os, sys, types
keras = sys.modules["keras"] = types.ModuleType("keras")
keras.config = types.SimpleNamespace(backend=lambda: os.environ["BACKEND"])
"""


def run(code, folder, **environment):
    """The finished process of some code, which finds the modules in the folder."""
    environment["COURSE_ARTIFACTS"] = folder / "artifacts"
    environment = os.environ | {k: str(v) for k, v in environment.items()}
    options = dict(capture_output=True, text=True, cwd=folder, env=environment)
    return subprocess.run([sys.executable, "-c", code], **options)


def test_course_utils_imports_nothing_large_and_tensorflow_says_nothing(tmp_path):
    code = (
        "import course_utils, importlib.util, os, sys\n"
        "assert importlib.util.find_spec('tensorflow')\n"
        "print({'numpy', 'keras', 'tensorflow'} & set(sys.modules))\n"
        "import keras, tensorflow as tf\n"
        "print(int(tf.constant(1)), keras.config.backend())\n"
        "print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])\n"
        "os.write(2, b'stderr is back')"
    )
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')  # which is overruled
    done = run(code, tmp_path, KERAS_HOME=tmp_path, KERAS_BACKEND="")
    assert done.stdout == "set()\n1 tensorflow\ntrue\n"
    assert done.stderr == "stderr is back"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_learner_s_own_choice_of_gpu_memory_counts(tmp_path):
    code = "import course_utils, os; print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])"
    done = run(code, tmp_path, TF_FORCE_GPU_ALLOW_GROWTH="false")
    assert done.stdout == "false\n"


def test_an_error_while_tensorflow_is_imported_is_its_own(tmp_path):
    (tmp_path / "tensorflow.py").write_text("import os; os.nowhere")
    done = run("import course_utils, tensorflow", tmp_path)
    assert "AttributeError: module 'os' has no attribute 'nowhere'" in done.stderr
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.name == "nt", reason="imitates the abort by libc")
def test_why_tensorflow_ended_python_is_shown_and_then_raised(tmp_path):
    (tmp_path / "tensorflow.py").write_text(ABORTS)
    for _ in range(2):
        done = run("import course_utils, tensorflow", tmp_path)
        assert done.returncode < 0 and "F0000 needs AVX" in done.stderr
        done = run("import course_utils, tensorflow", tmp_path)
        *_, last = done.stderr.strip().splitlines()
        assert done.returncode == 1 and last.endswith("It was: F0000 needs AVX")
        assert last.startswith("course_utils.CourseError: ") and len(last) < 300


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
def test_stderr_may_be_closed(tmp_path):
    (tmp_path / "tensorflow.py").write_text("answer = 42")
    code = "import course_utils, tensorflow; print(tensorflow.answer)"
    command = f"'{sys.executable}' -c '{code}' 2>&-"
    assert subprocess.check_output(command, shell=True, cwd=tmp_path) == b"42\n"


@pytest.mark.parametrize("name", ["jax", "torch"])
@pytest.mark.parametrize("first", ["", KERAS])
def test_another_backend_is_said_at_once(tmp_path, name, first):
    variables = {"BACKEND": name} if first else {"KERAS_BACKEND": name}
    code = f"{first}import sys; sys.modules['ipykernel'] = sys; import course_utils"
    *_, last = run(code, tmp_path, **variables).stderr.strip().splitlines()
    assert last.startswith(f"course_utils.CourseError: Keras is set to {name}, but the")
    # Saved models load on every backend: whoever does that is told, not stopped.
    done = run(
        f"{first}from course_utils import artifacts; print(1)", tmp_path, **variables
    )
    assert done.stdout == "1\n" and last.split(": ", 1)[1] in done.stderr
