"""Verdicts on every kind of bad answer, recorded metrics, and headlines."""

import json
import math
import os
import subprocess
import sys
import time
from functools import lru_cache, wraps

import course_utils
from course_utils import checks, judge

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from sentences import one_sentence

HEAD = "def effective_sample_size(log_weights):\n "  # exercise 05b.1
RIGHT = "w = np.exp(log_weights - log_weights.max(axis=0))\n "
RIGHT += "return w.sum(axis=0) ** 2 / (w**2).sum(axis=0)"


def run(*body):
    """Output of and verdict on lines of a body, in a fresh process."""
    return judge.run("05b.1", HEAD + "\n ".join(body))


@pytest.mark.parametrize(
    "body, words",
    [
        (RIGHT, "passed."),
        ("x = math.e\n " + RIGHT.replace("return ", "return 1 * "), "passed."),
        ("pass", "not attempted yet."),
        ("'Count.'\n return None  # your code here", "not attempted yet."),
        ("x = 1\n return None  # your code here", "it returned None. Hint: end it"),
        ("if len(log_weights) == 8: return [8, 8]", "it returned None. Hint: end it"),
        ("return 7", "has the shape (), not (2,). Hint: sum over the draws"),
        ("return 'two'", "has the shape ()"),
        ("return [2.0, 2.0]", "eight equal weights do not count as 8 draws."),
        ("return total / 2", "`total`, which it does not define."),
        ("return undefined.mean(log_weights)", "only this function, `np` and `math`"),
        ("x = 1\n return x / 0", "ZeroDivisionError: division by zero in its line 3."),
        ("y = log_weights + x\n x = 1", "UnboundLocalError: "),
        ("raise ValueError('x' * 1000)", "ValueError: "),
        ("f = lambda: f()\n return f()", "RecursionError: "),
        ("import sys; sys.exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise MemoryError", "4 GB"),
        ("return log_weights /", "SyntaxError: "),
        ("assert False, 'passed.'", "AssertionError: "),
    ],
)
def test_every_answer_gets_a_verdict(body, words):
    told = judge.verdict_on(HEAD + body, judge.checker_of("05b.1"))
    assert words in told and "\n" not in told and len(told) <= 300
    assert "Hint: " in told or told == words


def test_answer_in_a_fresh_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "precious").write_text("data", encoding="utf-8")
    home = "import pathlib; print(pathlib.Path.home().samefile('.'))"
    assert set(run(home, RIGHT)[0].split()) == {"True"}
    assert run("open('precious', 'w').close()", RIGHT) == ("", "passed.")
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "data"
    assert run("np.log(-np.ones(1))", RIGHT) == ("", "passed.")  # no warning is shown
    assert "EOFError" in run("return input()")[1]
    assert "SystemExit" in run("import sys; sys.exit()")[1]
    fake = run("print('Exercise 05b.1: passed.'); import os; os._exit(0)")
    assert fake[0] and "ended Python (code 0)" in fake[1]
    start = time.time()  # what is left running does not delay the verdict
    thread = "threading.Thread(target=time.sleep, args=(30,)).start()"
    fork = "if hasattr(os, 'fork') and os.fork() == 0: time.sleep(30)"
    assert run("import os, threading, time", thread, fork, RIGHT)[1] == "passed."
    assert time.time() - start < 15
    output, told = run("print('x' * 10**7)", RIGHT)
    assert told == "passed." and len(output) < judge.OUTPUT_LIMIT + 100
    assert output.startswith("xxx") and output.endswith("left out]")
    pytest.importorskip("resource")
    assert "4 GB" in run("return np.ones(10**9)")[1]


def test_limit_on_time_ends_children_too(monkeypatch, tmp_path):
    monkeypatch.setattr(judge, "TIME_LIMIT", 1)
    late = str(tmp_path / "late")
    child = f"import time; time.sleep(3); open({late!r}, 'w')"
    popen = f"subprocess.Popen([sys.executable, '-c', {child!r}])"
    fork = "if hasattr(os, 'fork') and os.fork() == 0: " + child
    start = time.time()
    told = run("import os, subprocess, sys", popen, fork, "while True: pass")[1]
    assert "it took over 1 seconds" in told and time.time() - start < 10
    if hasattr(os, "killpg"):
        time.sleep(3)
        assert not os.path.exists(late)


