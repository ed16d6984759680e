"""Smoke-run every lesson as on Google Colab: `make test-colab`.

Each notebook is copied alone into an empty folder, where its setup cell must fetch the
course and bring what is missing. `git` is told to clone the last commit of this
repository in place of the public address.

`python tests/colab.py --pins FILE` only brings the pins in colab-requirements.txt to
the versions of FILE, a list that `pip freeze` wrote on Colab.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "tests" / "colab-requirements.txt"
ADDRESS = "https://github.com/OWNER/generative-ai-with-keras"
KEPT = ["tensorflow", "keras", "numpy", "protobuf", "ipython", "ipykernel"]


def environment(folder):
    """Variables that make a kernel believe that it runs on Colab."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text(
        "import sys, types\nsys.modules['google.colab'] = types.ModuleType('colab')\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {
        "IPYTHONDIR": str(folder / "ipython"),
        "PATH": path,
        "SMOKE_TEST": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # one warning less
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }


def versions():
    return {name: metadata.version(name) for name in KEPT}


def run(notebook):
    """Whether the notebook's smoke run passes, starting without the course."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "uninstall", "-q", "-y", "course_utils", "mido"], check=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        content = folder / "content"
        content.mkdir()
        shutil.copy(notebook, content)
        command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax"]
        command += ["--nbval-current-env", "--nbval-cell-timeout=300", notebook.name]
        done = subprocess.run(command, cwd=content, env=environment(folder))
        return done.returncode == 0 and (content / "course").exists()


def update_pins(frozen):
    """The requirements, every pin of them at the version of a `pip freeze` text."""
    pattern = r"(?m)^([\w.-]+)==(\S+)"
    versions = {normalised(name): v for name, v in re.findall(pattern, frozen)}

    def pin(match):
        return f"{match[1]}=={versions.get(normalised(match[1]), match[2])}"

    return re.sub(pattern, pin, REQUIREMENTS.read_text(encoding="utf-8"))


def normalised(name):
    return name.lower().replace("_", "-")


def main():
    if sys.argv[1:2] == ["--pins"]:
        frozen = Path(sys.argv[2]).read_text(encoding="utf-8")
        REQUIREMENTS.write_text(update_pins(frozen), encoding="utf-8")
        return 0
    before, failed = versions(), []
    notebooks = sorted((ROOT / "notebooks").glob("[0-9][0-9]*_*.ipynb"))
    for notebook in notebooks:
        print(notebook.name, flush=True)
        if not run(notebook):
            failed.append(notebook.name)
        if versions() != before:
            failed.append(f"{notebook.name} changed {before} to {versions()}")
    print(f"{len(notebooks)} lessons, failed: {', '.join(failed) or 'none'}")
    return int(bool(failed) or not notebooks)


if __name__ == "__main__":
    sys.exit(main())
