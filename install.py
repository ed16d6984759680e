"""Install the course into a folder of its own: `python install.py [FOLDER] [VERSION]`.

Needs nothing but Python, and no make. FOLDER is .venv unless given. VERSION is that of
the Python to use, such as 3.12; unless given, it is the Python that runs this, or the
newest one found where that is none of 3.11, 3.12 and 3.13. A second call returns at
once; when the requirements have changed or the course has moved it installs anew.
"""

# Written for every Python from 3.6 on, so that an old one can say what is missing.
import glob
import hashlib
import os
import shutil
import subprocess
import sys

SUPPORTED = ["3.13", "3.12", "3.11"]  # the newest first
SPACE = 4e9  # bytes
ROOT = os.path.dirname(os.path.abspath(__file__))
ASK = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"


def ask_python(*command):
    """Version and path of a Python, such as ["3.12", "/usr/bin/python3"], or None."""
    try:
        answer = subprocess.check_output(
            [*command, "-c", ASK], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.decode("utf-8", "replace").splitlines()


def find_python(version):
    """Path of a Python of this version, or None."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    pattern = os.path.join(pyenv, "versions", version + ".*", "bin", "python")
    commands = [["python" + version], ["py", "-" + version], ["python3"], ["python"]]
    for command in [*commands, *([path] for path in sorted(glob.glob(pattern)))]:
        answer = ask_python(*command)
        if answer and answer[0] == version:
            return answer[1]
    return None


def python_of(folder):
    """Path of the Python in an environment."""
    windows = os.name == "nt"
    return os.path.join(
        folder, *(["Scripts", "python.exe"] if windows else ["bin", "python"])
    )


def fingerprint():
    """A text that changes when the installation has to be made anew."""
    digest = hashlib.sha256(ROOT.encode())
    for name in ["requirements.txt", "pyproject.toml"]:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def install(folder, version=None):
    """Makes the environment; returns None, or one sentence that says why it failed."""
    mark = os.path.join(folder, "installed")
    there = os.path.exists(mark) and ask_python(python_of(folder))
    if there and there[0] == (version or there[0]):
        with open(mark) as file:
            if file.read() == fingerprint():
                return None
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    versions = [version] if version else [here, *SUPPORTED]
    found = [find_python(each) for each in versions if each in SUPPORTED]
    if here in SUPPORTED and here == versions[0]:
        found = [sys.executable]
    python = next(filter(None, found), None)
    if python is None:
        return (
            f"The course needs Python {version or '3.11, 3.12 or 3.13'} and this is "
            f"{here}: install it (from python.org, conda or your system) and "
            "run this again."
        )
    free = shutil.disk_usage(ROOT).free
    if 0 < free < SPACE:  # some network folders report 0
        return (
            f"The course needs {SPACE / 1e9:.0f} GB of disk space and {free / 1e9:.1f} "
            "GB are free: delete something, or move the course to another disk."
        )
    print(f"Installing the course with {python}: a few minutes, once.", flush=True)
    # --clear: what is left of an older environment is replaced.
    problem = run([python, "-m", "venv", "--clear", folder], folder) or run(
        [python_of(folder), "-m", "pip", "--disable-pip-version-check", "install"]
        + ["--progress-bar", "off", "-r", os.path.join(ROOT, "requirements.txt")],
        folder,
    )
    if problem is None:
        with open(mark, "w") as file:
            file.write(fingerprint())
        print("Installed.", flush=True)
    return problem


def run(command, folder):
    """Runs a command and shows its progress; None, or a sentence if it failed."""
    options = {"cwd": ROOT, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process, lines = subprocess.Popen(command, **options), []
    for line in process.stdout:
        lines.append(line.decode("utf-8", "replace").strip())
        if not lines[-1].startswith(("Requirement already", "Using cached")):
            print("  " + lines[-1][:100], flush=True)
    return reason(lines, folder) if process.wait() else None


def reason(lines, folder):
    """One sentence for the output of a command that failed."""
    text = "\n".join(lines).lower()
    again = "and run this again."

    def told(*signs):
        return any(sign in text for sign in signs)

    if told("no space left", "errno 28", "disk quota"):
        return f"The disk is full: free {SPACE / 1e9:.0f} GB {again}"
    if told("permission denied", "errno 13", "read-only file system"):
        return (
            f"{folder} cannot be written: move the course to a folder of yours {again}"
        )
    if told("ensurepip is not", "no module named venv", "no module named ensurepip"):
        return (
            "This Python cannot make environments: install its venv package (Debian "
            f"and Ubuntu: sudo apt install python3-venv) {again}"
        )
    if told(
        "connection", "timed out", "name resolution", "getaddrinfo", "proxy", "ssl"
    ):
        return (
            "The package index cannot be reached: connect to the network, or tell pip "
            f"your proxy, {again}"
        )
    last = next((line for line in reversed(lines) if line), "no message")
    return f"Installing failed: {last[:200]}"


def main():
    folder, version = [*sys.argv[1:], None, None][:2]
    return install(os.path.join(ROOT, folder or ".venv"), version)


if __name__ == "__main__":
    sys.exit(main())
