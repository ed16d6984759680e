"""Imports TensorFlow without the lines that it writes to file descriptor 2."""

import os
import re
import subprocess
import sys
from importlib import machinery
from pathlib import Path

# A process of its own runs this. It is killed when the import is over, so that it comes
# to the end of what TensorFlow writes only if the import ends Python. Then it stores
# that and shows it: a notebook is dead by now and shows nothing.
KEEPER = """
import os, sys
text = sys.stdin.buffer.read()
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
open(sys.argv[1], "wb").write(text)
os.write(2, text)
"""
LOG_LINE = re.compile(r"WARNING: All|[IWE]\d{4} |\d{4}-\S+ \S+ [IWE] ")


class QuietLoader(machinery.SourceFileLoader):
    """Imports TensorFlow quietly.

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
            keeper.kill()
            keeper.communicate()


def _last_words():
    from course_utils import ROOT, CourseError

    folder = Path(os.environ.get("COURSE_ARTIFACTS") or ROOT / "artifacts")
    path = folder.expanduser().absolute() / "last_words.txt"
    if path.exists():
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        path.unlink()
        if words := [line for line in lines if not LOG_LINE.match(line)]:
            raise CourseError(
                "TensorFlow ended Python when it was imported last: mend the reason, "
                f"then try again. It was: {words[-1]:.200}"
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
