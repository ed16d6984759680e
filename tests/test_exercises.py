"""Every solution passes its checker, every stub is "not attempted", and every wrong
answer fails with a hint; a lesson's first solution also in a fresh process."""

import ast
import functools
import itertools
import re
import runpy
from collections import Counter

from course_utils import ROOT, judge

import lessons
import nbformat
import pytest

LESSONS = {path.stem: path for path in (ROOT / "notebooks").glob("[0-9]*_*.ipynb")}


def functions(source):
    """Source text of the functions at top level, by name."""
    nodes = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(source, node) for node in nodes}


@functools.cache
def exercise_file(stem):
    """Source texts of the functions of lesson `stem`'s file, and its WRONG."""
    path = judge.EXERCISES / f"{stem}.py"
    return functions(path.read_text("utf-8")), runpy.run_path(str(path))["WRONG"]


@functools.cache
def exercise_cells(stem):
    """For each exercise cell of a lesson: its functions, and the next code cell."""
    cells = nbformat.reads(lessons.committed(LESSONS[stem]), as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    return [
        (functions(cell.source), after)
        for cell, after in itertools.pairwise([*code, None])
        if "exercise" in cell.metadata.get("tags", [])
    ]


def answers():
    """(lesson, number, kind, name) of every stub, solution and wrong answer."""
    for stem in sorted(LESSONS):
        known, wrong = exercise_file(stem)
        for number, (stub, _) in enumerate(exercise_cells(stem), 1):
            for name in stub:
                yield stem, number, "stub", name
                yield stem, number, "solution", name
                for other in [*known, *wrong]:
                    if other.startswith(f"{name}__"):
                        yield stem, number, "wrong", other


def source_of(stem, number, kind, name):
    """Source text of an answer; a wrong one may be made from its solution."""
    known, wrong = exercise_file(stem)
    change = wrong.get(name)
    if change is None:
        return (exercise_cells(stem)[number - 1][0] if kind == "stub" else known)[name]
    source = known[name.partition("__")[0]]
    if isinstance(change, str):
        return f"{source.splitlines()[0]}\n    {change}"
    for old, new in change:
        count = source.count(old)
        assert count == 1, f"{name}: {old!r} is {count} times in the solution, not once"
        source = source.replace(old, new)
    return source


@pytest.mark.parametrize("stem, number, kind, name", list(answers()), ids=str)
@pytest.mark.filterwarnings("ignore")
def test_verdict(stem, number, kind, name, capsys):
    exercise = f"{stem.partition('_')[0]}.{number}"
    source = source_of(stem, number, kind, name)
    verdict = judge.verdict_on(source, judge.checker_of(exercise))
    told = f"the verdict on the {kind} {name} in {stem} is {verdict!r}"
    assert capsys.readouterr() == ("", ""), f"{name} prints: remove that"
    if kind == "wrong":
        assert re.search(r"\. Hint: .{10,}\.$", verdict), told
        assert "unexpected form" not in verdict, f"{told}: let the checker look first"
        assert len(verdict) <= 300 and "\n" not in verdict, told
        assert not re.search("Syntax|Indentation|NameError", verdict), told
    else:
        expected = "not attempted yet." if kind == "stub" else "passed."
        assert verdict == expected, told
        if (number, kind) == (1, "solution"):
            assert judge.run(exercise, source) == ("", expected), "in a fresh process"


@pytest.mark.parametrize("stem", sorted(LESSONS))
def test_files_are_complete(stem):
    cells, names = exercise_cells(stem), []
    assert 2 <= len(cells) <= 4, f"{stem}: 2 to 4 cells need the tag 'exercise'"
    for number, (stub, after) in enumerate(cells, 1):
        assert len(stub) == 1, f"{stem}: one function in exercise {number}, not {stub}"
        names += stub
        call = f'checks.check("{stem.partition("_")[0]}.{number}", {names[-1]})'
        assert after and after.source == call, f"{call} must be the next code cell"
        assert after.metadata.get("tags") == ["nbval-check-output"], f"tags of {call}"
    known, wrong = exercise_file(stem)
    checkers = [f"check_{number}" for number in range(1, len(names) + 1)]
    in_file = [name for name in known if "__" not in name and name[0] != "_"]
    assert in_file == names + checkers, f"{stem}.py: solutions first, then checkers"
    assert f"(exercises/{stem}.py)" in lessons.committed(LESSONS[stem]), "lacks a link"
    others = [*wrong, *(name for name in known if "__" in name)]
    assert len(set(others)) == len(others), f"{stem}.py: the same name twice"
    counts = Counter(other.partition("__")[0] for other in others)
    told = f"{stem}.py: three or more wrong answers, named {names[0]}__what_is_wrong"
    assert set(counts) == set(names) and min(counts.values()) >= 3, (told, counts)
