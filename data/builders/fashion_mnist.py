"""fashion_mnist: TFDS' own data set, prepared without a network.

The Debian package holds the four original files, but with the name and the time taken
out of their gzip headers. Putting these back restores Zalando's files byte for byte,
so that the checksums registered in TFDS pass and its own builder does the rest.

python data/builders/fashion_mnist.py [PACKAGE]
"""

import tempfile
from pathlib import Path

import tensorflow_datasets as tfds
from folders import prepare
from sources import main, read_package

PACKAGE = "dataset-fashion-mnist"

# Seconds since 1970 at which the original files were compressed (31 August 2017).
TIMES = {
    "train-images-idx3-ubyte": 1504176606,
    "train-labels-idx1-ubyte": 1504176606,
    "t10k-images-idx3-ubyte": 1504176627,
    "t10k-labels-idx1-ubyte": 1504176627,
}


def restore_header(content, name, time):
    """Return gzip bytes `content` with file name and time in the header (RFC 1952)."""
    has_name = 8
    header = content[:3] + bytes([has_name]) + time.to_bytes(4, "little")
    return header + content[8:10] + name.encode("ascii") + b"\0" + content[10:]


def build(package, data_dir):
    """Make data/fashion_mnist from the Debian package dataset-fashion-mnist."""
    files = read_package(package, "usr/share/datasets/fashion-mnist/")
    with tempfile.TemporaryDirectory() as folder:
        for name, time in TIMES.items():
            restored = restore_header(files[f"{name}.gz"], name, time)
            Path(folder, f"{name}.gz").write_bytes(restored)
        config = tfds.download.DownloadConfig(
            manual_dir=folder, try_download_gcs=False, force_checksums_validation=True
        )
        prepare(
            lambda data_dir: tfds.builder("fashion_mnist", data_dir=data_dir),
            data_dir,
            download_config=config,
        )


if __name__ == "__main__":
    main(build, PACKAGE)
