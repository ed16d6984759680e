"""Opens saved models in a new process, as somebody else would."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1"
)
RUNNER = """
import importlib, json, pathlib, sys, time
import numpy as np

modules, jobs, rows, repeats = json.load(sys.stdin)


def seconds(function, *inputs):
    began = time.process_time()
    result = function(*inputs)
    return result, time.process_time() - began


def by_name(model):
    names = [tensor.name for tensor in model.inputs]
    return lambda inputs: model.predict_on_batch([inputs[name] for name in names])


def report(load, path, given, target):
    run, load_seconds = seconds(globals()[load], pathlib.Path(path))
    run = by_name(run) if hasattr(run, "predict_on_batch") else run
    inputs = dict(np.load(given))
    total = len(next(iter(inputs.values())))
    parts = [
        {key: value[start : start + rows] for key, value in inputs.items()}
        for start in range(0, total, rows)
    ]
    np.save(target, np.concatenate([np.asarray(run(part)) for part in parts]))
    times = [seconds(run, parts[0])[1] for _ in range(repeats)]
    return {"load": load_seconds, "latency": float(np.median(times or [0]))}


def attempt(function, *inputs):
    try:
        return function(*inputs)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


importing, import_seconds = seconds(
    attempt, lambda: [importlib.import_module(name) for name in modules]
)
for job in jobs:
    result = importing if isinstance(importing, dict) else attempt(report, *job)
    print("\\nREPORT", json.dumps(result | {"import": import_seconds}), flush=True)
