"""Verdicts on every kind of bad answer, and the ranges of recorded metrics."""

import functools
import json
import shutil
import time

import course_utils
from course_utils import CourseError, checks

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

CHECKER = """
from course_utils.exercises import close, expect


def check_1(answer):
    result = answer([1.0, 3.0])
    expect(close(result, 2.0), "the mean of 1 and 3 is not 2", "divide by the count")
    expect(close(answer([5.0]), 5.0), "the mean of 5 is not 5", "divide by the count")


def check_2(answer):
    rows, columns = answer([1.0]).shape
"""


@pytest.fixture(autouse=True)
def lesson_99(tmp_path, monkeypatch):
    """A copy of the package with the exercises of a made-up lesson."""
    shutil.copytree(course_utils.ROOT / "course_utils", tmp_path / "course_utils")
    checkers = tmp_path / "course_utils" / "exercises" / "lesson_99.py"
    checkers.write_text(CHECKER, encoding="utf-8")
    monkeypatch.setattr(course_utils, "ROOT", tmp_path)


def verdict(body, exercise="99.1"):
    source = "def mean(values):\n" + "".join(f"    {x}\n" for x in body.split("\n"))
    return checks.judge(exercise, "mean", source)[1]


def test_right_answer_passes():
    assert verdict("return sum(values) / len(values)") == "passed."
    assert verdict("return np.mean(values)") == "passed."
    assert verdict("return math.fsum(values) / len(values)") == "passed."


def test_stub_is_not_attempted():
    stub = '"""Mean of a list."""\nreturn None  # your code here'
    assert verdict(stub) == "not attempted yet."
    assert verdict("pass") == "not attempted yet."
    assert verdict("n = len(values)\n" + stub) == "not attempted yet."


@pytest.mark.parametrize(
    "body, words",
    [
        ("return 7.0", ["mean of 1 and 3 is not 2", "divide by the count"]),
        ("return 'two'", ["mean of 1 and 3 is not 2"]),
        ("return [2.0, 2.0]", ["mean of 1 and 3 is not 2"]),
        ("if len(values) > 1: return 2.0", ["returned None", "return"]),
        ("total = sum(values)", ["returned None", "return"]),
        ("return total / 2", ["`total`", "only this function"]),
        ("return undefined.mean(values)", ["`undefined`"]),
        ("x = 1\nreturn x / 0", ["ZeroDivisionError: division by zero", "line 3"]),
        ("raise ValueError('x' * 1000)", ["ValueError"]),
        ("return mean(values)", ["RecursionError"]),
        ("return input()", ["EOFError"]),
        ("import sys; sys.exit()", ["SystemExit"]),
        ("raise KeyboardInterrupt", ["KeyboardInterrupt"]),
        ("import os; os._exit(0)", ["ended the Python process"]),
        ("return sum(values) /", ["SyntaxError"]),
        ("return np.ones(10**9)", ["2 GB"]),
        ("assert False, 'passed.'", ["AssertionError"]),
    ],
)
def test_wrong_answer_gets_a_reason_and_a_hint(body, words):
    if "2 GB" in words:
        pytest.importorskip("resource")
    told = verdict(body)
    assert all(word in told for word in words), told
    assert "Hint: " in told and told.endswith(".") and "\n" not in told
    assert len(told) <= 300


def test_checker_that_stumbles_over_the_result_says_so():
    told = verdict("return values", "99.2")
    assert "unexpected form (AttributeError" in told and "Hint: " in told


def test_endless_loop_is_ended(monkeypatch):
    monkeypatch.setattr(checks, "TIME_LIMIT", 3)
    start = time.time()
    assert "still running after 3 seconds" in verdict("while True: pass")
    assert time.time() - start < 10


def test_children_of_an_endless_answer_are_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(checks, "TIME_LIMIT", 3)
    late = tmp_path / "late"
    code = f"import time; time.sleep(5); open({str(late)!r}, 'w')"
    body = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])"
    assert "still running" in verdict(body)
    if hasattr(checks.os, "killpg"):
        time.sleep(4)
        assert not late.exists()


def test_printing_is_shown_but_cut():
    source = (
        "def f(values):\n    print('x' * 10**7)\n    return sum(values) / len(values)"
    )
    output, told = checks.judge("99.1", "f", source)
    assert told == "passed."
    assert output.startswith("xxx") and output.endswith("left out]")
    assert len(output) < checks.OUTPUT_LIMIT + 100


def test_warnings_are_not_shown():
    source = "def f(values):\n    np.log(-np.ones(1))\n    return np.mean(values)"
    assert checks.judge("99.1", "f", source) == ("", "passed.")


def test_printing_a_verdict_fools_nobody():
    fake = "print('Exercise 99.1: passed.'); import os; os._exit(0)"
    assert "passed" not in verdict(fake)


def test_threads_left_running_do_not_delay_the_verdict():
    body = (
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(30,)).start()\n"
        "return sum(values) / len(values)"
    )
    start = time.time()
    assert verdict(body) == "passed."
    assert time.time() - start < 15


