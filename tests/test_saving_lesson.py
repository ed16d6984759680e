"""Lesson 08: every format gives back every model, except those that are known."""

import importlib.util
import sys

import course_utils
from course_utils import fresh

import lessons
import nbformat
import pytest

# The cells that the table needs, by their first words.
CELLS = """import hashlib|num_rows|models =|datasets.verify|split =|forger|inputs =|
graphs =|def save_|def build|def load_|formats =|wanted =""".replace("\n", "").split(
    "|"
)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The lesson's functions as a module: their source is sent to other processes."""
    path = tmp_path_factory.mktemp("lesson") / "lesson_08.py"
    cells = nbformat.read(lessons.notebook("08"), as_version=4).cells
    parts = [c.source for c in cells if c.source.startswith(tuple(CELLS))]
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
    formats = dict(lesson.formats)
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
    assert set(table) == {(m, f) for f in formats for m in lesson.models}
    failed = {key for key, report in table.items() if "error" in report}
    for key in set(table) - failed:
        report = table[key]
        assert report["difference"] <= 4e-5 and report["relative"] <= 1e-5, key
    # Only the legacy format cannot express all of them, and it holds the weights. The
    # graphs lack an operation that tells 0 from -0, which argmax uses.
    graphs = {("fashion_gan_generator", format) for format in ("ONNX", "LiteRT")}
    assert graphs <= failed and {format for _, format in failed - graphs} == {".h5"}
