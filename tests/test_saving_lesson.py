"""Lesson 08: the table of models and formats, made again and compared."""

import importlib.util
import os
import re
import sys

from course_utils import ROOT, fresh

import nbformat
import pytest

NOTEBOOK = ROOT / "notebooks" / "08_saving_models.ipynb"
# The cells that the table needs, by their first words.
CELLS = [
    "import hashlib",
    "num_rows",
    "models =",
    "artifacts.verify",
    "data =",
    "classes",
]
CELLS += ["def save_", "def export", "def build", "def load_", "formats =", "def diff"]
ROW = re.compile(r"(\w+) +(\S+) +(?:([\d.]+) MB .* ms  (\S+)|(\w+(Error|Exception).*))")


def cells():
    return [c for c in nbformat.read(NOTEBOOK, as_version=4).cells if "outputs" in c]


def stored_table():
    """{(model, format): (megabytes, difference) or None} of the committed notebook."""
    (cell,) = [c for c in cells() if c.source.startswith("def difference")]
    lines = "".join(output.get("text", "") for output in cell.outputs).splitlines()
    rows = [match for match in map(ROW.match, lines) if match]
    return {
        (row[1], row[2]): None if row[5] else (float(row[3]), float(row[4]))
        for row in rows
    }


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The lesson's functions as a module: their source is sent to other processes."""
    path = tmp_path_factory.mktemp("lesson") / "lesson_08.py"
    parts = [c.source for c in cells() if c.source.startswith(tuple(CELLS))]
    source = "\n\n".join(parts).partition("options = dict(rows=")[0]
    path.write_text("from pathlib import Path\n" + source, encoding="utf-8")
    specification = importlib.util.spec_from_file_location("lesson_08", path)
    module = sys.modules["lesson_08"] = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:  # the course's own models
        patch.setenv("COURSE_ARTIFACTS", str(path.parent / "empty"))
        specification.loader.exec_module(module)
    yield module
    del sys.modules["lesson_08"]


def test_the_table_can_be_made_again(lesson, tmp_path):
    stored, formats = stored_table(), dict(lesson.formats)
    assert set(stored) == {(m, f) for f in formats for m in lesson.models}
    if importlib.util.find_spec("torch") is None and not os.environ.get("CI"):
        del formats[".pth"]  # a learner may do without
    table = fresh.compare(
        lesson.models,
        lesson.few,
        formats,
        tmp_path,
        lesson.difference,
        rows=lesson.num_rows,
        helpers=[lesson.build, lesson.load_weights],
    )
    for key, report in table.items():
        told = f"{key}: {report.get('error')}, stored {stored[key]}"
        assert ("error" in report) == (stored[key] is None), told
        if stored[key]:
            megabytes, difference = stored[key]
            assert report["megabytes"] == pytest.approx(megabytes, rel=0.05, abs=0.02)
            assert difference <= 1e-5 and report["value"] <= 2e-5, told
    # Only the legacy format cannot express all of them.
    assert {format for (_, format), r in table.items() if "error" in r} <= {".h5"}
