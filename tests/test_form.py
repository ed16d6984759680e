"""The form of every lesson, and that its stored numbers come from its code.

What is committed is looked at, so that a learner may save a notebook as he likes. A
rule is a generator: it is given a lesson and yields what is wrong and how to mend it.
"""

import ast
import collections
import json
import re
import statistics
import subprocess

from course_utils.authoring import execute, publish, stamps, study
from course_utils.checks import format_number

import lessons
import nbformat
import pytest

LESSONS = stamps.lessons()
TAGS = ["setup", "parameters", "exercise", "study"]
TAGS += ["nbval-check-output", "raises-exception"]
SECTIONS = [
    "Setup",
    "Quick start",
    "Idea",
    "Data",
    "Model",
    "Train",
    "Generate",
    "Evaluate",
    "When it fails",
    "Exercises",
    "Save",
    "What to remember",
]
NEEDED = ["Setup", "Exercises", "What to remember"]
ADDRESS = publish.address()
BADGE = f"(https://colab.research.google.com/github/{ADDRESS}/blob/main/notebooks/{{}})"
SETUP = f"""\
import importlib.util
import sys
from pathlib import Path

REPOSITORY = "https://github.com/{ADDRESS}"
if "google.colab" in sys.modules and importlib.util.find_spec("course_utils") is None:
    # Fetch the course and what Colab lacks; its TensorFlow, Keras and NumPy stay.
    !git clone -q --depth 1 {{REPOSITORY}} course
    !pip list --format=freeze > course/colab-pins.txt
    !pip install -q --no-build-isolation -c course/colab-pins.txt -e course
    sys.path.insert(0, str(Path("course").resolve()))
if importlib.util.find_spec("course_utils") is None:
    print("course_utils is missing: run `make setup` and choose .venv as the kernel.")
"""
RULES = []


class Lesson:
    def __init__(self, path):
        self.path, self.number = path, stamps.number_of(path)
        self.text = lessons.committed(path)
        self.notebook = nbformat.reads(self.text, as_version=4)
        self.cells = self.notebook.cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.prose = [cell for cell in self.cells if cell.cell_type == "markdown"]
        self.stamp = self.notebook.metadata.get("course", {})

    def where(self, cell):
        index = next(i for i, other in enumerate(self.cells) if other is cell)
        return f"cell {index + 1} ({cell.id})"

    def tagged(self, tag):
        return [cell for cell in self.code if tag in tags(cell)]


def tags(cell):
    return cell.metadata.get("tags", [])


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def output_texts(cell):
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        yield "\n".join(output.get("traceback", []))
        for kind, data in output.get("data", {}).items():
            if kind.startswith("text/"):
                yield data


def rule(function):
    RULES.append(function)
    return function


@rule
def title_and_badge(lesson):
    first = lesson.cells[0]
    if not re.match(rf"# {lesson.number} · \S", first.source):
        yield f"cell 1 must begin with '# {lesson.number} · Title'"
    if BADGE.format(lesson.path.name) not in first.source:
        yield f"cell 1 needs the Colab badge that links to {lesson.path.name}"


@rule
def sections(lesson):
    found = [
        match
        for cell in lesson.prose
        for match in re.findall(r"(?m)^## (.*?)\s*$", cell.source)
    ]
    for name in found:
        if name not in SECTIONS:
            yield f"'## {name}' is not one of {SECTIONS}: use ### below one of them"
    known = [name for name in found if name in SECTIONS]
    if known != [name for name in SECTIONS if name in known]:
        yield f"the sections {known} must come once each in the order of {SECTIONS}"
    for name in set(NEEDED) - set(found):
        yield f"the section '## {name}' is missing"


@rule
def setup_cells(lesson):
    setup, parameters = lesson.tagged("setup"), lesson.tagged("parameters")
    if len(setup) != 1 or setup[0] is not lesson.code[0]:
        yield "the first code cell, and no other, must have the tag 'setup'"
    elif setup[0].source != SETUP.rstrip():
        yield f"{lesson.where(setup[0])} must be the text of SETUP in {__name__}.py"
    if len(parameters) != 1:
        yield f"exactly one cell must have the tag 'parameters', not {len(parameters)}"
    for cell in parameters:
        if "SMOKE_TEST" not in cell.source:
            yield f"{lesson.where(cell)}: choose the budget by SMOKE_TEST"
    if not re.search(
        r"set_random_seed\(|default_rng\(\w", "\n".join(c.source for c in lesson.code)
    ):
        yield "no seed is set: call keras.utils.set_random_seed in the setup"


