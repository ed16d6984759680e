"""The new process that opens saved models, with functions that need no TensorFlow."""

from course_utils import fresh

import numpy as np

ROWS = {"x": np.arange(10.0).reshape(5, 2)}


def save_factor(model, path):
    path.write_text(str(model), encoding="utf-8")


def load_factor(path):
    print("opens", path.name)
    factor = float(path.read_text(encoding="utf-8"))
    return lambda inputs: factor * inputs["x"][:3]


def load_and_end(path):
    import os

    if "1" in path.read_text(encoding="utf-8"):
        os._exit(7)
    return lambda inputs: inputs["x"]


def fail(model, path):
    raise OSError("no space. At all")


def value(name, outputs):
    return outputs.sum()


def test_a_file_is_opened_by_a_process_that_knows_only_the_function(tmp_path, capsys):
    path = tmp_path / "factor.txt"
    path.write_text("2", encoding="utf-8")
    job = (path, ROWS)
    report, again = fresh.reload(load_factor, [job, job], ["math"], rows=3, repeats=2)
    np.testing.assert_array_equal(report["outputs"], 2 * ROWS["x"])
    assert report["megabytes"] == 1e-6
    assert all(report[key] >= 0 for key in ("import", "load", "latency"))
    assert capsys.readouterr().out == "opens factor.txt\nopens factor.txt\n"
    assert "error" not in again


def test_what_fails_is_reported_and_the_rest_goes_on(tmp_path):
    for name, text in [("a", "1"), ("b", "one"), ("c", "3")]:
        (tmp_path / name).write_text(text, encoding="utf-8")
    jobs = [(tmp_path / name, ROWS) for name in ("missing", "b", "c")]
    reports = fresh.reload(load_factor, jobs, ["math"])
    assert reports[0]["error"].startswith("FileNotFoundError: ")
    assert reports[1]["error"].startswith("ValueError: could not convert")
    np.testing.assert_array_equal(reports[2]["outputs"], 3 * ROWS["x"][:3])
    reports = fresh.reload(load_factor, jobs, ["no_such_runtime"])
    assert (
        reports[2]["error"] == "ModuleNotFoundError: No module named 'no_such_runtime'"
    )
    ended = "RuntimeError: the process ended with code 7"
    jobs = [(tmp_path / name, ROWS) for name in ("c", "a", "b")]
    reports = fresh.reload(load_and_end, jobs, ["math"])
    assert [report.get("error") for report in reports] == [None, ended, ended]


def test_a_table_of_models_and_formats(tmp_path, capsys):
    models, inputs = {"one": 1, "two": 2}, {"one": ROWS, "two": ROWS}
    formats = {
        "good": ("a.txt", save_factor, load_factor, "math"),
        "bad": ("b.txt", fail, load_factor, "math"),
    }
    table = fresh.compare(models, inputs, formats, tmp_path, value, rows=3)
    assert list(table) == [(m, f) for f in formats for m in models]
    assert table["two", "good"]["value"] == 2 * ROWS["x"].sum()
    assert table["one", "bad"]["error"] == "OSError: no space. At all"
    lines = capsys.readouterr().out.splitlines()
    assert "one                    bad          OSError: no space" in lines
