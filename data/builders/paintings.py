"""paintings/: a painting in the public domain, a style for lessons 14 and 14b.

python data/builders/paintings.py [GCOMPRIS-QT-DATA]
"""

import io
import struct

from course_utils import artifacts

from PIL import Image
from sources import main, read_package

NAME = "gogh_auvert_{}.webp"  # pieces of a puzzle: 1 to 3 above 4 to 6


def read_resources(content):
    """Files of an uncompressed Qt resource collection (.rcc): {name: bytes}."""
    tree, data, names = struct.unpack_from(">3I", content, 8)
    found, entries = {}, [0]
    for index in entries:  # which grows; an entry has 22 bytes
        name, flags, count, place = struct.unpack_from(
            ">IHII", content, tree + 22 * index
        )
        if flags & 2:  # a folder: place is the first of its `count` children
            entries += range(place, place + count)
            continue
        (length,) = struct.unpack_from(">H", content, names + name)
        start = names + name + 6
        name = content[start : start + 2 * length].decode("utf-16-be")
        (size,) = struct.unpack_from(">I", content, data + place)
        found[name] = content[data + place + 4 : data + place + 4 + size]
    return found


def build(package, data_dir):
    """Make data/paintings/ from gcompris-qt-data."""
    resources = read_package(package, "usr/share/gcompris-qt/rcc/paintings.rcc")
    files = read_resources(resources["paintings.rcc"])
    pieces = [Image.open(io.BytesIO(files[NAME.format(n)])) for n in range(1, 7)]
    width, height = pieces[0].size
    painting = Image.new("RGB", (3 * width, 2 * height))
    for number, piece in enumerate(pieces):
        painting.paste(piece, (number % 3 * width, number // 3 * height))
    file = io.BytesIO()
    painting.save(file, "JPEG", quality=85)
    artifacts.write_atomic(data_dir / "paintings" / "auvers.jpg", file.getvalue())


if __name__ == "__main__":
    main(build, "gcompris-qt-data")
