"""Put the address of your repository everywhere: `make publish REPO=you/name`."""

import re
import shutil
import subprocess
import sys
import tomllib

from course_utils import ROOT, CourseError

HOST = "github.com/"


def address():
    """The repository's "owner/name", as pyproject.toml has it."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["urls"]["Repository"].partition(HOST)[2]


def publish(new, old=None):
    """Replace the owner and the name of the repository in all files that git knows.

    Returns the names of the files that were changed. Raises CourseError for a new
    address that is not of the form owner/name, and outside a clone.
    """
    if not re.fullmatch(r"[A-Za-z0-9-]{1,39}/[\w.-]{1,100}", new):
        raise CourseError(
            f"{new[:60]!r} is no repository: give it as owner/name, such as "
            "make publish REPO=ada/generative-ai-with-keras."
        )
    if not shutil.which("git") or not (ROOT / ".git").exists():
        raise CourseError("This is no clone of the course: get it by git clone first.")
    old = old or address()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    changed = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        data = path.read_bytes() if path.is_file() else b""
        if b"\0" not in data and old.encode() in data:
            path.write_bytes(data.replace(old.encode(), new.encode()))
            changed.append(name)
    return changed


if __name__ == "__main__":
    try:
        print("\n".join(publish(*sys.argv[1:2])))
    except (CourseError, TypeError) as error:
        sys.exit(str(error) if isinstance(error, CourseError) else __doc__)
