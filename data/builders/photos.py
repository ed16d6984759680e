"""photos/: three photographs in the public domain, for lessons 14 and 14b.

python data/builders/photos.py [PALAPELI-DATA]
"""

import io

from course_utils import artifacts

from PIL import Image
from sources import main, read_package

NAMES = {
    "cincinnati-bridge.jpg": "bridge.jpg",
    "citrus-fruits.jpg": "fruits.jpg",
    "european-honey-bee.jpg": "bee.jpg",
}
SIDE = 640  # pixels, the longer one


def build(package, data_dir):
    """Make data/photos/ from palapeli-data."""
    files = read_package(package, "usr/share/palapeli/collection/")
    folder, photos = data_dir / "photos", {}
    for source, name in NAMES.items():
        image = Image.open(io.BytesIO(files[source])).convert("RGB")
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=90)
        photos[name] = file.getvalue()
    for name, content in photos.items():  # when all are complete
        artifacts.write_atomic(folder / name, content)


if __name__ == "__main__":
    main(build, "palapeli-data")