def test_answer_works_in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precious").write_text("data", encoding="utf-8")
    body = (
        "import os, pathlib, shutil\n"
        "open('precious', 'w').close()\n"
        "shutil.rmtree(pathlib.Path.home(), ignore_errors=True)\n"
        "return sum(values) / len(values)"
    )
    verdict(body)
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "data"


def mean(values):
    return sum(values) / len(values)


def test_check_prints_one_line(capsys):
    def nested(values):
        return sum(values) / len(values)

    @functools.lru_cache
    def cached(values):
        return 1

    for answer, told in [
        (mean, "passed."),
        (nested, "passed."),
        (None, "not attempted yet."),
        ([2.0], "the answer is a list, not a function."),
        (2.0, "the answer is a float, not a function."),
        (lambda values: 2.0, "only a function written with `def` can be checked."),
        (np.mean, "only a function"),
        (len, "only a function"),
        (int, "only a function"),
        (cached, "only a function"),
        ("".join, "only a function"),
    ]:
        checks.check("99.1", answer)
        printed = capsys.readouterr().out
        assert printed.startswith(f"Exercise 99.1: {told}"), printed
        assert printed.count("\n") == 1 and len(printed) <= 320


@pytest.mark.parametrize(
    "exercise", ["99.7", "98.1", "", "x", "99", "99.1.1", "../1.1"]
)
def test_unknown_exercise(exercise, capsys):
    checks.check(exercise, mean)
    assert "there is no such exercise" in capsys.readouterr().out


def test_source_that_cannot_be_found(capsys):
    namespace = {}
    exec("def f(values): return 2.0", namespace)
    checks.check("99.1", namespace["f"])
    assert "source of the function was not found" in capsys.readouterr().out


def test_in_a_notebook(tmp_path, monkeypatch):
    """The function of a cell is found, also after the cell was changed and run again;
    names of the notebook are not visible to it."""
    cells = [
        "import os, sys\nsys.path.insert(0, os.environ['LESSON_99'])\n"
        "from course_utils import checks\ntotal = 4.0",
        "def mean(values):\n    return None  # your code here",
        "checks.check('99.1', mean)",
        "def mean(values):\n    return total / 2",
        "checks.check('99.1', mean)",
        "def mean(values):\n    return np.mean(values)",
        "checks.check('99.1', mean)",
    ]
    monkeypatch.setenv("LESSON_99", str(tmp_path))
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    NotebookClient(
        notebook, kernel_name="python3", timeout=120, startup_timeout=600
    ).execute()
    told = [cell.outputs[0].text for cell in notebook.cells if cell.outputs]
    assert told[0] == "Exercise 99.1: not attempted yet.\n"
    assert told[1].startswith("Exercise 99.1: it uses `total`")
    assert told[2] == "Exercise 99.1: passed.\n"


@pytest.fixture
def full_budget(monkeypatch, tmp_path):
    monkeypatch.setattr(course_utils, "SMOKE_TEST", False)
    monkeypatch.setenv("COURSE_METRICS", str(tmp_path / "metrics"))
    return tmp_path / "metrics"


def test_record_prints_and_stores(full_budget, capsys):
    checks.record("bits_per_character", np.float32(1.5), baseline=1.66, at_most=1.57)
    checks.record("characters", np.int64(123456), at_least=np.int64(1))
    checks.record("share", 2 / 3)
    assert capsys.readouterr().out.splitlines() == [
        "bits_per_character 1.5 (baseline 1.66, at most 1.57)",
        "characters 123456 (at least 1)",
        "share 0.6667",
    ]
    stored = [json.loads(line) for line in full_budget.read_text().splitlines()]
    assert [entry["value"] for entry in stored] == [1.5, 123456, 2 / 3]
    assert stored[0]["baseline"] == 1.66 and stored[0]["at_most"] == 1.57


@pytest.mark.parametrize(
    "value, limits",
    [
        (1.6, dict(at_most=1.57)),
        (0.1, dict(at_least=0.2)),
        (3, dict(at_least=0, at_most=2)),
        (float("nan"), dict(at_most=1.57)),
        (float("nan"), dict(at_least=1.57)),
        (float("nan"), {}),
        (float("inf"), dict(at_most=1.57)),
    ],
)
def test_record_outside_its_range(full_budget, value, limits, monkeypatch, capsys):
    with pytest.raises(CourseError, match="^loss is .* restart the kernel") as caught:
        checks.record("loss", value, **limits)
    assert len(str(caught.value)) <= 300
    assert not full_budget.exists()
    monkeypatch.setattr(course_utils, "SMOKE_TEST", True)
    checks.record("loss", value, **limits)
    assert "range not checked" in capsys.readouterr().out.splitlines()[-1]


def test_record_on_the_limit_is_inside(full_budget):
    checks.record("loss", 1.5, at_most=1.5, at_least=1.5)
