"""Re-run lessons at full budget, store their outputs and stamp them.

    python -m course_utils.authoring.execute 03       one lesson
    python -m course_utils.authoring.execute          all lessons
    python -m course_utils.authoring.execute --table  only the table in README.md

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

from course_utils import CourseError
from course_utils.authoring import stamps

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


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
        stamp = {"source_hash": before, "budget": "full"}
        stamp |= usage | _recorded(folder / "metrics")
        versions = {name: metadata.version(name) for name in ["tensorflow", "keras"]}
        versions |= {"numpy": metadata.version("numpy")}
        stamp["versions"] = versions | {"python": platform.python_version()}
        for card in sorted((folder / "artifacts").glob("*/card.json")):
            publish(card.parent)
    first = notebook.cells[0]
    first.source = stamps.NEEDS.sub(stamps.needs(stamp), first.source)
    write(path, canonical(notebook, stamp))
    return stamp


def _run(notebook, path, folder):
    """Runs all cells; returns seconds, CPU-seconds and peak memory."""
    environment = os.environ | {
        "SMOKE_TEST": "",
        "COURSE_METRICS": str(folder / "metrics"),
        "COURSE_ARTIFACTS": str(folder / "artifacts"),
        "COURSE_DATA": str(folder / "own_data"),
    }
    client = NotebookClient(
        notebook,
        timeout=None,
        startup_timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    number, start = 0, time.time()
    try:
        with client.setup_kernel(env=environment), _Usage(client) as usage:
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
    return {
        "seconds": round(time.time() - start),
        "cpu_seconds": round(usage.cpu),
        "peak_memory_mb": round(usage.memory / 1e6),
    }


class _Usage:
    """Context that watches the memory and the processor time of a kernel and of its
    children, of which those that have ended count by their time."""

    def __init__(self, client):
        self.process = psutil.Process(client.km.provisioner.pid)
        self.cpu, self.memory, self.done = 0, 0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self.done.wait(0.1):
            self._look()

    def _look(self):
        try:
            children = self.process.children(recursive=True)
            # A new one shares its parent's memory until it runs a program of its own.
            old = [p for p in children if time.time() - p.create_time() > 1]
            family = [self.process, *old]
            self.memory = max(self.memory, sum(p.memory_info().rss for p in family))
            self.cpu = sum(self.process.cpu_times()[:4])
        except psutil.Error:
            pass  # one has just ended

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()
        self._look()


def _recorded(path):
    """The metrics and the headline that a lesson recorded."""
    metrics, headlines = {}, []
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for entry in map(json.loads, lines):
        if "headline" in entry:
            headlines.append(entry["headline"])
            continue
        name = entry.pop("name")
        if name in metrics:
            raise CourseError(f"the metric {name} is recorded twice: rename one.")
        metrics[name] = {k: v for k, v in entry.items() if v is not None}
    if len(headlines) != 1:
        raise CourseError(
            f"checks.headline was called {len(headlines)} times: call it once."
        )
    return {"headline": headlines[0], "metrics": metrics}


def canonical(notebook, stamp=None):
    """Text of the notebook without anything that differs between equal runs."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.metadata |= {"course": stamp} if stamp else {}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":
            cell.outputs = _canonical_outputs(cell.outputs)
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def _canonical_outputs(outputs):
    """Without what needs a kernel; a stream that came in pieces is one again."""
    kept = []
    for output in filter(None, map(_canonical_output, outputs)):
        if kept and "stream" == output.output_type == kept[-1].output_type:
            if output.name == kept[-1].name:
                kept[-1].text += output.text
                continue
        kept.append(output)
    return kept


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


def publish(folder):
    """Copies a saved model to data/checkpoints, unless the same one is there."""
    target = stamps.CHECKPOINTS / folder.name
    if _content(folder) == _content(target):
        return
    with tempfile.TemporaryDirectory(dir=_made(stamps.CHECKPOINTS)) as beside:
        new = Path(beside, "new")
        shutil.copytree(folder, new, ignore=shutil.ignore_patterns(".*"))
        if target.exists():
            target.rename(Path(beside, "old"))
        new.rename(target)


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _content(folder):
    """What makes a saved model the same: all but the seconds it took."""
    files = {p.name: p.read_bytes() for p in folder.glob("[!.]*") if p.is_file()}
    if "card.json" in files:
        card = json.loads(files["card.json"])
        rest = card.keys() - {"seconds", "checksum"}
        files["card.json"] = {key: card[key] for key in rest}
    return files


def write(path, text):
    """Writes a text as a whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    os.replace(new, path)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m course_utils.authoring.execute")
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
                used = f"{stamp['seconds']} s, {stamp['peak_memory_mb']} MB"
                print(f"{path.name}: {used}", flush=True)
        readme = stamps.NOTEBOOKS.parent / "README.md"
        write(readme, stamps.with_table(readme.read_text(encoding="utf-8")))
    except CourseError as error:
        failed = True
        print(error, file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
