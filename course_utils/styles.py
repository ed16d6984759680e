"""Two pictures drawn by rule, whose styles lessons 14 and 14b transfer."""

import numpy as np
from PIL import Image, ImageDraw
from scipy import spatial
from scipy.cluster import vq

NIGHT = [[14, 26, 72], [22, 44, 112], [30, 74, 150], [58, 116, 186]]
NIGHT += [[120, 172, 206], [196, 210, 170], [246, 214, 92], [252, 170, 38]]
GLASS = [[200, 30, 40], [240, 180, 40], [30, 90, 180], [40, 150, 90]]
GLASS += [[230, 230, 210], [120, 40, 140], [20, 160, 190]]
SCALE = 3  # drawn so many times larger, then made smaller, for smooth edges


def brush_strokes(size, seed=0, length=13, strokes=2600):
    """Brush strokes along a flow with eddies: (size, size, 3) float32 in [0, 255].

    A stroke is `length` pixels long, at any size; `strokes` is their number at 192
    pixels. It follows the flow; its colour depends on its place, with a chance of a
    neighbour in `NIGHT`. One of its edges is darker, the other lighter.
    """
    rng = np.random.default_rng(seed)
    flow = _flow(size, rng)
    coarse = Image.fromarray(rng.normal(size=(7, 7)).astype("float32"))
    tone = np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC))
    rank = tone.argsort(axis=None).argsort().reshape(tone.shape) / tone.size
    picture = Image.new("RGB", (size * SCALE, size * SCALE), tuple(NIGHT[0]))
    draw, last = ImageDraw.Draw(picture), size - 1
    for _ in range(strokes * size**2 // 192**2):
        place, points = rng.uniform(-length, size, 2), []
        at = rank[*place.clip(0, last).astype(int)] + 0.13 * rng.normal()
        colour = np.array(NIGHT[int(np.clip(at, 0, 0.999) * len(NIGHT))])
        colour = colour + 10 * rng.normal(size=3) + 14 * rng.normal()
        for _ in range(length):
            points.append(place)
            place = place + flow[*place.clip(0, last).astype(int)]
        across = flow[*points[0].clip(0, last).astype(int)][::-1] * [1, -1]
        for side, light, width in ((0.9, -45, 3), (0, 0, 7), (-0.8, 38, 3)):
            line = (np.array(points) + side * across)[:, ::-1] * SCALE
            fill = tuple((colour + light).clip(0, 255).astype(int).tolist())
            draw.line([*map(tuple, line.tolist())], fill, width, joint="curve")
    return _smaller(picture, size)


def _flow(size, rng, eddies=7):
    """Directions (size, size, 2), down and right, each of length 1."""
    y, x = np.mgrid[0:size, 0:size] / size
    right, down = np.full((size, size), 0.5), np.zeros((size, size))
    for _ in range(eddies):
        centre_x, centre_y = rng.random(2)
        sense, width = rng.choice([-1, 1]), 0.02 + 0.05 * rng.random()
        distance = (x - centre_x) ** 2 + (y - centre_y) ** 2
        speed = sense * np.exp(-distance / width) / width**0.5
        right -= speed * (y - centre_y)
        down += speed * (x - centre_x)
    return np.stack([down, right], -1) / (np.hypot(down, right) + 1e-6)[..., None]


def stained_glass(size, seed=1, panes=140, lead=0.16):
    """Coloured panes with leads: (size, size, 3) float32 in [0, 255].

    A Voronoi diagram: each pixel belongs to the nearest of `panes` points, which first
    move to the middle of their panes, twice (Lloyd). The leads are about
    `lead` times as wide as the panes, which are darker near them.
    """
    rng, lead = np.random.default_rng(seed), lead * size / panes**0.5
    points, some = rng.random((panes, 2)), rng.random((20_000, 2))
    points, _ = vq.kmeans2(some, points, iter=2, minit="matrix")
    places = np.moveaxis(np.mgrid[0 : size * SCALE, 0 : size * SCALE], 0, -1)
    distances, found = spatial.KDTree(points * size).query(places / SCALE, k=2)
    edge = distances[..., 1] - distances[..., 0]  # about twice the way to the lead
    colours = np.array(GLASS)[rng.integers(0, len(GLASS), panes)]
    colours = colours * rng.uniform(0.75, 1.1, (panes, 1))
    glow = 0.72 + 0.5 * (edge / (5.4 * lead)).clip(0, 1)
    picture = colours[found[..., 0]] * glow[..., None]
    picture[edge < lead] = 18
    return _smaller(Image.fromarray(picture.clip(0, 255).astype("uint8")), size)


def _smaller(picture, size):
    picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture, "float32")
