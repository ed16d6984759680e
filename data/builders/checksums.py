"""Write data/SHA256SUMS over the files of all data sets (format of sha256sum).

python data/builders/checksums.py
"""

import hashlib
from pathlib import Path

from course_utils import DATA_DIR


def write_checksums(data_dir=DATA_DIR):
    """Write the SHA-256 of every file in a folder NAME/VERSION/ of `data_dir`."""
    lines = []
    for info in sorted(Path(data_dir).glob("*/*/dataset_info.json")):
        for path in sorted(info.parent.iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            lines.append(f"{digest}  {path.relative_to(data_dir).as_posix()}\n")
    Path(data_dir, "SHA256SUMS").write_text(
        "".join(lines), encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    write_checksums()
