"""Plausible wrong answers to the exercises of lesson 04."""

import numpy as np


def losses_of__overflows(real, fake):
    softplus = lambda a: np.log(1 + np.exp(a))  # noqa: E731
    return np.mean(softplus(-real) + softplus(fake)), np.mean(softplus(-fake))


def losses_of__saturating(real, fake):
    discriminator_loss = np.mean(np.logaddexp(0, -real) + np.logaddexp(0, fake))
    return discriminator_loss, -np.mean(np.logaddexp(0, fake))


def losses_of__signs_swapped(real, fake):
    discriminator_loss = np.mean(np.logaddexp(0, real) + np.logaddexp(0, -fake))
    return discriminator_loss, np.mean(np.logaddexp(0, -fake))


def losses_of__sum_instead_of_mean(real, fake):
    discriminator_loss = np.sum(np.logaddexp(0, -real) + np.logaddexp(0, fake))
    return discriminator_loss, np.sum(np.logaddexp(0, -fake))


def sphere_path__straight(start, end, num_points):
    t = np.linspace(0, 1, num_points)[:, None]
    return (1 - t) * start + t * end


def sphere_path__right_angle_only(start, end, num_points):
    t = np.linspace(0, np.pi / 2, num_points)[:, None]
    return np.cos(t) * start + np.sin(t) * end


def sphere_path__end_left_out(start, end, num_points):
    angle = np.arccos(start @ end / np.linalg.norm(start) / np.linalg.norm(end))
    t = np.linspace(0, 1, num_points, endpoint=False)[:, None]
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def sphere_path__lengths_forgotten(start, end, num_points):
    angle = np.arccos(np.clip(start @ end, -1, 1))
    t = np.linspace(0, 1, num_points)[:, None]
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def coverage__counts_itself(real, generated, num_neighbours):
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, num_neighbours - 1]
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean(across.min(axis=1) <= radii)


def coverage__precision(real, generated, num_neighbours):
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, num_neighbours]
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean((across <= radii[:, None]).any(axis=0))


def coverage__density(real, generated, num_neighbours):
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, num_neighbours]
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean((across <= radii[:, None]).sum(axis=1))


def coverage__always_the_nearest(real, generated, num_neighbours):
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, 1]
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean(across.min(axis=1) <= radii)
