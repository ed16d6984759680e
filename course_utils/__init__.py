"""What the lessons share. Import it first: it keeps TensorFlow's start-up quiet."""

import os
import sys
import warnings
from pathlib import Path

from course_utils import startup

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = ROOT / "data"
SMOKE_TEST = os.environ.get("SMOKE_TEST", "0") not in ("", "0")

# It counts more than a backend in Keras' own file of settings.
os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow takes all memory of a GPU otherwise, and a second lesson finds none.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
# Some GPUs multiply float32 with 10 bits; results should agree with a processor's.
os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")


class CourseError(ValueError):
    """A mistake that has a known fix: one sentence that says what, where and how."""

    def _render_traceback_(self):
        # IPython calls this instead of printing a stack trace.
        return [f"{type(self).__name__}: {self}"]


backend = os.environ["KERAS_BACKEND"]
if "keras" in sys.modules:
    backend = sys.modules["keras"].config.backend()
if backend != "tensorflow":
    problem = (
        f"Keras is set to {backend}, but the lessons need TensorFlow: restart the "
        "kernel and run `%env KERAS_BACKEND=tensorflow` first."
    )
    if "ipykernel" in sys.modules:  # a lesson
        raise CourseError(problem)
    warnings.warn(problem, stacklevel=2)  # saved models load on every backend

if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, startup.QuietTensorFlow)
