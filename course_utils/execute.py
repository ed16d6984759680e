"""Re-run lessons at full budget, store their outputs and stamp them.

    python -m course_utils.execute 03       one lesson
    python -m course_utils.execute          all lessons
    python -m course_utils.execute --table  only rewrite the table in README.md

The stamp (notebook metadata `course`) says which code gave the outputs; a test fails
when the code has changed since.
"""

import argparse
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import textwrap
import threading
import time
from importlib import metadata
from pathlib import Path

from course_utils import CourseError, stamps
from course_utils.files import write_atomic

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

VERSIONS = ["tensorflow", "keras", "numpy"]
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Runs after the last cell and is not stored: processor time and memory of the kernel.
PROBE = """
import json as _json, os as _os
_usage = {"cpu": sum(_os.times()[:4])}
try:
    import resource as _resource, sys as _sys
    _peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss
    _usage["peak"] = _peak * (1 if _sys.platform == "darwin" else 1024)
except ImportError:
    pass
print(_json.dumps(_usage))
"""


def execute(path):
    """Runs a lesson in a fresh kernel, then writes its outputs, stamp and models.

    Raises CourseError when a cell fails; then nothing at all has been written.
    """
    path = Path(path)
    text, before = path.read_bytes(), stamps.source_hash(path)
    notebook = nbformat.reads(text.decode(), as_version=4)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        usage = _run(notebook, path, folder)
        if path.read_bytes() != text or stamps.source_hash(path) != before:
            raise CourseError(
                f"{path.name} or code it uses was edited while it ran: run it again."
            )
        stamp = {
            "source_hash": before,
            "budget": "full",
            **usage,
            "metrics": _read_metrics(folder / "metrics"),
            "versions": {name: metadata.version(name) for name in VERSIONS}
            | {"python": platform.python_version()},
        }
        for card in sorted((folder / "artifacts").glob("*/card.json")):
            publish(card.parent)
    write(notebook, path, stamp)
    return stamp


def _run(notebook, path, folder):
    environment = os.environ | {
        "SMOKE_TEST": "",
        "COURSE_METRICS": str(folder / "metrics"),
        "COURSE_ARTIFACTS": str(folder / "artifacts"),
    }
    client = NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=600,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=True,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    number, start = 0, time.time()
    probe = nbformat.v4.new_code_cell(PROBE)
    notebook.cells.append(probe)
    try:
        with client.setup_kernel(env=environment), _PeakMemory(client) as memory:
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
    except CellExecutionError as error:
        raise CourseError(
            f"{path.name}, cell {number + 1} failed and nothing was written: "
            + textwrap.shorten(ANSI.sub("", f"{error.ename}: {error.evalue}"), 200)
        ) from None
    except DeadKernelError:
        raise CourseError(
            f"{path.name}, cell {number + 1}: the kernel died (out of memory?) and "
            "nothing was written."
        ) from None
    finally:
        notebook.cells.pop()
    usage = json.loads(probe.outputs[0].text)
    return {
        "seconds": round(time.time() - start),
        "cpu_seconds": round(usage["cpu"]),
        "peak_memory_mb": round(max(usage.get("peak", 0), memory.peak) / 1e6),
    }


class _PeakMemory:
    """Context that watches the resident memory of a kernel and its children."""

    def __init__(self, client):
        self.process = psutil.Process(client.km.provisioner.pid)
        self.peak, self.done = 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self.done.wait(0.2):
            total = 0
            try:
                for process in [self.process, *self.process.children(recursive=True)]:
                    total += process.memory_info().rss
            except psutil.Error:
                continue
            self.peak = max(self.peak, total)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


def _read_metrics(path):
    metrics = {}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            name = entry.pop("name")
            if name in metrics:
                raise CourseError(f"the metric {name} is recorded twice: rename one.")
            metrics[name] = {k: v for k, v in entry.items() if v is not None}
    return metrics


def canonical(notebook, stamp=None):
    """Text of the notebook without anything that differs between equal runs."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    } | ({"course": stamp} if stamp else {})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.outputs = [
                output for output in map(_canonical_output, cell.outputs) if output
            ]
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _canonical_output(output):
    if output.output_type == "error":
        # One line: a traceback holds paths of this machine and colour codes.
        message = ANSI.sub("", f"{output.ename}: {output.evalue}")
        output.update(evalue=ANSI.sub("", output.evalue), traceback=[message])
    if "data" in output:
        if "application/vnd.jupyter.widget-view+json" in output.data:
            return None  # needs a running kernel; a picture stands beside it
        output.metadata = {}
    return output


def write(notebook, path, stamp=None):
    """Writes the notebook in canonical form, all or nothing."""
    write_atomic(Path(path), canonical(notebook, stamp).encode())


def publish(folder):
    """Copies a saved model to data/checkpoints, unless the same one is there."""
    target = stamps.CHECKPOINTS / folder.name
    if _content(folder) == _content(target):
        return
    stamps.CHECKPOINTS.mkdir(parents=True, exist_ok=True)
    new, old = (
        stamps.CHECKPOINTS / f".{folder.name}.{kind}" for kind in ["new", "old"]
    )
    for leftover in [new, old]:
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(folder, new, ignore=shutil.ignore_patterns(".*"))
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _content(folder):
    """What makes a saved model the same: all but the seconds it took."""
    content = {}
    for path in filter(Path.is_file, folder.rglob("[!.]*")):
        content[path.relative_to(folder)] = path.read_bytes()
    if card := content.get(Path("card.json")):
        card = {k: v for k, v in json.loads(card).items() if k != "seconds"}
        content[Path("card.json")] = card
    return content


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m course_utils.execute")
    parser.add_argument("lesson", nargs="*", help="such as 03 or 07b; none: all")
    parser.add_argument("--table", action="store_true", help="only rewrite the table")
    options = parser.parse_args(arguments)
    failed = False
    try:
        for path in [] if options.table else stamps.lessons(options.lesson):
            print(f"{path.name}: running", flush=True)
            try:
                stamp = execute(path)
            except CourseError as error:
                failed = True
                print(error, file=sys.stderr, flush=True)
            else:
                print(
                    f"{path.name}: {stamp['seconds']} s, {stamp['peak_memory_mb']} MB",
                    flush=True,
                )
        stamps.write_table()
    except CourseError as error:
        failed = True
        print(error, file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
