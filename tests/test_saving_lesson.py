"""Lesson 08: the table of models and formats, made again and compared."""

import importlib.util
import re
import sys

import course_utils
from course_utils import fresh

import lessons
import nbformat
import pytest

# The cells that the table needs, by their first words.
CELLS = [
    "import hashlib",
    "num_rows",
    "models =",
    "datasets.verify",
    "split =",
    "forger",
]
CELLS += ["inputs =", "graphs =", "def save_", "def build", "def load_", "formats ="]
CELLS += ["wanted ="]
FORMAT = re.compile(r"(\S.*), [\d.]+ s to import .*")
ROW = re.compile(r"  (\w+) +(?:([\d.]+) +[\d.]+ +[\d.]+ +(\S+) +(\S+)|(\w+: .*))")


def cells():
    notebook = nbformat.read(lessons.notebook("08"), as_version=4)
    return [cell for cell in notebook.cells if "outputs" in cell]


def stored_table():
    """{(model, format): (megabytes, difference, relative difference) or an error}."""
    (cell,) = [c for c in cells() if c.source.startswith("options = dict(rows")]
    lines = "".join(output.get("text", "") for output in cell.outputs).splitlines()
    table, format = {}, None
    for line in lines[1:]:
        if match := FORMAT.fullmatch(line):
            format = match[1]
        else:
            name, *numbers, error = ROW.fullmatch(line).groups()
            table[name, format] = error or tuple(map(float, numbers))
    return table


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The lesson's functions as a module: their source is sent to other processes."""
    path = tmp_path_factory.mktemp("lesson") / "lesson_08.py"
    parts = [c.source for c in cells() if c.source.startswith(tuple(CELLS))]
    source = "\n\n".join(["from pathlib import Path", *parts])
    path.write_text(source, encoding="utf-8")
    specification = importlib.util.spec_from_file_location("lesson_08", path)
    module = sys.modules["lesson_08"] = importlib.util.module_from_spec(specification)
    with lessons.shipped_only(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(course_utils, "SMOKE_TEST", False)  # all formats
        specification.loader.exec_module(module)
    yield module
    del sys.modules["lesson_08"]


def test_the_table_can_be_made_again(lesson, tmp_path):
    stored, formats = stored_table(), dict(lesson.formats)
    assert set(stored) == {(m, f) for f in formats for m in lesson.models}
    if importlib.util.find_spec("torch") is None:
        del formats[".pth"]  # a learner may do without; .ci/run has it on Python 3.11
    table = fresh.compare(
        lesson.models,
        lesson.few,
        formats,
        tmp_path,
        {"difference": lesson.difference, "relative": lesson.relative},
        rows=lesson.num_rows,
        helpers=[lesson.build, lesson.load_weights],
    )
    for key, report in table.items():
        if "error" in report:
            assert fresh.short(report["error"]) == stored[key], key
        else:
            megabytes, difference, relative = stored[key]
            assert report["megabytes"] == pytest.approx(megabytes, rel=0.05, abs=0.02)
            assert difference <= 2e-5 and report["difference"] <= 4e-5, key
            assert relative <= 1e-5 and report["relative"] <= 1e-5, key
    # Only the legacy format cannot express all of them, and it holds the weights. The
    # graphs lack an operation that tells 0 from -0, which argmax uses.
    failed = {key for key, report in table.items() if "error" in report}
    graphs = {("fashion_gan_generator", format) for format in ("ONNX", "LiteRT")}
    assert graphs <= failed and {format for _, format in failed - graphs} == {".h5"}
