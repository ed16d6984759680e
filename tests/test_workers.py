"""Worker processes: every job once, kills, resuming, errors. Their objective here is
plain Python, so that a worker starts fast."""

import os
import subprocess
import sys
import time

from course_utils import workers

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from sentences import one_sentence

SCRIPT = """
import os, sys, time
from pathlib import Path
from course_utils import workers
import optuna

folder = Path(sys.argv[1])


def objective(trial, settings):
    with open(folder / "begun.txt", "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\\n")
    if settings.get("broken"):
        raise ValueError("the objective is broken")
    time.sleep(settings["seconds"])
    trial.report(settings["x"], 1)
    stopped = settings["x"] > 0.9
    return None if stopped else settings["x"] ** 2, {"pid": os.getpid()}


def method(name, job):
    return optuna.samplers.RandomSampler(seed=job), optuna.pruners.NopPruner()


workers.work(folder, sys.argv[2:], objective, method)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "a folder" / "worker.py"
    path.parent.mkdir()
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def plan(num_jobs, seconds=0.05, **options):
    space = {"x": FloatDistribution(0, 1)}
    jobs = [{"seconds": seconds}] * num_jobs
    return {"jobs": jobs, "space": space, "method": "random", **options}


def each_job_once(study, num_jobs):
    """All jobs are done, each by one trial."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    done = [t.user_attrs["job"] for t in study.get_trials(states=states)]
    return sorted(done) == list(range(num_jobs))


def test_two_workers_do_every_job_once_although_one_is_killed(script, monkeypatch):
    start, started = subprocess.Popen, []
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda *a, **k: started.append(start(*a, **k)) or started[-1],
    )
    studies = workers.search(script, {"a": plan(20, 0.2)}, kill_at=4)
    study = studies["a"]
    assert each_job_once(study, 20)
    done = workers.finished(study)
    codes = [process.returncode for process in started]  # two, and one in place of it
    assert codes[0] != 0 and codes[1:] == [0, 0]
    assert len({trial.user_attrs["pid"] for trial in done.values()}) >= 2
    assert len(study.trials) <= 21  # the killed one may have been between two trials
    # The settings of a job do not depend on who did it, or when.
    again = optuna.samplers.RandomSampler(seed=7)
    other = optuna.create_study(sampler=again).ask(plan(1)["space"])
    assert done[7].params == other.params
    # A second call returns what is there.
    begun = (script.parent / "begun.txt").read_text(encoding="utf-8")
    same = workers.search(script, {"a": plan(20, 0.2)})["a"]
    assert len(same.trials) == len(study.trials)
    assert (script.parent / "begun.txt").read_text(encoding="utf-8") == begun
    # Trials that were stopped early count as done, with the value reported last.
    stopped = [t for t in done.values() if t.state == TrialState.PRUNED]
    assert [t.value for t in stopped] == [t.params["x"] for t in stopped]


def test_a_search_whose_processes_all_died_resumes(script, tmp_path):
    plans = {"a": plan(12, 0.2), "b": plan(3)}
    caller = tmp_path / "caller.py"
    caller.write_text(
        "import sys\nfrom pathlib import Path\n"
        "from course_utils import workers\nfrom test_workers import plan\n"
        "plans = {'a': plan(12, 0.2), 'b': plan(3)}\n"
        "workers.search(Path(sys.argv[1]), plans)\n",
        encoding="utf-8",
    )
    paths = [os.path.dirname(__file__), str(workers.ROOT)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen([sys.executable, caller, script], env=environment)
    begun = script.parent / "begun.txt"
    wait_until(lambda: begun.exists() and begun.read_text("utf-8").count("\n") >= 5)
    process.kill()  # the workers are not told; they notice it themselves
    process.wait()
    pids = set(map(int, begun.read_text("utf-8").split()))
    wait_until(lambda: not any(map(is_running, pids)))
    studies = workers.search(script, plans)
    assert each_job_once(studies["a"], 12) and each_job_once(studies["b"], 3)
    assert len(studies["a"].trials) + len(studies["b"].trials) <= 17


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def is_running(pid):
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"


def test_without_a_method_no_trial_is_stopped_early(tmp_path):
    study = workers.open_study(tmp_path, "a")
    for value in range(8):
        trial = study.ask()
        trial.report(value, 1)
        assert not trial.should_prune()
        study.tell(trial, value)


def test_nothing_begins_after_the_budget_is_spent(script):
    study = workers.search(script, {"a": plan(10, budget=0.0)}, num_workers=1)["a"]
    assert study.trials == []
    study = workers.search(script, {"b": plan(10, budget=1e-4)}, num_workers=1)["b"]
    assert len(study.trials) == 1


def test_workers_that_cannot_work_are_not_restarted_for_ever(script, monkeypatch):
    monkeypatch.setattr(workers, "MAX_RESTARTS", 1)
    jobs = {"jobs": [{"broken": True}]}
    with one_sentence("the objective is broken"):
        workers.search(script, {"a": jobs}, num_workers=1)
    assert (script.parent / "begun.txt").read_text("utf-8").count("\n") == 2
