"""Points in two classes, within a ring and outside of it: batches to train on, and points that are kept apart."""

import numpy as np


def make_batch(seed, rows=64):
    points = np.random.default_rng(seed).uniform(-1, 1, (rows, 2)).astype(np.float32)
    return points, (np.linalg.norm(points, axis=1) < 0.75).astype(np.int32)


def batches(steps):
    return (make_batch(seed) for seed in range(steps))


HELD_OUT = [make_batch(10**6, rows=1000)]