@rule
def tags_are_known(lesson):
    for cell in lesson.cells:
        for tag in set(tags(cell)) - set(TAGS):
            yield f"{lesson.where(cell)}: the tag {tag!r} is not one of {TAGS}"
        if tags(cell) and cell.cell_type != "code":
            yield f"{lesson.where(cell)}: only code cells have tags"
        if re.search("nbval[-_]skip", cell.source, re.I):
            yield f"{lesson.where(cell)}: every cell must run, so remove NBVAL_SKIP"


@rule
def ids_are_unique(lesson):
    stored = json.loads(lesson.text)["cells"]
    for id, count in collections.Counter(cell["id"] for cell in stored).items():
        if count > 1:
            yield f"the cell id {id!r} occurs {count} times: give each cell its own"


@rule
def size_of_cells(lesson):
    for cell in lesson.code:
        count = len(lines(cell))
        if not 1 <= count <= 30:
            yield f"{lesson.where(cell)} has {count} lines: 1 to 30 are allowed"
    median = statistics.median(len(lines(cell)) for cell in lesson.code)
    if median > 6:
        yield f"the median code cell has {median:g} lines, above 6: split the long ones"
    kinds = [cell.cell_type for cell in lesson.cells]
    for index, three in enumerate(zip(kinds, kinds[1:], kinds[2:], strict=False)):
        if set(three) == {"code"}:
            cell = lesson.cells[index + 2]
            yield f"{lesson.where(cell)} is the third code cell in a row: add prose"


@rule
def size_of_lesson(lesson):
    count = sum(len(lines(cell)) for cell in lesson.code)
    if not 150 <= count <= 250:
        yield f"{count} lines of code: 150 to 250 are allowed"
    if not 18 <= len(lesson.code) <= 32:
        yield f"{len(lesson.code)} code cells: 18 to 32 are allowed"
    # Without formulas and the addresses of links.
    prose = "\n".join(cell.source for cell in lesson.prose)
    prose = re.sub(r"(?s)\$\$.*?\$\$|\$[^$\n]+\$|\]\(\S*?\)", " ", prose)
    count = len(re.findall(r"\w[\w'’.-]*", prose))
    if not 900 <= count <= 1700:
        yield f"{count} words of prose: 900 to 1,700 are allowed"
    if len(lesson.text) > 1e6:
        yield "the file is larger than 1 MB: draw fewer or smaller pictures"


@rule
def executed_in_order(lesson):
    for number, cell in enumerate(lesson.code, 1):
        if cell.execution_count != number:
            yield f"{lesson.where(cell)} was not run in order: {again(lesson)}"


def again(lesson):
    return f"run python -m course_utils.authoring.execute {lesson.number}"


@rule
def outputs_are_clean(lesson):
    for cell in lesson.code:
        for output in cell.outputs:
            if output.get("name") == "stderr":
                yield f"{lesson.where(cell)} writes to stderr: {output.text[:80]!r}"
        failed = any(output.output_type == "error" for output in cell.outputs)
        if failed != ("raises-exception" in tags(cell)):
            yield (
                f"{lesson.where(cell)}: an error and the tag raises-exception "
                "belong together"
            )
        if any("\x1b" in text for text in output_texts(cell)):
            yield f"{lesson.where(cell)} prints colour codes: switch them off"


@rule
def outputs_are_there(lesson):
    shown = ("print(", "checks.", "plotting.show", "plotting.plot", "plt.show")
    for cell in lesson.code:
        try:
            body = ast.parse(cell.source).body
        except SyntaxError:
            continue  # lines for IPython
        for node in body:
            if isinstance(node, ast.Expr) and ast.unparse(node).startswith(shown):
                if not cell.outputs:
                    yield f"{lesson.where(cell)} has lost its output: {again(lesson)}"
                    break


@rule
def no_paths_of_a_machine(lesson):
    path = re.compile(
        r"(?<![\w.])/(home|root|Users|tmp|work|private|var)/|\b[A-Z]:\\\\?U"
    )
    for cell in lesson.cells:
        for text in [cell.source, *output_texts(cell)]:
            if match := path.search(text):
                found = text[match.start() :][:40]
                yield f"{lesson.where(cell)} has the path {found!r}: make it relative"


@rule
def links_resolve(lesson):
    for cell in lesson.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", cell.source):
            file = target.partition("#")[0]
            if ":" not in target and file and not (lesson.path.parent / file).exists():
                yield f"{lesson.where(cell)} links to {target}, which does not exist"


