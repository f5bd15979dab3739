import chex
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.compare.models import (
    Classifier,
    TwoHeads,
    accuracy,
    cross_entropy,
    digit_logits,
    digit_loss,
    two_headed_loss,
)
from funcgrad.tolerances import tolerance
from funcgrad.torch import nn


def pure(model):
    return {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}


@pytest.fixture
def batch(batches):
    return batches.images[0], batches.labels[0]


def test_the_pure_classifier_is_the_module(batch):
    torch.manual_seed(0)
    model, (images, labels) = Classifier(hidden=8), batch
    logits = model(torch.tensor(images))
    chex.assert_trees_all_close(digit_logits(pure(model), images), logits.detach().numpy(), **tolerance("float32"))
    loss = nn.CrossEntropyLoss()(logits, torch.tensor(labels))
    np.testing.assert_allclose(digit_loss(pure(model), batch), loss.item(), **tolerance("float32"))


@pytest.mark.parametrize("used", [0.0, 1.0])
def test_the_second_head_counts_where_it_is_used(batch, used):
    torch.manual_seed(0)
    model, (images, labels) = TwoHeads(hidden=8), batch
    hidden, loss_fn = model.features(torch.tensor(images)), nn.CrossEntropyLoss()
    loss = loss_fn(model.digit(hidden), torch.tensor(labels))
    if used:
        loss = loss + loss_fn(model.parity(hidden), torch.tensor(labels % 2))
    both = two_headed_loss(pure(model), (images, labels, labels % 2, np.float32(used)))
    np.testing.assert_allclose(both, loss.item(), **tolerance("float32"))


def test_cross_entropy_of_even_logits_is_the_logarithm_of_their_number():
    np.testing.assert_allclose(cross_entropy(np.zeros((4, 10), np.float32), np.arange(4)), np.log(10), rtol=1e-6)


def test_accuracy_counts_the_largest_logit(batch):
    images, _ = batch
    params = {"features.0.weight": np.eye(64, dtype=np.float32), "features.0.bias": np.zeros(64, np.float32)}
    params |= {"digit.weight": np.zeros((10, 64), np.float32), "digit.bias": np.eye(10, dtype=np.float32)[3]}
    labels = np.where(np.arange(len(images)) < 4, 3, 5)
    assert accuracy(params, images, labels) == 4 / len(images)
