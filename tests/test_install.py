"""What `python install.py` says and does; the packages themselves are not installed."""

import ast
import sys

import install
from course_utils import ROOT

import pytest

RAN = []  # the commands of the test that is running
HERE = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of what install.py reads, in which pip does nothing."""
    for name in ["requirements.txt", "pyproject.toml"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(install, "ROOT", str(tmp_path))
    RAN.clear()

    def run(command, folder):
        RAN.append(command)
        python = install.python_of(folder)
        if "venv" in command:
            return real_run([*command, "--without-pip"], folder)
        assert command[:3] == [python, "-m", "pip"]

    real_run = install.run
    monkeypatch.setattr(install, "run", run)
    return tmp_path


def test_what_is_installed_stays_until_the_course_changes_or_moves(
    course, monkeypatch, capsys
):
    folder = str(course / ".venv")
    assert install.install(folder) is None and len(RAN) == 2
    assert f"Installing the course with {sys.executable}" in capsys.readouterr().out
    assert install.ask_python(install.python_of(folder))[0] == HERE
    assert install.install(folder) is None and len(RAN) == 2
    with open(course / "requirements.txt", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert install.install(folder) is None and len(RAN) == 4
    moved = course.with_name("moved")
    course.rename(moved)
    monkeypatch.setattr(install, "ROOT", str(moved))
    assert install.install(str(moved / ".venv")) is None and len(RAN) == 6


def test_what_failed_is_tried_again(course, monkeypatch):
    monkeypatch.setattr(install, "run", lambda *_: "It failed.")
    assert install.install(str(course / ".venv")) == "It failed."
    assert not (course / ".venv" / "installed").exists()


def test_another_python_than_the_one_that_is_there(course):
    problem = install.install(str(course / ".venv"), "3.9")
    assert problem.startswith(
        f"The course needs Python 3.9 and this is {HERE}: install"
    )
    assert not RAN


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_an_unsupported_python_looks_for_another_one(course, monkeypatch, version):
    monkeypatch.setattr(install.sys, "version_info", version)
    monkeypatch.setattr(install, "find_python", lambda version: None)
    told = f"needs Python 3.11, 3.12 or 3.13 and this is 3.{version[1]}: install it"
    assert told in install.install(str(course / ".venv"))
    monkeypatch.setattr(
        install, "find_python", lambda version: sys.executable * (version == "3.12")
    )
    assert install.install(str(course / ".venv")) is None
    assert RAN[0][0] == sys.executable


@pytest.mark.parametrize("free, refused", [(3e9, True), (5e9, False), (0, False)])
def test_disk_space(course, monkeypatch, free, refused):
    """0 is what some network folders report."""
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(install.shutil, "disk_usage", lambda path: usage)
    problem = install.install(str(course / ".venv"))
    assert ("needs 4 GB of disk space and 3.0 GB are free" in str(problem)) == refused


NO_NETWORK = (
    "WARNING: Retrying (Retry(total=0)) after connection broken by "
    "'NewConnectionError: Failed to establish a new connection: [Errno 111]'",
    "ERROR: Could not find a version that satisfies the requirement absl-py==2.5.1",
    "ERROR: No matching distribution found for absl-py==2.5.1",
)


@pytest.mark.parametrize(
    "lines, told",
    [
        (NO_NETWORK, "The package index cannot be reached: connect to the network"),
        (["OSError: [Errno 28] No space left on device"], "The disk is full: free 4"),
        (
            ["[Errno 13] Permission denied: '.venv'"],
            "cannot be written: move the course",
        ),
        (["not available because ensurepip is not"], "sudo apt install python3-venv"),
        (["ERROR: something else", ""], "Installing failed: ERROR: something else"),
        ([], "Installing failed: no message"),
    ],
)
def test_the_true_reason_in_one_sentence(lines, told):
    sentence = install.reason(list(lines), "FOLDER")
    assert told in sentence and len(sentence) <= 300 and "\n" not in sentence


def test_progress_is_shown_and_a_failure_is_told(tmp_path, capsys):
    code = "print('Collecting x', flush=True); print('Requirement already'); exit(3)"
    problem = install.run([sys.executable, "-c", code], str(tmp_path))
    assert problem == "Installing failed: Requirement already"
    assert capsys.readouterr().out == "  Collecting x\n"


def test_old_pythons_can_read_it():
    """An old Python must come as far as the sentence that says which one is needed."""
    source = (ROOT / "install.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