@rule
def canonical_form(lesson):
    if lesson.text != execute.canonical(lesson.notebook, lesson.stamp):
        yield f"not in canonical form (saved by an editor?): {again(lesson)}"
    for cell in lesson.cells:
        if "attachments" in cell:
            yield f"{lesson.where(cell)}: Colab shows no attachments: draw it by code"


@rule
def stamp_is_fresh(lesson):
    if lesson.stamp.get("budget") != "full":
        yield f"the outputs do not come from a run at full budget: {again(lesson)}"
    elif lesson.stamp["source_hash"] != stamps.source_hash(lesson.path, lesson.text):
        yield f"the code has changed since the outputs were stored: {again(lesson)}"


@rule
def study_is_fresh(lesson):
    file = study.path_of(lesson.number)
    if not file.exists():
        if "notebooks/studies/" in lesson.text:
            yield f"{file.name} is missing: run make study NB={lesson.number}"
        return
    stored = json.loads(file.read_text(encoding="utf-8"))
    fresh = stored.get("source_hash") == study.source_hash(lesson.path, lesson.text)
    if not fresh or not all("results" in run for run in stored["runs"]):
        yield f"{file.name} is stale or not complete: make study NB={lesson.number}"


@rule
def budget_is_kept(lesson):
    if lesson.stamp.get("seconds", 0) > 600:
        yield f"took {lesson.stamp['seconds']} seconds: 600 are allowed"
    if lesson.stamp.get("peak_memory_mb", 0) > 4000:
        yield f"took {lesson.stamp['peak_memory_mb']} MB of memory: 4,000 are allowed"
    if f"{stamps.needs(lesson.stamp)}, no GPU." not in lesson.cells[0].source:
        yield f"cell 1 must say {stamps.needs(lesson.stamp)!r}, no GPU: {again(lesson)}"


@rule
def metrics_are_in_range_and_shown(lesson):
    printed = "\n".join(text for cell in lesson.code for text in output_texts(cell))
    for name, metric in lesson.stamp.get("metrics", {}).items():
        low = metric.get("at_least", float("-inf"))
        high = metric.get("at_most", float("inf"))
        if not low <= metric["value"] <= high:
            yield f"the metric {name} is outside its range: {again(lesson)}"
        if f"{name} {format_number(metric['value'])}" not in printed:
            yield f"no output shows the metric {name}: {again(lesson)}"
    if lesson.stamp.get("headline", "?") not in printed:
        yield f"no output shows the headline: {again(lesson)}"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_lesson(path, rule):
    problems = list(rule(Lesson(path)))
    assert not problems, f"{path.name}: " + "; ".join(problems)


# Every rule fails on a bad lesson. Each of these is lesson 01b with one fault; as it
# is committed, it passes above.


def cell_with(lesson, text):
    return next(cell for cell in lesson.cells if text in cell.source)


def source(text, old, new):
    """Change `old` into `new` in the first cell that has `text`."""

    def change(lesson):
        cell = cell_with(lesson, text)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


def attribute(text, **values):
    return lambda lesson: cell_with(lesson, text).update(values)


def output(kind, **values):
    return attribute("print(", outputs=[nbformat.v4.new_output(kind, **values)])


def stamp(**values):
    return lambda lesson: lesson.stamp.update(values)


def metric(**values):
    def change(lesson):
        found = next(iter(lesson.stamp["metrics"].values()))
        found.update({key: found["value"] + more for key, more in values.items()})

    return change


def text(change):
    return lambda lesson: setattr(lesson, "text", change(lesson))


def same_id_twice(lesson):
    return lesson.text.replace(f'"{lesson.cells[1].id}"', f'"{lesson.cells[0].id}"')


def every_cell_longer(lesson):
    for cell in lesson.code:
        cell.source = "x = 1\n" * 7


