"""Opens saved models in a new process, as somebody else would."""

import inspect
import json
import os
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


def compare(models, inputs, formats, folder, measure, workers=1, **options):
    """Saves and reloads models in every format; prints and returns what came of it.

    models, inputs: dictionaries with the same names; formats: {format: (file name,
    save, load, imports ...)}. save(model, path) is called here; a save(path) that
    returns the model is called in a process of its own. measure(name, outputs) gives a
    number, which is the "value" of the report. The options are those of `reload`.
    Returns {(name, format): report}; `workers` processes run at a time.
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

    def open_all(how):
        file, save, load, *imports = how
        backend = {"KERAS_BACKEND": "torch"} if "torch" in imports else {}
        jobs = [(Path(folder, name, file), inputs[name]) for name in models]
        reports = [{} for _ in jobs]
        if _needs_process(save):
            reports = reload(save, jobs, imports, **options, **backend)
        opened = reload(load, jobs, imports, **options, **backend)
        pairs = zip(opened, reports, strict=True)
        return [r if "error" not in saved else saved for r, saved in pairs]

    table = {}
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(open_all, formats.values())
        for format, reports in zip(formats, results, strict=True):
            for name, report in zip(models, reports, strict=True):
                report = table[name, format] = errors[format].get(name, report)
                if "error" not in report:
                    report["value"] = measure(name, report["outputs"])
                print(f"{name:22} {format:12} {_summary(report)}", flush=True)
    return table


def _needs_process(save):
    return len(inspect.signature(save).parameters) == 1


def _summary(report):
    if "error" in report:
        return report["error"].split(". ")[0][:60]
    seconds = f"{report['import']:6.2f} + {report['load']:.3f} s"
    latency = f"{1000 * report['latency']:8.2f} ms"
    return f"{report['megabytes']:5.2f} MB {seconds} {latency}  {report['value']:.4g}"


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
