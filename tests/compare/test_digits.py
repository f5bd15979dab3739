import sys

import numpy as np
import pytest

from funcgrad.compare.digits import draw_batches, load_digits


def test_the_split_keeps_every_digit_once():
    digits = load_digits(0)
    assert digits.train_images.shape == (1437, 64)
    assert digits.test_images.shape == (360, 64)
    both = np.concatenate([digits.train_images, digits.test_images])
    assert len(np.unique(both, axis=0)) == 1797
    assert both.dtype == np.float32
    assert (both.min(), both.max()) == (0.0, 1.0)
    assert set(digits.train_labels) == set(range(10))


def test_the_seed_decides_the_split_and_the_batches():
    first, again, other = (load_digits(seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test_images, again.test_images)
    assert not np.array_equal(first.test_images, other.test_images)
    np.testing.assert_array_equal(draw_batches(first, 5, 8, 1).images, draw_batches(again, 5, 8, 1).images)
    assert not np.array_equal(draw_batches(first, 5, 8, 1).images, draw_batches(first, 5, 8, 2).images)


def test_an_epoch_shows_no_digit_twice():
    digits = load_digits(0)
    batches = draw_batches(digits, 100, 32, 0)
    assert batches.images.shape == (100, 32, 64)
    assert batches.labels.shape == (100, 32)
    epoch = batches.images[: 1437 // 32].reshape(-1, 64)
    assert len(np.unique(epoch, axis=0)) == len(epoch)


def test_labels_stay_with_their_images():
    digits = load_digits(0)
    label_of = {image.tobytes(): label for image, label in zip(digits.train_images, digits.train_labels, strict=True)}
    batches = draw_batches(digits, 3, 8, 0)
    for images, labels in zip(*batches, strict=True):
        assert [label_of[image.tobytes()] for image in images] == labels.tolist()


def test_a_batch_beyond_the_training_set_is_an_error():
    with pytest.raises(ValueError, match=r"batch of 1438 images .* training has 1437: take a smaller batch"):
        draw_batches(load_digits(0), 1, 1438, 0)


def test_missing_scikit_learn_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "funcgrad\[demo\]"'):
        load_digits(0)
