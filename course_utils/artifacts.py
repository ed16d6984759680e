"""Files that lessons share: checked data sets, saved models."""

import hashlib

from course_utils import DATA_DIR, CourseError


def verify_data(*names):
    """Check every file of the named data sets against `data/SHA256SUMS`.

    Without names, all data sets are checked. Raises CourseError for the first file
    that is missing or differs from the one the course ships, and for unknown names.
    """
    sums = DATA_DIR / "SHA256SUMS"
    if not sums.is_file():
        raise CourseError(
            "data/SHA256SUMS is missing: run `git checkout -- data/SHA256SUMS` in the "
            "course folder, or download the course again."
        )
    expected = {}
    for line in sums.read_text(encoding="utf-8").splitlines():
        digest, _, path = line.partition("  ")
        expected.setdefault(path.split("/")[0], {})[path] = digest
    for name in names or expected:
        if name not in expected:
            raise CourseError(
                f"{str(name)[:60]!r} is not a data set of the course: choose from "
                f"{', '.join(expected)}."
            )
        for path, digest in expected[name].items():
            _verify_file(path, digest)


def _verify_file(path, digest):
    try:
        with open(DATA_DIR / path, "rb") as file:
            problem = (
                None
                if hashlib.file_digest(file, "sha256").hexdigest() == digest
                else "is cut short or was changed"
            )
    except FileNotFoundError:
        problem = "is missing"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    if problem:
        raise CourseError(
            f"data/{path} {problem}: run `git checkout -- data/{path}` in the course "
            "folder, or download the course again."
        )
