"""Sizes, dimensions and counts given as a tensor or a NumPy integer, which PyTorch takes as the number."""

import numpy as np
import pytest

import funcgrad.torch as torch
import funcgrad.torch.nn.functional as F

CALLS = {
    "sum": lambda x, n: x.sum(n),
    "var": lambda x, n: x.var(n),
    "movedim": lambda x, n: x.movedim(n, 0),
    "roll": lambda x, n: torch.roll(x, n, 2),
    "split": lambda x, n: x.split(n, 2)[0],
    "chunk": lambda x, n: x.chunk(n, 3)[0],
    "unfold": lambda x, n: x.unfold(2, n, n),
    "kthvalue": lambda x, n: x.kthvalue(n, 3)[0],
    "tril": lambda x, n: torch.tril(x[0, 0], n),
    "index_select": lambda x, n: x.index_select(n, torch.tensor([0])),
    "histc": lambda x, n: torch.histc(x, n),
    "arange": lambda x, n: torch.arange(0, n, n),
    "linspace": lambda x, n: torch.linspace(0, n, n),
    "interpolate": lambda x, n: F.interpolate(x, size=[n, n], mode="bilinear"),
    "pad": lambda x, n: F.pad(x, (n, n, n, n)),
    "one_hot": lambda x, n: F.one_hot(torch.tensor([1]), n),
    "pixel_shuffle": lambda x, n: F.pixel_shuffle(torch.arange(4.0).reshape(1, 4, 1, 1), n),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_integer_in_another_form(call):
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    expected = call(x, 2)
    for n in (torch.tensor(2), (x > 3).sum() // 6, np.int64(2)):
        found = call(x, n)
        assert found.dtype is expected.dtype
        assert torch.equal(found, expected)


def test_a_range_has_the_kind_of_its_numbers():
    assert torch.arange(torch.tensor(2.5)).dtype is torch.float32
    assert torch.arange(np.float64(2.5)).tolist() == [0, 1, 2]
    assert torch.arange(np.int32(3)).dtype is torch.int64


def test_a_mask_without_dimensions():
    x = torch.tensor(2.0, requires_grad=True)
    picked = x[torch.tensor(True)]
    picked.sum().backward()
    assert (picked.shape, x.grad.item()) == ((1,), 1)
    assert x[torch.tensor(False)].shape == (0,)
    assert torch.ones(3)[torch.tensor(True)].shape == (1, 3)
    y = torch.zeros(2)
    y[torch.tensor(False)] = 1
    y[torch.tensor(True)] += 2
    assert y.tolist() == [2, 2]


@pytest.mark.parametrize("dim", [(), [], torch.Size([])], ids=repr)
def test_no_dimension_stands_for_all_of_them_but_for_truths(dim):
    x = torch.arange(6.0).reshape(2, 3)
    for name in ("sum", "mean", "amax", "amin", "std", "var", "norm", "nansum", "nanmean", "count_nonzero"):
        assert torch.equal(getattr(torch, name)(x, dim=dim), getattr(torch, name)(x)), name
    assert torch.equal(torch.linalg.vector_norm(x, dim=dim), torch.linalg.vector_norm(x))
    assert torch.equal(torch.all(x, dim=dim), x != 0)
    assert torch.equal(torch.any(x, dim=dim), x != 0)
    assert torch.logsumexp(x, dim, keepdim=True).shape == (1, 1)
    with pytest.raises(RuntimeError, match=r"output with shape \[\] doesn't match the broadcast shape \[1, 1\]"):
        torch.logsumexp(x, dim)
    with pytest.raises(RuntimeError, match=r"linalg.norm: If dim is specified, it must be of length 1 or 2. Got \[\]"):
        torch.linalg.norm(x, dim=dim)


def test_the_dtype_of_a_softmax_is_third_but_in_nn_functional():
    x = torch.ones(2, 3)
    assert torch.softmax(x, -1, torch.float64).dtype is torch.float64
    assert x.log_softmax(1, torch.float64).dtype is torch.float64
    assert torch.nn.functional.softmax(x, 1, 3, torch.float64).dtype is torch.float64
    assert torch.softmax(x, 1, None).dtype is torch.float32
