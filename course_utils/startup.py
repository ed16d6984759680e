"""What must happen before Keras and TensorFlow are imported, without importing them."""

import json
import os
import subprocess
import sys
from importlib import machinery
from pathlib import Path

# A process of its own runs this and outlives an import that ends Python. It keeps what
# TensorFlow writes, and shows it unless "\0" comes: the import is over. The last line
# that is not of a log is also stored, as a notebook is dead by now and shows nothing.
KEEPER = r"""
import os, re, sys
text = b""
while not text.endswith(b"\0"):
    more = os.read(0, 9999)
    if not more:
        log = rb"WARNING: All|[IWE]\d{4} |\d{4}-\S+ \S+ [IWE] "
        words = [line for line in text.splitlines() if not re.match(log, line)]
        if words:
            os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
            open(sys.argv[1], "wb").write(words[-1])
        os.write(2, text)
        break
    text += more
"""


def backend_problem():
    """A sentence if Keras is, or will be, on another backend than TensorFlow."""
    name, place = os.environ.get("KERAS_BACKEND"), "KERAS_BACKEND"
    if not name:
        folder = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
        place = os.path.join(folder, "keras.json")
        try:
            name = json.loads(Path(place).read_text(encoding="utf-8"))["backend"]
        except (OSError, ValueError, LookupError, TypeError):  # as Keras reads it
            name = "tensorflow"
    if "keras" in sys.modules:
        name = sys.modules["keras"].config.backend()
    if name != "tensorflow":
        return (
            f"Keras is set to {name} by {place}, but the lessons need TensorFlow: "
            "restart the kernel and run `%env KERAS_BACKEND=tensorflow` first."
        )


class QuietLoader(machinery.SourceFileLoader):
    """Imports TensorFlow without the lines that it writes to file descriptor 2.

    Raises CourseError with the reason if that ended Python the last time.
    """

    def exec_module(self, module):
        path = _last_words()
        try:
            saved = os.dup(2)
            keep = [sys.executable, "-ISc", KEEPER, path]
            options = dict(stdin=subprocess.PIPE, start_new_session=True)
            keeper = subprocess.Popen(keep, **options)
        except OSError:  # closed, or no process can be started: not in silence then
            return super().exec_module(module)
        os.dup2(keeper.stdin.fileno(), 2)
        try:
            super().exec_module(module)
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            keeper.communicate(b"\0")


def _last_words():
    from course_utils import ROOT, CourseError

    folder = Path(os.environ.get("COURSE_ARTIFACTS") or ROOT / "artifacts")
    path = folder.expanduser().absolute() / "last_words.txt"
    if path.exists():
        words = path.read_text(encoding="utf-8", errors="replace")
        path.unlink()
        raise CourseError(
            "TensorFlow ended Python when it was imported last: mend the reason, then "
            f"try again. It was: {words:.200}"
        )
    return path


class QuietTensorFlow:
    """Import hook, for `sys.meta_path`: lets QuietLoader import TensorFlow."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "tensorflow":
            spec = machinery.PathFinder.find_spec(name, path)
            if spec and isinstance(spec.loader, machinery.SourceFileLoader):
                spec.loader = QuietLoader(name, spec.origin)
            return spec