"""


def compare(models, inputs, formats, folder, measures, workers=1, **options):
    """Saves and reloads models in every format; prints a table of what came of it.

    models, inputs: dictionaries with the same names; formats: {format: (file name,
    save, load, imports ...)}. save(model, path) is called here; a save(path) that
    returns the model is called in a process of its own. measures: {column: function},
    where function(name, outputs) gives a number, which is added to the report. The
    options are those of `reload`. Returns {(name, format): report}; `workers`
    processes run at a time.
    """
    errors = {format: {} for format in formats}
    for format, (file, save, *_) in formats.items():
        for name, model in models.items():
            path = Path(folder, name, file)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                if not _needs_process(save):
                    save(model, path)
            except Exception as error:  # it belongs in a table of what works
                errors[format][name] = {"error": f"{type(error).__name__}: {error}"}

    groups = {}  # formats of the same runtime, whose files one process can open
    for format, (_, _, _, *imports) in formats.items():
        groups.setdefault(tuple(imports), []).append(format)

    def open_group(imports):
        keys = [(name, format) for format in groups[imports] for name in models]
        jobs = [(Path(folder, n, formats[f][0]), inputs[n]) for n, f in keys]
        written = [
            at for at, (_, f) in enumerate(keys) if _needs_process(formats[f][1])
        ]
        saves = [formats[keys[at][1]][1] for at in written]
        once = options | {"repeats": 0}
        saved = reload(saves, [jobs[at] for at in written], imports, **once)
        opened = reload([formats[f][2] for _, f in keys], jobs, imports, **options)
        for at, report in zip(written, saved, strict=True):
            opened[at] = report if "error" in report else opened[at]
        return dict(zip(keys, opened, strict=True))

    print(f"{'':27}{'MB':>6}{'load s':>9}{'call ms':>10}", end="")
    print("".join(f"{column:>12}" for column in measures))
    table = {}
    with ThreadPoolExecutor(workers) as pool:
        for reports in pool.map(open_group, groups):
            for (name, format), report in reports.items():
                report = table[name, format] = errors[format].get(name, report)
                if "error" not in report:
                    for column, measure in measures.items():
                        report[column] = measure(name, report["outputs"])
                if name == next(iter(models)):
                    print(f"{format}, {_runtime(formats[format][3:], report)}")
                print(f"  {name:25}{_summary(report, measures)}", flush=True)
    return table


def _runtime(imports, report):
    return f"{report.get('import', 0):.2f} s to import {', '.join(imports)}"


def attempt(function, *inputs, **options):
    """What the function returns, or the beginning of its error as a text."""
    try:
        return function(*inputs, **options)
    except Exception as error:
        return short(f"{type(error).__name__}: {error}", 75)


def short(text, most=58):
    """The first line of an error, cut, without the folders of this machine."""
    text = re.sub(r"(?<![\w.])([A-Za-z]:)?([\\/]+[^\\/\s:'\"]+)+[\\/]+", "", text)
    return text.partition("\n")[0][:most]


def damage(path, number, random):
    """A copy, NUMBER.NAME, with a bit flipped (even numbers) or cut short (odd ones).

    Of a folder, the largest file is damaged. random: a NumPy generator for the place.
    Returns the path of the copy.
    """
    copy = path.with_name(f"{number}.{path.name}")
    (shutil.copytree if path.is_dir() else shutil.copy)(path, copy)
    files = [file for file in [copy, *copy.rglob("*")] if file.is_file()]
    largest = max(files, key=lambda file: file.stat().st_size)
    data = bytearray(largest.read_bytes())
    place = random.integers(len(data))
    if number % 2:
        del data[place:]
    else:
        data[place] ^= 1 << random.integers(8)
    largest.write_bytes(data)
    return copy


def _needs_process(save):
    return len(inspect.signature(save).parameters) == 1


def _summary(report, measures):
    if "error" in report:
        return short(report["error"])
    seconds = f"{report['load']:9.3f}{1000 * report['latency']:10.2f}"
    values = "".join(f"{report[column]:12.4g}" for column in measures)
    return f"{report['megabytes']:6.2f}{seconds}{values}"


def reload(load, jobs, imports, helpers=(), rows=16, repeats=0):
    """Runs `load(path)(inputs)` in a new process that knows nothing but its source.

    `load` returns a Keras model or a function of a dictionary of arrays; it may be a
    list, with one for each of the jobs. jobs: pairs of a path and such a dictionary, of
    arrays (N, ...), which are given `rows` rows at a time; imports: the modules of the
    runtime, of which torch becomes the backend of Keras; helpers: functions that `load`
    uses. Returns a report for each job: "outputs" (N, ...), "megabytes" on disk, and
    "import", "load" and "latency" (median of `repeats` calls) in seconds of one
    processor core; or "error", also where a file ended the process, which then starts
    again for the next one. What `load` prints is printed.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        loads, files = load if isinstance(load, list) else [load] * len(jobs), []
        for number, (path, inputs) in enumerate(jobs):
            given, target = Path(folder, f"{number}.npz"), Path(folder, f"{number}.npy")
            np.savez(given, **inputs)
            names = loads[number].__name__, path, given, target
            files.append([str(name) for name in names])
        parts = map(inspect.getsource, dict.fromkeys([*helpers, *loads]))
        command = [sys.executable, "-W", "ignore", "-c", "\n".join([*parts, RUNNER])]
        environment = os.environ | ONE_THREAD | {"PYTHONUTF8": "1"}
        environment |= {"KERAS_BACKEND": "torch"} if "torch" in imports else {}
        reports = []
        while files[len(reports) :]:  # again without the file that ended the process
            done = subprocess.run(
                command,
                input=json.dumps([imports, files[len(reports) :], rows, repeats]),
                env=environment,
                capture_output=True,
                encoding="utf-8",
            )
            for line in filter(None, done.stdout.splitlines()):
                if line.startswith("REPORT "):
                    reports.append(json.loads(line.removeprefix("REPORT ")))
                else:
                    print(line)
            if files[len(reports) :]:
                ended = f"the process ended with code {done.returncode}"
                reports.append({"error": f"RuntimeError: {ended}"})
        for report, (_, path, _, target) in zip(reports, files, strict=True):
            if "error" not in report:
                report["megabytes"] = _megabytes(Path(path))
                report["outputs"] = np.load(target)
    return reports


def _megabytes(path):
    files = filter(Path.is_file, path.rglob("*")) if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files) / 1e6
