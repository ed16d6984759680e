"""Where the learner's own files are, and writing them whole or not at all."""

import contextlib
import errno
import os
import shutil
import stat
import time
from pathlib import Path

from course_utils import ROOT, SMOKE_TEST, CourseError


def root():
    """Folder of the learner's own files: `artifacts`, or the one in COURSE_ARTIFACTS.

    A smoke run keeps apart, in its folder `smoke`, and so never replaces a good model.
    """
    folder = Path(os.environ.get("COURSE_ARTIFACTS") or ROOT / "artifacts")
    folder = folder.expanduser().absolute()
    return folder / "smoke" if SMOKE_TEST else folder


def shown(path):
    """The path as a reader wants it: relative to the course folder where possible."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def read_plain(path, most):
    """The bytes of an ordinary file of at most `most` bytes.

    Raises OSError for anything else: a link could name any file of the machine, and a
    pipe would never end.
    """
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a link or no ordinary file")
    if status.st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most / 1e6:g} MB")
    return path.read_bytes()


def write_atomic(path, data):
    """Write bytes so that `path` holds its old or its new content at every moment.

    Creates the folder. A kill leaves at most a hidden `.tmp` file (see `sweep`).
    Raises CourseError when the disk is full or the folder cannot be written.
    """
    folder, size = path.parent, len(data)
    temporary = folder / f".{path.name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < 2 * size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(folder)
    except OSError as error:
        raise _write_error(error, folder, size) from error
    finally:  # also after Ctrl-C
        with contextlib.suppress(OSError):
            temporary.unlink()


def _sync_folder(folder):
    # The new name then survives a power cut; Windows and some file systems refuse.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_error(error, folder, size):
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        with contextlib.suppress(OSError):
            free = shutil.disk_usage(folder).free / 1e6
            return CourseError(
                f"Not saved, the older file is kept: saving in {shown(folder)} needs "
                f"{2 * size / 1e6:.2f} MB and {free:.2f} MB are free, so delete "
                "something or set COURSE_ARTIFACTS to a folder on another disk."
            )
    return CourseError(
        f"Not saved: the folder {shown(folder)} cannot be written "
        f"({error.strerror or error}), so allow writing there or set the environment "
        "variable COURSE_ARTIFACTS to a folder of yours."
    )


def sweep(folder, pattern, keep=()):
    """Delete what interrupted saves left in a folder, apart from the names in `keep`.

    Files younger than a minute stay: another notebook may be saving them right now.
    """
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):  # the other notebook swept it first
            if path.name not in keep and time.time() - path.stat().st_mtime > 60:
                path.unlink()
