"""Run the study of a lesson: its own cells with other parameters, a process a run.

    python -m course_utils.authoring.study 03b

`notebooks/studies/NN.json` lists the runs, each with its `parameters`. They replace
those of the lesson's parameters cell; then all cells run up to the one with the tag
`study`, and the numbers that `results` has by then are stored beside them, with the
CPU-seconds and the hash of the code. Runs that have results from this code are kept.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course_utils import CourseError
from course_utils.authoring import execute, stamps

import nbformat


def path_of(number):
    """File of the study of a lesson, which need not exist."""
    return stamps.NOTEBOOKS / "studies" / f"{number}.json"


def cells_of(notebook):
    """The cells of a lesson up to the one with the tag `study`."""
    for index, cell in enumerate(notebook.cells):
        if "study" in cell.metadata.get("tags", []):
            return notebook.cells[: index + 1]
    raise CourseError("no cell has the tag study: tag the one that makes `results`.")


def source_hash(path, text=None):
    """Hash of all that the results of a lesson's study depend on.

    text: the notebook's, where it is not to be read from the file.
    """
    text = Path(path).read_text(encoding="utf-8") if text is None else text
    notebook = nbformat.reads(text, as_version=4)
    notebook.cells = cells_of(notebook)
    return stamps.source_hash(path, nbformat.writes(notebook), study=False)


def run(path):
    """Runs what is missing or stale, two runs at a time; writes after each of them."""
    number = stamps.number_of(path)
    file, code = path_of(number), source_hash(path)
    study = json.loads(file.read_text(encoding="utf-8"))
    if study.get("source_hash") != code:
        study = {"runs": [{"parameters": r["parameters"]} for r in study["runs"]]}
    study["source_hash"] = code

    missing = [run for run in study["runs"] if "results" not in run]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda r: _in_a_process(number, r["parameters"]), missing)
        for entry, results in zip(missing, found, strict=True):
            entry |= results
            execute.write(file, json.dumps(study, indent=1) + "\n")
            print(number, json.dumps(entry), flush=True)


def _in_a_process(number, parameters):
    command = [sys.executable, "-m", __spec__.name, number, "--run"]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"COURSE_ARTIFACTS": folder, "MPLBACKEND": "agg"}
        process = subprocess.run(
            [*command, json.dumps(parameters)],
            env=environment | {"SMOKE_TEST": ""},
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
    if process.returncode:
        raise CourseError(f"the run {parameters} failed: see the message above.")
    return json.loads(process.stdout)


def _run_cells(path, parameters):
    """Runs the cells in this process: {"results": ..., "cpu_seconds": ...}."""
    names = {"__name__": "__main__", "display": print}
    with contextlib.chdir(path.parent):
        for cell in cells_of(nbformat.read(path, as_version=4)):
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code" and "setup" not in tags:
                exec(compile(cell.source, cell.id, "exec"), names)
            if "parameters" in tags:
                names |= parameters
    results = {key: float(value) for key, value in names["results"].items()}
    return {"results": results, "cpu_seconds": round(time.process_time())}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m course_utils.authoring.study")
    parser.add_argument("lesson", nargs="+", help="such as 03b")
    parser.add_argument("--run", type=json.loads, help="only this run, {parameter: …}")
    options = parser.parse_args(arguments)
    try:
        for path in stamps.lessons(options.lesson):
            if options.run is None:
                run(path)
            else:
                with contextlib.redirect_stdout(sys.stderr):
                    result = _run_cells(Path(path), options.run)
                print(json.dumps(result))
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
