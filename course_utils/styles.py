"""Two pictures drawn by rule, whose styles lesson 14 transfers."""

import numpy as np
from PIL import Image

NIGHT = [[12, 25, 75], [28, 64, 140], [60, 120, 190], [150, 190, 210]]
NIGHT += [[240, 220, 120], [250, 180, 40], [20, 40, 60]]
GLASS = [[200, 30, 40], [240, 180, 40], [30, 90, 180], [40, 150, 90]]
GLASS += [[230, 230, 210], [120, 40, 140], [20, 160, 190]]


def swirl(size, seed=0, length=9):
    """Brush strokes along a flow with eddies: (size, size, 3) float32 in [0, 255].

    Line integral convolution (Cabral and Leedom 1993): each pixel is the mean of
    coloured noise along the flow line through it, `length` steps both ways. It is
    drawn at half the size and enlarged, which makes the strokes thicker.
    """
    rng, full = np.random.default_rng(seed), size
    size = max(size // 2, 1)
    y, x = np.mgrid[0:size, 0:size] / size
    flow_x, flow_y = np.full((size, size), 0.35), np.zeros((size, size))
    for _ in range(7):  # eddies
        centre_x, centre_y = rng.random(2)
        sense, width = rng.choice([-1, 1]), 0.02 + 0.05 * rng.random()
        distance = (x - centre_x) ** 2 + (y - centre_y) ** 2
        speed = sense * np.exp(-distance / width) / width**0.5
        flow_x -= speed * (y - centre_y)
        flow_y += speed * (x - centre_x)
    norm = np.hypot(flow_x, flow_y) + 1e-6
    flow_x, flow_y = flow_x / norm, flow_y / norm
    shares = [0.22, 0.25, 0.2, 0.12, 0.08, 0.05, 0.08]
    noise = np.array(NIGHT)[rng.choice(len(NIGHT), (size, size), p=shares)]
    total = np.zeros((size, size, 3))
    for direction in (1, -1):
        row, column = y * size, x * size
        for _ in range(length):
            i = row.round().astype(int).clip(0, size - 1)
            j = column.round().astype(int).clip(0, size - 1)
            total += noise[i, j]
            row = row + direction * flow_y[i, j]
            column = column + direction * flow_x[i, j]
    mean = total / (2 * length)
    middle = mean.mean(axis=(0, 1))
    picture = ((mean - middle) * 1.9 + middle).clip(0, 255).astype("uint8")
    picture = Image.fromarray(picture).resize((full, full), Image.Resampling.BICUBIC)
    return np.asarray(picture, "float32")


def stained_glass(size, seed=1, panes=70):
    """Coloured panes with leads: (size, size, 3) float32 in [0, 255].

    A Voronoi diagram: each pixel belongs to the nearest of `panes` random points.
    """
    rng = np.random.default_rng(seed)
    points = rng.random((panes, 2)) * size
    y, x = np.mgrid[0:size, 0:size]
    distances = np.hypot(x[..., None] - points[:, 0], y[..., None] - points[:, 1])
    nearest, second = np.sort(distances, axis=-1)[..., :2].transpose(2, 0, 1)
    colours = np.array(GLASS)[rng.integers(0, len(GLASS), panes)]
    glow = 0.8 + 0.4 * np.exp(-nearest / 14)
    picture = colours[distances.argmin(axis=-1)] * glow[..., None]
    picture[second - nearest < 2.2] = 20  # the leads
    return picture.clip(0, 255).astype("float32")
