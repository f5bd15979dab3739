"""The real data: 1,797 handwritten digits of 8 by 8 pixels, and the order in which training sees them.

Equal seeds give equal splits and equal batches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

TEST_SIZE = 360
PIXELS = 64
BRIGHTEST = 16.0  # the pixels are counts from 0 to 16

MISSING = """\
The handwritten digits come with scikit-learn, which is not installed.
Install what the comparison needs: pip install "funcgrad[demo]\""""


class Digits(NamedTuple):
    """Images and their digits, split for training and test."""

    train_images: np.ndarray  # float32[1437, 64], from 0 to 1
    train_labels: np.ndarray  # int64[1437]
    test_images: np.ndarray  # float32[360, 64]
    test_labels: np.ndarray  # int64[360]


class Batches(NamedTuple):
    """One batch for each step."""

    images: np.ndarray  # float32[steps, batch, 64]
    labels: np.ndarray  # int64[steps, batch]


def load_digits(seed: int) -> Digits:
    """Return the digits in a split drawn from the seed.

    Raises:
        ModuleNotFoundError: if scikit-learn is missing; the text says how to install it.
    """
    try:
        from sklearn import datasets
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(MISSING, name=error.name) from None
    images, labels = datasets.load_digits(return_X_y=True)
    images, labels = (images / BRIGHTEST).astype(np.float32), labels.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(images))
    test, train = order[:TEST_SIZE], order[TEST_SIZE:]
    return Digits(images[train], labels[train], images[test], labels[test])


def draw_batches(digits: Digits, steps: int, batch_size: int, seed: int) -> Batches:
    """Return the batches of `steps` steps: epochs in random order, of which a rest below one batch is left out.

    Raises:
        ValueError: if a batch is larger than the training set.
    """
    size = len(digits.train_images)
    if batch_size > size:
        raise ValueError(f"a batch of {batch_size} images was asked for, but training has {size}: take a smaller batch")
    rng, per_epoch = np.random.default_rng([seed, 1]), size // batch_size
    epochs = -(-steps // per_epoch)
    rows = [rng.permutation(size)[: per_epoch * batch_size].reshape(per_epoch, batch_size) for _ in range(epochs)]
    order = np.concatenate(rows)[:steps]
    return Batches(digits.train_images[order], digits.train_labels[order])