TAG = {"tags": ["raises-exception"]}
ERROR = output("error", ename="E", evalue="no", traceback=["E: no"])
WINDOWS = source("print(", "print(", "r'C:\\Users\\a'; print(")
BAD = [
    (title_and_badge, source("# 01b", "·", "-"), "cell 1 must begin"),
    (title_and_badge, source("# 01b", "notebooks/01b", "76"), "the Colab badge"),
    (sections, source("## Exe", "Exercises", "Tasks"), "'## Tasks' is not one of"),
    (sections, source("## Exe", "Exercises", "Setup"), "in the order"),
    (sections, source("## Exe", "## Exe", "### Exe"), "'## Exercises' is missing"),
    (setup_cells, source("clone", "--depth 1", ""), "text of SETUP"),
    (setup_cells, attribute("clone", metadata={}), "tag 'setup'"),
    (setup_cells, attribute("SMOKE_TEST else", metadata={}), "exactly one cell"),
    (setup_cells, source("SMOKE_TEST else", "SMOKE_TEST", "quick"), "choose the"),
    (setup_cells, lambda lesson: lesson.code.__delitem__(slice(1, None)), "no seed"),
    (tags_are_known, attribute("print(", metadata={"tags": ["a"]}), "the tag 'a'"),
    (tags_are_known, source("print(", "print(", "NBVAL_SKIP("), "remove NBVAL_SKIP"),
    (tags_are_known, attribute("## Exercises", metadata=TAG), "only code"),
    (ids_are_unique, text(same_id_twice), "occurs 2 times"),
    (size_of_cells, attribute("print(", source="x = 1\n" * 31), "has 31 lines"),
    (size_of_cells, attribute("print(", source=" "), "has 0 lines"),
    (size_of_cells, every_cell_longer, "the median code cell has 7 lines"),
    (size_of_cells, lambda lesson: setattr(lesson, "cells", lesson.code), "in a row"),
    (size_of_lesson, lambda lesson: lesson.code.__delitem__(slice(9, None)), "9 code"),
    (size_of_lesson, attribute("print(", source="x = 1\n" * 251), "lines of code"),
    (size_of_lesson, attribute("## Exercises", source="word " * 1701), "words of"),
    (size_of_lesson, text(lambda lesson: " " * 1000001), "larger than 1 MB"),
    (executed_in_order, attribute("print(", execution_count=99), "in order"),
    (executed_in_order, attribute("print(", execution_count=None), "in order"),
    (outputs_are_clean, output("stream", name="stderr", text="W"), "to stderr: 'W'"),
    (outputs_are_clean, ERROR, "belong together"),
    (outputs_are_clean, attribute("print(", metadata=TAG), "belong together"),
    (outputs_are_clean, output("stream", text="\x1b[31mred"), "colour codes"),
    (outputs_are_there, attribute("checks.headline", outputs=[]), "lost its output"),
    (no_paths_of_a_machine, output("stream", text="in /home/ada/x"), "it relative"),
    (no_paths_of_a_machine, WINDOWS, "it relative"),
    (links_resolve, attribute("## Exercises", source="[a](no/f.py)"), "no/f.py"),
    (canonical_form, text(lambda lesson: lesson.text + "\n"), "not in canonical form"),
    (canonical_form, attribute("# 01b", attachments={"a": {}}), "no attachments"),
    (stamp_is_fresh, stamp(budget="smoke"), "full budget"),
    (stamp_is_fresh, stamp(source_hash="0"), "has changed"),
    (budget_is_kept, stamp(seconds=601), "601 seconds"),
    (budget_is_kept, stamp(peak_memory_mb=4001), "4001 MB"),
    (budget_is_kept, stamp(seconds=599), "must say '**Needs** about 10 minutes"),
    (metrics_are_in_range_and_shown, metric(at_most=-1), "outside its range"),
    (metrics_are_in_range_and_shown, metric(at_least=1), "outside its range"),
    (metrics_are_in_range_and_shown, metric(value=12.34), "no output shows the metric"),
    (metrics_are_in_range_and_shown, stamp(headline="2 bits"), "shows the headline"),
    (study_is_fresh, text(lambda _: "notebooks/studies/"), "01b.json is missing"),
]


@pytest.mark.parametrize("rule, change, told", BAD)
def test_bad_lesson_fails(rule, change, told):
    lesson = Lesson(lessons.notebook("01b"))
    change(lesson)
    problems = list(rule(lesson))
    assert any(told in problem for problem in problems), problems


def test_every_rule_was_seen_failing():
    assert {rule for rule, *_ in BAD} == set(RULES)


def test_a_notebook_saved_by_a_learner_is_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    path = tmp_path / "03_a.ipynb"
    path.write_text("committed", encoding="utf-8")
    for command in ["init -q", "add .", "-c user.name=a -c user.email=a commit -qm a"]:
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    path.write_text("saved", encoding="utf-8")
    (tmp_path / "04_b.ipynb").write_text("new", encoding="utf-8")
    assert lessons.committed(path) == "committed"
    assert lessons.committed(tmp_path / "04_b.ipynb") == "new"


def test_a_study_is_stale_when_its_code_changes():
    lesson = Lesson(lessons.notebook("03b"))
    assert not list(study_is_fresh(lesson))
    lesson.text = lesson.text.replace("num_units = 256", "num_units = 255")
    assert "stale" in next(study_is_fresh(lesson))
