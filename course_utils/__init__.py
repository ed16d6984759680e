"""What the lessons share. Import it first: it keeps TensorFlow's start-up quiet."""

import importlib.machinery
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = ROOT / "data"
SMOKE_TEST = os.environ.get("SMOKE_TEST", "0") not in ("", "0")

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class CourseError(ValueError):
    """A mistake that has a known fix: one sentence that says what, where and how."""

    def _render_traceback_(self):
        # IPython calls this instead of printing a stack trace.
        return [f"{type(self).__name__}: {self}"]


class _QuietTensorFlow:
    """Import hook, used once: TensorFlow logs to file descriptor 2 while it is
    imported, whatever its log level, and a notebook would store those lines."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "tensorflow":
            return None
        # Others may only ask whether TensorFlow exists: stay until it is imported.
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None:
            execute = spec.loader.exec_module

            def execute_quietly(module):
                if cls in sys.meta_path:
                    sys.meta_path.remove(cls)
                saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 2)
                try:
                    execute(module)
                finally:
                    os.dup2(saved, 2)
                    os.close(saved)
                    os.close(null)

            spec.loader.exec_module = execute_quietly
        return spec


if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _QuietTensorFlow)
