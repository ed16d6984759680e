"""Solutions of lesson 04."""

import numpy as np


def losses_of(real, fake):
    """Logits (N,) of real and generated pictures -> losses of D and of G."""
    discriminator_loss = np.mean(np.logaddexp(0, -real) + np.logaddexp(0, fake))
    return discriminator_loss, np.mean(np.logaddexp(0, -fake))


def sphere_path(start, end, num_points):
    """Points (num_points, D) on the arc from start (D,) to end (D,)."""
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(start @ end / lengths)
    t = np.linspace(0, 1, num_points)[:, None]
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def coverage(real, generated, num_neighbours):
    """Share of real points (N, D) with a generated one (M, D) within their radius."""
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, num_neighbours]  # 0 is the point itself
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean(across.min(axis=1) <= radii)
