"""Checks: the numbers that a lesson promises, and the verdicts of its exercises."""

import inspect
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import course_utils
from course_utils import CourseError

TIME_LIMIT = 20  # seconds
OUTPUT_LIMIT = 64 * 1024  # bytes


def record(name, value, baseline=None, at_most=None, at_least=None):
    """Prints a metric beside its baseline, and keeps it for the README's table.

    Raises CourseError when the value is NaN or outside [at_least, at_most]; a smoke
    run trains too little for that and only prints.
    """
    numbers = value, baseline, at_most, at_least
    value, baseline, at_most, at_least = map(_number, numbers)
    limits = [
        f"{words} {short(limit)}"
        for words, limit in [("at least", at_least), ("at most", at_most)]
        if limit is not None
    ]
    notes = ([] if baseline is None else [f"baseline {short(baseline)}"]) + limits
    line = f"{name} {short(value)}" + (f" ({', '.join(notes)})" if notes else "")
    smoke = course_utils.SMOKE_TEST
    print(line + (" [smoke run: range not checked]" if smoke else ""))
    inside = (
        not math.isnan(value)
        and (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
    )
    if not inside and not smoke:
        wanted = " and ".join(limits) or "a number"
        raise CourseError(
            f"{name} is {short(value)} and should be {wanted}: restart the kernel "
            "and run all cells in order; if you changed the lesson on purpose, change "
            "the limit in this cell."
        )
    if os.environ.get("COURSE_METRICS"):
        entry = dict(name=name, value=value, baseline=baseline)
        entry |= dict(at_most=at_most, at_least=at_least)
        with open(os.environ["COURSE_METRICS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _number(value):
    if value is None or isinstance(value, int):
        return value
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, int) else float(value)


def short(value):
    """A metric's value as it is shown: four digits."""
    if isinstance(value, int) or not math.isfinite(value):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def check(exercise, answer):
    """Prints the verdict on `answer`, the function that solves e.g. "03.1".

    It runs in a fresh process that knows only the function, `np` and `math`, with
    limits on time, memory and output; it cannot harm the notebook and never raises.
    """
    source = _source(answer)
    if isinstance(source, str):
        output, verdict = judge(exercise, answer.__name__, source)
    else:
        output, verdict = "", " ".join(source)
    if output:
        print(output)
    print(f"Exercise {exercise}: {verdict}")


def _source(answer):
    """Source text of a plain function, or what is wrong with it and a hint."""
    if answer is None:
        return ("not attempted yet.",)
    if not callable(answer):
        return (
            f"the answer is a {type(answer).__name__}, not a function.",
            "Hint: pass the function itself, without calling it.",
        )
    if not inspect.isfunction(answer) or answer.__name__ == "<lambda>":
        return (
            "only a function written with `def` can be checked.",
            "Hint: write `def ...` in the cell above and pass it by its name.",
        )
    try:
        return textwrap.dedent(inspect.getsource(inspect.unwrap(answer)))
    except (OSError, TypeError, ValueError):
        return (
            "the source of the function was not found.",
            "Hint: run the cell that defines it again, without %%time or the like.",
        )


def judge(exercise, name, source):
    """Checks the function `name` of the given source text; see `check`.

    Returns what it printed, cut to 64 KB, and the verdict.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The answer works in one folder; the verdict is written into another one,
        # whose name it is not told.
        work, report = Path(folder, "work"), Path(folder, os.urandom(8).hex())
        work.mkdir()
        job = dict(exercise=exercise, name=name, source=source, report=str(report))
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "course_utils.exercises"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=work,
            env=_environment(work),
            start_new_session=True,
        )
        kept, started = bytearray(), threading.Event()
        reader = threading.Thread(
            target=_read, args=(process, kept, started), daemon=True
        )
        reader.start()
        try:
            with process.stdin as stdin:
                stdin.write(json.dumps(job).encode())
            started.wait(10 * TIME_LIMIT)  # a busy machine takes long to start Python
            process.wait(TIME_LIMIT)
            verdict = None
        except subprocess.TimeoutExpired:
            verdict = (
                f"it was still running after {TIME_LIMIT} seconds. "
                "Hint: look for a loop that never ends, or for work done twice."
            )
        except BrokenPipeError:
            verdict = None
        finally:
            _kill(process)
        reader.join(5)
        if verdict is None:
            try:
                verdict = json.loads(report.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                verdict = (
                    f"it ended the Python process (code {process.returncode}). "
                    "Hint: return a value instead of leaving Python."
                )
    output = bytes(kept[:OUTPUT_LIMIT]).decode("utf-8", "replace").rstrip("\n")
    if len(kept) > OUTPUT_LIMIT:
        output += "\n[the rest of the output is left out]"
    return output, verdict


def _environment(work):
    paths = [str(course_utils.ROOT), *filter(None, sys.path)]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OPENBLAS_NUM_THREADS": "1",  # more threads reserve more memory
        **dict.fromkeys(["HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"], str(work)),
    }


def _read(process, kept, started):
    with process.stdout as stdout:
        stdout.read(1)
        started.set()
        while chunk := stdout.read1():
            kept.extend(chunk[: OUTPUT_LIMIT + 1 - len(kept)])


def _kill(process):
    """Ends the process and, where the system has process groups, its children."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    process.kill()
    process.wait()
