"""nn.attention: the choice of kernels, and attention from functions of positions."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.nn.attention import SDPBackend, sdpa_kernel
from funcgrad.torch.nn.attention.flex_attention import (
    AuxRequest,
    and_masks,
    create_block_mask,
    create_mask,
    flex_attention,
)

F = torch.nn.functional


@pytest.fixture
def qkv():
    torch.manual_seed(0)
    return [torch.randn(2, heads, 5, 4) for heads in (4, 2, 2)]


def causal(b, h, q, k):
    return q >= k


def near(b, h, q, k):
    return q - k < 2


def test_kernels_can_be_asked_for(qkv):
    q = qkv[0]
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        F.scaled_dot_product_attention(q, q, q)
    assert repr(SDPBackend.MATH) == "<SDPBackend.MATH: 0>"
    with pytest.raises(AssertionError, match="Backend must be an instance of SDPBackend"), sdpa_kernel("math"):
        pass


def test_a_mask_of_positions(qkv):
    q, k, v = qkv
    expected = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
    mask = create_block_mask(causal, None, None, 5, 5)
    found = flex_attention(q, k, v, block_mask=mask, enable_gqa=True)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)
    assert create_mask(and_masks(causal, near), 1, 1, 3, 3).int().tolist() == [[[[1, 0, 0], [1, 1, 0], [0, 1, 1]]]]


def test_scores_that_depend_on_heads_and_distance(qkv):
    q, slopes = qkv[0].requires_grad_(), torch.tensor([1.0, 0.5, 0.25, 0.125])
    found, sums = flex_attention(q, q, q, score_mod=lambda s, b, h, i, j: s + slopes[h] * (j - i), return_lse=True)
    distance = torch.arange(5) - torch.arange(5)[:, None]
    scores = q @ q.mT / 2 + slopes[:, None, None] * distance
    np.testing.assert_allclose(found.detach().numpy(), (scores.softmax(-1) @ q).detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sums.detach().numpy(), scores.logsumexp(-1).detach().numpy(), rtol=1e-5)
    assert torch.autograd.grad(found.sum(), q)[0].shape == q.shape
    lse, largest = flex_attention(q, q, q, return_aux=AuxRequest(max_scores=True))[1]
    assert lse is None
    assert largest.equal((q @ q.mT / 2).amax(-1))


def test_a_query_that_sees_nothing_gives_zeros(qkv):
    q = qkv[0]
    found = flex_attention(q, q, q, block_mask=create_block_mask(lambda b, h, i, j: i > j, None, None, 5, 5))
    assert found[:, :, 0].eq(0).all()
