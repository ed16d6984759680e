"""The fresh process that `checks.check` starts: it runs one answer and its checker."""

import ast
import contextlib
import importlib
import json
import math
import os
import sys
import textwrap
import traceback
from pathlib import Path

import numpy as np

MEMORY_LIMIT = 2 * 1024**3  # bytes


class _Verdict(BaseException):
    """Ends the check; not an Exception, so that no checker catches it by mistake."""


def _main():
    job = json.loads(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull, encoding="utf-8")
    lesson, _, number = job["exercise"].partition(".")
    try:
        checkers = importlib.import_module(f"course_utils.exercises.lesson_{lesson}")
        checker = getattr(checkers, f"check_{number}")
        _limit_memory()
        os.write(1, b"\n")  # from here on the time of the answer counts
        verdict = _verdict(checker, job["name"], job["source"])
    except (ModuleNotFoundError, AttributeError):
        verdict = "there is no such exercise. Hint: look at its number in the heading."
    sys.stdout.flush()
    Path(job["report"]).write_text(json.dumps(verdict), encoding="utf-8")
    os._exit(0)  # do not wait for threads of the answer


def _verdict(checker, name, source):
    try:
        checker(_guarded(name, source))
        return "passed."
    except (_Verdict, AssertionError) as verdict:
        return str(verdict)
    except Exception as error:
        return (
            f"the result has an unexpected form ({_describe(error)}). "
            "Hint: compare its type and shape with the docstring."
        )


def _limit_memory():
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    except (ImportError, OSError, ValueError):
        pass  # Windows has no such limit, macOS may refuse it


def _guarded(name, source):
    """The answer as a function that turns every fault of its own into a verdict."""
    namespace = {"__name__": "answer", "np": np, "math": math}
    with _faults():
        exec(compile(source, "<answer>", "exec"), namespace)
    function, calls = namespace[name], []

    def answer(*inputs, **options):
        with _faults():
            result = function(*inputs, **options)
        calls.append(name)
        if result is None and len(calls) == 1 and _is_stub(source):
            raise _Verdict("not attempted yet.")
        if result is None:
            raise _Verdict("it returned None. Hint: end it with `return ...`.")
        return result

    return answer


def _is_stub(source):
    body = ast.parse(source).body[0].body
    rest = [
        node
        for node in body
        if not isinstance(node, ast.Pass)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and ast.unparse(node) not in ("return None", "return")
    ]
    return not rest or "# your code here" in source


@contextlib.contextmanager
def _faults():
    """Turns what the answer raises into a verdict with a hint."""
    try:
        yield
    except UnboundLocalError as error:
        raise _raised(error) from None
    except NameError as error:
        raise _Verdict(
            f"it uses `{error.name}`, which it does not define. Hint: the check sees "
            "only this function, `np` and `math`; define or import the rest inside it."
        ) from None
    except MemoryError:
        raise _Verdict(
            f"it needs more than {MEMORY_LIMIT // 1024**3} GB of memory. "
            "Hint: look for an array or list that grows too large."
        ) from None
    except BaseException as error:
        raise _raised(error) from None


def _raised(error):
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == "<answer>"]
    where = f" in its line {lines[-1]}" if lines else ""
    return _Verdict(
        f"it raised {_describe(error)}{where}. "
        "Hint: call it yourself in a cell, with a small input."
    )


def _describe(error):
    return f"{type(error).__name__}: {textwrap.shorten(str(error), 150)}".rstrip(": ")


if __name__ == "__main__":
    _main()
