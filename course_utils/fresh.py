"""Opens saved models in a new process, as somebody else would."""

import inspect
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ONE_THREAD = dict.fromkeys(
    ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1"
)
RUNNER = """
import importlib, json, pathlib, sys, time
import numpy as np

modules, jobs, rows, repeats = json.loads(sys.argv[1])


def seconds(function, *inputs):
    began = time.process_time()
    result = function(*inputs)
    return result, time.process_time() - began


def by_name(model):
    names = [tensor.name for tensor in model.inputs]
    return lambda inputs: model.predict_on_batch([inputs[name] for name in names])


def report(path, given, target):
    run, load_seconds = seconds(load, pathlib.Path(path))
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


def compare(models, inputs, formats, folder, measure, **options):
    """Saves and reloads models in every format; prints and returns what came of it.

    formats: {name: how}, see `save_and_reload`; measure(name, outputs) gives a number.
    Returns {(model, format): report}, with the number as "value".
    """
    table = {}
    for format, how in formats.items():
        reports = save_and_reload(models, inputs, how, folder, **options)
        for name, report in reports.items():
            table[name, format] = report
            if "error" not in report:
                report["value"] = measure(name, report["outputs"])
            print(f"{name:22} {format:12} {_summary(report)}")
    return table


def _summary(report):
    if "error" in report:
        return report["error"].split(". ")[0][:60]
    seconds = f"{report['import']:6.2f} + {report['load']:.3f} s"
    latency = f"{1000 * report['latency']:8.2f} ms"
    return f"{report['megabytes']:5.2f} MB {seconds} {latency}  {report['value']:.4g}"


def save_and_reload(models, inputs, how, folder, **options):
    """Saves models in one format and opens the files in a new process, as `reload`.

    models, inputs: dictionaries with the same names; how: (file name, save, load,
    imports ...). save(model, path) is called here, and save(path), which returns the
    model, in a process of its own. Returns {name: report}, with the error of saving
    where that failed.
    """
    file, save, load, *imports = how
    if "torch" in imports:
        options |= {"KERAS_BACKEND": "torch"}
    jobs, errors = [(Path(folder, name, file), inputs[name]) for name in models], []
    for name, (path, _) in zip(models, jobs, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            if len(inspect.signature(save).parameters) > 1:
                save(models[name], path)
        except Exception as error:  # any of them belongs in a table of what works
            errors.append({"error": f"{type(error).__name__}: {error}"})
        else:
            errors.append({})
    if len(inspect.signature(save).parameters) == 1:
        reports = reload(save, jobs, imports, **options)
        errors = [{k: v for k, v in r.items() if k == "error"} for r in reports]
    reports = reload(load, jobs, imports, **options)
    pairs = zip(models, reports, errors, strict=True)
    return {name: report | error for name, report, error in pairs}


def reload(load, jobs, imports, helpers=(), rows=16, repeats=0, **environment):
    """Runs `load(path)(inputs)` in a new process that knows nothing but its source.

    `load` returns a Keras model or a function of a dictionary of arrays. jobs: pairs
    of a path and such a dictionary, of arrays (N, ...), which are given `rows` rows at
    a time; imports: the modules of the runtime; helpers: functions that `load` uses;
    keywords go to the environment. Returns a report for each job: "outputs" (N, ...),
    "import", "load" and "latency" (median of `repeats` calls) in seconds of one
    processor core, and "megabytes" on disk; or "error". What `load` prints is printed.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = []
        for number, (path, inputs) in enumerate(jobs):
            given, target = Path(folder, f"{number}.npz"), Path(folder, f"{number}.npy")
            np.savez(given, **inputs)
            files.append([str(path), str(given), str(target)])
        parts = [*map(inspect.getsource, [*helpers, load]), f"load = {load.__name__}"]
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "\n".join([*parts, RUNNER])]
            + [json.dumps([imports, files, rows, repeats])],
            env=os.environ | ONE_THREAD | {"PYTHONUTF8": "1"} | environment,
            capture_output=True,
            encoding="utf-8",
        )
        reports = []
        for line in filter(None, done.stdout.splitlines()):
            if line.startswith("REPORT "):
                reports.append(json.loads(line.removeprefix("REPORT ")))
            else:
                print(line)
        for report, (path, _, target) in zip(reports, files, strict=False):
            if "error" not in report:
                report["megabytes"] = _megabytes(Path(path))
                report["outputs"] = np.load(target)
    ended = {"error": f"RuntimeError: the process ended with code {done.returncode}"}
    return reports + [dict(ended) for _ in jobs[len(reports) :]]


def _megabytes(path):
    files = filter(Path.is_file, path.rglob("*")) if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files) / 1e6
