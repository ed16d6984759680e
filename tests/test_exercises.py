"""Every solution passes its checker, every stub is "not attempted", and every wrong
answer fails with a hint; each goes through the process that learners' answers do."""

import ast
import importlib
import os
import re
from concurrent.futures import ThreadPoolExecutor

from course_utils import ROOT, checks, stamps

import nbformat
import pytest

LESSONS = stamps.lessons()


def functions(source):
    """Source text of the functions at top level, by name."""
    return {
        node.name: ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


def functions_of_file(path):
    return functions(path.read_text(encoding="utf-8")) if path.exists() else {}


def exercises(path):
    """For each exercise cell: its functions, and the next code cell."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"] + [None]
    return [
        (functions(cell.source), after)
        for cell, after in zip(code, code[1:], strict=False)
        if "exercise" in cell.metadata.get("tags", [])
    ]


def answers():
    """(exercise, kind, function, source) for every stub, solution and wrong answer."""
    for path in LESSONS:
        solutions = functions_of_file(solutions_of(path))
        wrong = functions_of_file(wrong_answers_of(path))
        for number, (stub, _) in enumerate(exercises(path), 1):
            exercise = f"{stamps.number_of(path)}.{number}"
            for name, source in stub.items():
                yield exercise, "stub", name, source
                if name in solutions:
                    yield exercise, "solution", name, solutions[name]
                for other in wrong:
                    if other.startswith(f"{name}__"):
                        yield exercise, "wrong", other, wrong[other]


def solutions_of(path):
    return path.parent / "solutions" / f"{path.stem}.py"


def wrong_answers_of(path):
    return ROOT / "tests" / "wrong_answers" / f"{path.stem}.py"


ANSWERS = list(answers())


@pytest.fixture(scope="module")
def verdicts():
    """Promised verdicts, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            (exercise, kind, name): pool.submit(checks.judge, exercise, name, source)
            for exercise, kind, name, source in ANSWERS
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(
    "exercise, kind, name",
    [a[:3] for a in ANSWERS],
    ids=[f"{a[0]}-{a[2]}" for a in ANSWERS],
)
def test_verdict(exercise, kind, name, verdicts):
    output, verdict = verdicts[exercise, kind, name].result()
    told = f"the verdict on the {kind} {name} of exercise {exercise} is {verdict!r}"
    assert output == "", f"{name} prints: remove that"
    if kind == "stub":
        assert verdict == "not attempted yet.", told
    elif kind == "solution":
        assert verdict == "passed.", told
    else:
        assert re.search(r"\. Hint: .{10,}\.$", verdict), told
        assert "unexpected form" not in verdict, f"{told}: let the checker look first"
        assert len(verdict) <= 300 and "\n" not in verdict, told


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_files_are_complete(path):
    lesson, found = stamps.number_of(path), exercises(path)
    assert 2 <= len(found) <= 4, f"{path.name}: 2 to 4 cells need the tag 'exercise'"
    names = []
    for number, (stub, after) in enumerate(found, 1):
        assert len(stub) == 1, (
            f"{lesson}.{number}: one function in the cell, not {stub}"
        )
        names += stub
        call = f'checks.check("{lesson}.{number}", {names[-1]})'
        assert after and after.source == call, f"{call} must be the next code cell"
        tags = after.metadata.get("tags", [])
        assert tags == ["nbval-check-output"], (
            f"{call} needs the tag nbval-check-output"
        )

    checkers = importlib.import_module(f"course_utils.exercises.lesson_{lesson}")
    numbers = sorted(name for name in vars(checkers) if name.startswith("check_"))
    assert numbers == [f"check_{number}" for number in range(1, len(names) + 1)]

    solutions = functions_of_file(solutions_of(path))
    assert set(solutions) == set(names), f"solutions/{path.stem}.py: one each"
    link = f"(solutions/{path.stem}.py)"
    assert link in path.read_text(encoding="utf-8"), f"{path.name} must link to {link}"

    wrong = functions_of_file(wrong_answers_of(path))
    for name in names:
        count = sum(other.startswith(f"{name}__") for other in wrong)
        assert count >= 3, (
            f"wrong_answers/{path.stem}.py: 3 named {name}__what_is_wrong"
        )
    strangers = [name for name in wrong if name.partition("__")[0] not in names]
    assert not strangers, f"wrong answers to no exercise: {strangers}"