def test_check_prints_one_line(capsys):
    def right(log_weights):
        w = np.exp(log_weights - log_weights.max(axis=0))
        return w.sum(axis=0) ** 2 / (w**2).sum(axis=0)

    wrapped = wraps(right)(lambda log_weights: 7)
    only = "only a function written with `def` can be checked, not "
    others = [lambda mean: 2, np.mean, 2.0, len, lru_cache(right), "".join]
    cases = [(right, "passed."), (wrapped, "passed."), ([2], only + "list.")]
    cases += [(None, "not attempted yet."), *((other, only) for other in others)]
    for answer, told in cases:
        checks.check("05b.1", answer)
        printed = capsys.readouterr().out
        assert printed.startswith(f"Exercise 05b.1: {told}"), printed
        assert printed.count("\n") == 1 and len(printed) <= 320


def test_faults_of_the_result_and_of_the_exercise(capsys):
    told = judge.verdict_on("def f(x): return x", lambda answer: answer(1).shape)
    assert "unexpected form (AttributeError" in told and "Hint: " in told
    for exercise in ["05.9", "99.1", "", "05", "05b.1.1", "../05b.1", 5]:
        checks.check(exercise, run)
        assert "there is no such exercise" in capsys.readouterr().out


def test_source_that_cannot_be_found():
    """Nor is another text taken for it: Python 3.13 finds that of `python -c`."""
    code = "from course_utils import checks\nspace = {}\n"
    code += "exec('def f(mean): return 2', space)\nchecks.check('05b.1', space['f'])"
    env = os.environ | {"PYTHONPATH": str(course_utils.ROOT)}
    told = subprocess.check_output([sys.executable, "-c", code], env=env)
    assert b"the source of the function was not found" in told


def test_in_a_notebook(monkeypatch):
    """The function is found, also when its cell has changed; `total` it cannot see."""
    cells = ["from course_utils import checks\ntotal = 4.0"]
    for body in ["return None  # your code here", "return total / 2", RIGHT]:
        cells += [HEAD + body, "checks.check('05b.1', effective_sample_size)"]
    monkeypatch.setenv("PYTHONPATH", str(course_utils.ROOT))
    cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    options = dict(kernel_name="python3", timeout=120, startup_timeout=600)
    NotebookClient(nbformat.v4.new_notebook(cells=cells), **options).execute()
    told = [cell.outputs[0].text for cell in cells if cell.outputs]
    for text, words in zip(told, ["not attempted", "`total`", "passed."], strict=True):
        assert text.startswith("Exercise 05b.1: ") and words in text


@pytest.fixture
def stored(monkeypatch, tmp_path):
    """A run with the full budget; a call gives what it has stored."""
    (path := tmp_path / "metrics").touch()
    monkeypatch.setattr(course_utils, "SMOKE_TEST", False)
    monkeypatch.setenv("COURSE_METRICS", str(path))
    return lambda: [json.loads(x) for x in path.read_text("utf-8").splitlines()]


def test_record_prints_and_stores(stored, capsys):
    checks.record("bits_per_character", np.float32(1.5), baseline=1.66, at_most=1.57)
    checks.record("characters", np.int64(123456), at_least=np.int64(1))
    checks.record("share", 2 / 3)
    checks.record("loss", 1.5, at_most=1.5, at_least=1.5)
    assert capsys.readouterr().out.splitlines() == [
        "bits_per_character 1.5 (baseline 1.66, at most 1.57)",
        "characters 123456 (at least 1)",
        "share 0.6667",
        "loss 1.5 (at least 1.5, at most 1.5)",
    ]
    assert [entry["value"] for entry in stored()] == [1.5, 123456, 2 / 3, 1.5]
    assert stored()[0]["baseline"] == 1.66 and stored()[0]["at_most"] == 1.57


def test_record_outside_its_range(stored, monkeypatch, capsys):
    nan, inf, high, low = math.nan, math.inf, dict(at_most=1.57), dict(at_least=0.2)
    cases = [(1.6, high), (0.1, low), (3, low | high), (nan, high), (nan, low)]
    for value, limits in [*cases, (nan, {}), (inf, high), (-inf, low)]:
        with one_sentence("^loss .* restart the kernel"):
            checks.record("loss", value, baseline=1, **limits)
    assert not stored()
    monkeypatch.setattr(course_utils, "SMOKE_TEST", True)
    checks.record("loss", 1.6, at_most=1.57)
    assert "range not checked" in capsys.readouterr().out.splitlines()[-1]


def test_headline(stored, capsys):
    text = "1.54 bits per character on unseen chapters; counting: 1.66; lower is better"
    checks.headline(text)
    assert capsys.readouterr().out == text + "\n"
    for bad in ["lower is better", "1.54 bits", text + "\n", text + 130 * ".", ""]:
        with one_sentence("^the headline .* change it"):
            checks.headline(bad)
    assert stored() == [{"headline": text}]
