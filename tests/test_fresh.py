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


def save_three(path):
    path.write_text("3", encoding="utf-8")
    return lambda inputs: inputs["x"]


def total(name, outputs):
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
    assert [report.get("error") for report in reports] == [None, ended, None]


def test_errors_are_short_and_without_the_folders_of_a_machine(tmp_path):
    def fail():
        raise OSError(f"cannot open {tmp_path / 'model.h5'} now. It goes on")

    assert fresh.attempt(fail) == "OSError: cannot open model.h5 now. It goes on"
    assert fresh.attempt(max, 2, 3, key=abs) == 3
    assert (
        fresh.short(r"C:\\Users\\ada\\x.h5 is no file" + "x" * 99)[:15]
        == "x.h5 is no file"
    )
    assert fresh.short("at 1/2 of it\nmore") == "at 1/2 of it"


def test_damaged_copies(tmp_path):
    path, random = tmp_path / "model.bin", np.random.default_rng(0)
    path.write_bytes(bytes(range(100)))
    flipped, cut = (fresh.damage(path, number, random) for number in (0, 1))
    assert [p.name for p in (flipped, cut)] == ["0.model.bin", "1.model.bin"]
    bits = [a ^ b for a, b in zip(flipped.read_bytes(), range(100), strict=True)]
    assert sum(bit.bit_count() for bit in bits) == 1
    assert (
        bytes(range(100)).startswith(cut.read_bytes()) and len(cut.read_bytes()) < 100
    )
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "small").write_bytes(b"a")
    (folder / "large").write_bytes(bytes(50))
    copy = fresh.damage(folder, 1, random)
    assert (copy / "small").read_bytes() == b"a"
    assert len((copy / "large").read_bytes()) < 50


def test_a_table_of_models_and_formats(tmp_path, capsys):
    models, inputs = {"one": 1, "two": 2}, {"one": ROWS, "two": ROWS}
    formats = {
        "good": ("a.txt", save_factor, load_factor, "math"),
        "bad": ("b.txt", fail, load_factor, "math"),
        "own process": ("c.txt", save_three, load_factor, "math", "json"),
    }
    table = fresh.compare(models, inputs, formats, tmp_path, {"sum": total}, rows=3)
    assert list(table) == [(m, f) for f in formats for m in models]
    assert table["two", "good"]["sum"] == 2 * ROWS["x"].sum()
    assert table["two", "own process"]["sum"] == 3 * ROWS["x"].sum()
    assert table["one", "bad"]["error"] == "OSError: no space. At all"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["MB", "load", "s", "call", "ms", "sum"]
    assert "  one                      OSError: no space. At all" in lines
    assert any(line.startswith("own process, 0.0") for line in lines)
