"""A list of jobs, done once each by worker processes that share a folder.

A job is done when its result is in the folder's storage, an SQLite file that Optuna
writes. A worker that is busy with a job holds a lock on a file; the operating system
frees it when the process ends, however it ends. So a worker that is killed costs only
the trial that it was on, and another worker does that job again.
"""

import contextlib
import hashlib
import inspect
import json
import math
import os
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

from course_utils import ROOT, CourseError
from course_utils.artifacts import root, write_atomic

import optuna
from optuna.trial import TrialState

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

MAX_RESTARTS = 3

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def make_folder(name):
    """The learner's own folder artifacts/NAME, made if it is not there.

    Raises CourseError where nothing can be written in it.
    """
    write_atomic(root() / name / ".writable", b"")
    return root() / name


def write_script(path, parts):
    """Write a script of texts and of functions, whose source it takes: the path."""
    texts = [p if isinstance(p, str) else inspect.getsource(p) for p in parts]
    write_atomic(path, "\n\n".join(text.strip() + "\n" for text in texts).encode())
    return path


def search(script, plans, num_workers=2, kill_at=None):
    """Do all jobs of the plans in worker processes: {name: its Optuna study}.

    plans: {name: {"jobs": [settings, ...], ...}}. Optional keys of a plan: space, the
    distributions that each trial draws its settings from; method, what the script calls
    its sampler and pruner; budget, CPU-seconds of finished trials after which no other
    begins. A second call with the same script and plans resumes, or returns what is
    there. kill_at: kill one worker when so many jobs are done, as an experiment.
    Raises CourseError when workers die again and again.
    """
    folder, studies, names, killed = script.parent, {}, [], []
    for label, plan in plans.items():
        to_json = optuna.distributions.distribution_to_json
        space = {key: to_json(d) for key, d in plan.get("space", {}).items()}
        text = json.dumps(plan | {"space": space})
        digest = hashlib.sha256(script.read_bytes() + text.encode()).hexdigest()
        name = f"{label}-{digest[:8]}"
        write_atomic(folder / f"{name}.json", text.encode())
        studies[label] = open_study(folder, name)
        if open_jobs(studies[label], plan):
            names.append(name)
    lines = {label: _Line() for label in plans}

    def watch(processes):
        for label, study in studies.items():
            values = [trial.value for trial in finished(study).values()]
            lines[label].draw(
                f"{label}: {len(values)} jobs done, {spent(study):.0f} CPU-seconds, "
                f"best {min(values, default=math.nan):.4g}"
            )
        if kill_at is not None and processes and not killed:
            if sum(len(finished(study)) for study in studies.values()) >= kill_at:
                killed.append(processes[0].kill())  # on Linux and macOS: kill -9

    if names:
        run(script, folder, *names, num_workers=num_workers, watch=watch)
    watch([])
    return studies


def open_study(folder, name):
    """The study of this name in the folder's storage, made if it is not there."""
    wait = {"connect_args": {"timeout": 60}}  # seconds until the others have written
    url = f"sqlite:///{(folder / 'studies.db').as_posix()}"
    storage = optuna.storages.RDBStorage(url, engine_kwargs=wait)
    # Optuna's own default pruner would stop trials that nobody asked it to stop.
    options = dict(pruner=optuna.pruners.NopPruner(), load_if_exists=True)
    return optuna.create_study(storage=storage, study_name=name, **options)


def finished(study):
    """{job number: the trial that finished it}, in the order of finishing.

    Trials that were stopped early count, too.
    """
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    trials = study.get_trials(deepcopy=False, states=states)
    trials = sorted(trials, key=lambda trial: trial.datetime_complete)
    return {trial.user_attrs["job"]: trial for trial in trials}


def spent(study):
    """CPU-seconds of all finished trials."""
    return sum(t.user_attrs["cpu_seconds"] for t in finished(study).values())


def open_jobs(study, plan):
    """Numbers of the jobs that are not done; none when the budget is spent."""
    if spent(study) >= plan.get("budget", math.inf):
        return []
    done = finished(study)
    return [job for job in range(len(plan["jobs"])) if job not in done]


