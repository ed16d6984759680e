"""Judges an answer to an exercise, in a fresh process with limits.

A checker, check_N of notebooks/exercises/NN_topic.py, calls `answer(...)` on several
inputs and asserts what must hold, with messages "what does not. Hint: what to do.".
"""

import ast
import contextlib
import importlib
import inspect
import math
import os
import re
import runpy
import signal
import sys
import tempfile
import textwrap
import threading
import traceback
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen, TimeoutExpired

from course_utils import ROOT

import numpy as np

EXERCISES = ROOT / "notebooks" / "exercises"
TIME_LIMIT = 20  # seconds
OUTPUT_LIMIT = 64 * 1024  # bytes
MEMORY_LIMIT = 4 * 1024**3  # bytes of address space: TensorFlow alone takes over 2


class Verdict(BaseException):
    """Ends a check; no Exception, so that no checker catches it by mistake."""


def close(actual, expected, within=1e-6):
    """Whether both are arrays of numbers, of the same shape and nearly equal."""
    with contextlib.suppress(TypeError, ValueError):
        a, b = np.asarray(actual, float), np.asarray(expected, float)
        return a.shape == b.shape and np.allclose(a, b, within, within, equal_nan=True)
    return False


def source_of(answer):
    """Source text of a function of the learner; raises Verdict for anything else."""
    if answer is None:
        raise Verdict("not attempted yet.")
    if not inspect.isfunction(answer) or answer.__name__ == "<lambda>":
        kind = getattr(answer, "__name__", type(answer).__name__)
        told = f"only a function written with `def` can be checked, not {kind}. "
        raise Verdict(told + "Hint: pass the function by its name, without calling it.")
    with contextlib.suppress(Exception):
        source = textwrap.dedent(inspect.getsource(answer))
        # Python 3.13 gives the text of `python -c` for whatever `exec` defines.
        if ast.parse(source).body[0].name == answer.__name__:
            return source
    told = "the source of the function was not found. Hint: run the cell that defines "
    raise Verdict(told + "it again, without %%time or the like.")


def run(exercise, source):
    """Output of and verdict on a function, from its source text, in a fresh process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "job").write_text(f"{exercise}\n{source}", encoding="utf-8")
        process, kept = _start(folder), bytearray()
        reader = threading.Thread(target=_keep, args=(process, kept), daemon=True)
        try:
            process.stdout.read(1)  # a busy machine takes long to start Python
            reader.start()
            code = process.wait(TIME_LIMIT)
            verdict = f"it ended Python (code {code}). Hint: does it exit, or recur?"
        except TimeoutExpired:
            verdict = f"it took over {TIME_LIMIT} seconds. Hint: does a loop never end?"
        finally:
            with contextlib.suppress(AttributeError, OSError):  # not on Windows
                os.killpg(process.pid, signal.SIGKILL)  # its children, too
            process.kill()
            process.wait()
        reader.join(5)
        with contextlib.suppress(OSError):
            verdict = Path(folder, "verdict").read_text(encoding="utf-8")
    output = bytes(kept[:OUTPUT_LIMIT]).decode("utf-8", "replace").rstrip("\n")
    cut = "\n[the rest of the output is left out]" if len(kept) > OUTPUT_LIMIT else ""
    return output + cut, verdict


def _start(folder):
    env = dict.fromkeys(["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"], folder)
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    env |= dict(PYTHONUTF8="1", PYTHONOPTIMIZE="", OPENBLAS_NUM_THREADS="1")
    options = dict(cwd=folder, env=os.environ | env, start_new_session=True)
    options |= dict(stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)
    code = "from course_utils import judge; judge.main()"
    return Popen([sys.executable, "-W", "ignore", "-c", code], **options)


def _keep(process, kept):
    with process.stdout as stdout:
        while chunk := stdout.read1():
            kept.extend(chunk[: OUTPUT_LIMIT + 1 - len(kept)])


def main():
    """What the fresh process does: it writes the verdict into its folder."""
    exercise, source = Path("job").read_text(encoding="utf-8").split("\n", 1)
    checker, report = checker_of(exercise), Path("verdict").absolute()
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows, macOS
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    words = [source, *checker.__code__.co_names] if checker else []
    if re.search(r"\b(keras|tensorflow)\b", " ".join(words)):
        with contextlib.suppress(Exception):  # an answer is told when it imports
            importlib.import_module("keras")
    os.write(1, b"\n")  # from here on the time of the answer counts
    unknown = "there is no such exercise. Hint: look at its number in the heading."
    verdict = verdict_on(source, checker) if checker else unknown
    sys.stdout.flush()
    report.write_text(verdict, "utf-8", "backslashreplace")
    os._exit(0)  # do not wait for threads of the answer


def checker_of(exercise):
    """The checker of e.g. "03.1", or None if there is no such exercise."""
    lesson, _, number = exercise.partition(".")
    for path in EXERCISES.glob("*.py"):
        if path.name.partition("_")[0] == lesson:
            return runpy.run_path(str(path)).get(f"check_{number}")


def verdict_on(source, checker):
    """Verdict on the function that a source text defines, in this very process."""
    try:
        checker(_guarded(source))
        return "passed."
    except (Verdict, AssertionError) as verdict:
        return str(verdict)
    except Exception as error:
        told = f"the result has an unexpected form ({_describe(error)}). "
        return told + "Hint: compare its type and shape with the docstring."


def _guarded(source):
    """The function, with every fault of its own turned into a Verdict."""
    namespace = {"__name__": "answer", "np": np, "math": math}
    with _faults():
        exec(compile(source, "<answer>", "exec"), namespace)
    definition = ast.parse(source).body[0]
    parts = {type(part) for node in definition.body for part in ast.walk(node)}
    told = "it returned None. Hint: end it with `return ...`."
    if parts <= {ast.Pass, ast.Return, ast.Expr, ast.Constant}:
        told = "not attempted yet."

    def answer(*inputs, **options):
        with _faults():
            result = namespace[definition.name](*inputs, **options)
        if result is None:
            raise Verdict(told)
        return result

    return answer


@contextlib.contextmanager
def _faults():
    try:
        yield
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == "<answer>"]
        where = f" in its line {lines[-1]}" if lines else ""
        told = f"it raised {_describe(error)}{where}. "
        told += "Hint: call it yourself in a cell, with a small input."
        if isinstance(error, MemoryError):
            told = f"it needs more than {MEMORY_LIMIT // 1024**3} GB of memory. "
            told += "Hint: look for an array or list that grows too large."
        elif type(error) is NameError:
            told = f"it uses `{error.name}`, which it does not define. Hint: define or "
            told += "import it inside: only this function, `np` and `math` are seen."
        raise Verdict(told) from None


def _describe(error):
    return f"{type(error).__name__}: {textwrap.shorten(str(error), 150)}".rstrip(": ")
