"""photos/: three photographs in the public domain, for lesson 14.

python data/builders/photos.py [PALAPELI-DATA]
"""

import io

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
    (data_dir / "photos").mkdir(exist_ok=True)
    for source, name in NAMES.items():
        image = Image.open(io.BytesIO(files[source])).convert("RGB")
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        image.save(data_dir / "photos" / name, quality=90)


if __name__ == "__main__":
    main(build, "palapeli-data")