def work(folder, names, objective, method=None):
    """What a worker does: open jobs, until none is left or the budgets are spent.

    objective(trial, settings) returns the value and a dictionary of notes; the value
    may be None for a trial that was stopped early. method(name, job) returns a sampler
    and a pruner.
    """
    folder = Path(folder)
    if "COURSE_WORKER" in os.environ:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    studies = [
        (name, open_study(folder, name), _read_plan(folder, name)) for name in names
    ]
    while todo := [(*s, job) for s in studies for job in open_jobs(*s[1:])]:
        for name, study, plan, job in todo:
            with try_lock(folder / f"{name}-{job}.lock") as mine:
                # Another worker may have done it since the list was made.
                if mine and job in open_jobs(study, plan):
                    _do(job, plan, study, objective, method)
                    break
        else:
            time.sleep(0.3)  # what is left is in other hands


def _read_plan(folder, name):
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def _end_with_parent():
    while os.read(0, 1):  # the other end of this pipe closes when its process ends
        pass
    os._exit(1)


def _do(job, plan, study, objective, method):
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get("job") == job:  # whoever was on it has died
            study.tell(trial.number, state=TrialState.FAIL)
    began = time.process_time()
    if plan.get("method"):
        study.sampler, study.pruner = method(plan["method"], job)
    distribution = optuna.distributions.json_to_distribution
    trial = study.ask({key: distribution(d) for key, d in plan["space"].items()})
    trial.set_user_attr("job", job)
    value, notes = objective(trial, plan["jobs"][job] | trial.params)
    notes["cpu_seconds"] = time.process_time() - began
    for key, note in notes.items():
        trial.set_user_attr(key, note)
    # Only this makes the job done, in one transaction, while the lock is still held.
    state = TrialState.PRUNED if value is None else TrialState.COMPLETE
    study.tell(trial, value, state)


class _Line:
    """One line of a notebook's output, drawn again and again; elsewhere nothing."""

    def __init__(self):
        self.handle = None

    def draw(self, text):
        ipython, data = sys.modules.get("IPython"), {"text/plain": text}
        if not hasattr(ipython and ipython.get_ipython(), "kernel"):
            return
        if self.handle is None:
            self.handle = ipython.display.display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)


@contextlib.contextmanager
def try_lock(path):
    """Context that gives True to one process at a time, and False to all others.

    The operating system ends the claim when its process ends, however it ends: a
    worker that was killed blocks nobody. The file stays, empty.
    """
    with open(path, "ab") as file:
        try:
            if os.name == "nt":
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        try:
            yield True
        finally:
            if os.name == "nt":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)


def run(script, *arguments, num_workers=2, watch=None, seconds=0.5):
    """Run a Python script in num_workers processes and wait until all have ended.

    watch: called every `seconds` with the list of running processes. A worker that dies
    is replaced, up to 3 times in all; then raises CourseError with the last line of its
    log, which stands beside the script. No worker outlives this call or this process.
    """
    script = Path(script)
    log, deaths = script.with_suffix(".log"), 0
    paths = [str(ROOT), *filter(None, sys.path)]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        "COURSE_WORKER": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # As many workers as processors: each needs one thread.
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }
    command = [sys.executable, str(script), *map(str, arguments)]
    with open(log, "wb") as output:
        started = []

        def start():
            options = dict(stdin=subprocess.PIPE, stdout=output, stderr=output)
            started.append(subprocess.Popen(command, env=environment, **options))
            return started[-1]

        processes = [start() for _ in range(num_workers)]
        try:
            while processes:
                time.sleep(seconds)
                if watch:
                    watch(list(processes))
                ended = [p for p in processes if p.poll() is not None]
                processes = [p for p in processes if p not in ended]
                for process in ended:
                    if process.returncode:
                        deaths += 1
                        if deaths > MAX_RESTARTS:
                            raise _died(log, process.returncode)
                        processes.append(start())
        finally:
            for process in started:
                process.kill()
                process.wait()
                process.stdin.close()


def _died(log, code):
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "no message")
    return CourseError(
        f"Workers died {MAX_RESTARTS + 1} times, the last with code {code} "
        f"({last.strip()[:120]}): mend that and run the cell again; finished work is "
        "kept."
    )
