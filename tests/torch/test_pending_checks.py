"""Values that are wrong but not known yet: PyTorch's error, when they are."""

import pytest

import funcgrad.torch as torch
from funcgrad.torch.nn import functional as F

CASES = {
    "probabilities": (
        lambda x: F.binary_cross_entropy(x, torch.ones(6)),
        RuntimeError,
        "all elements of input should be between 0 and 1",
    ),
    "nan as a probability": (
        lambda x: F.binary_cross_entropy(x * float("nan"), torch.ones(6)),
        RuntimeError,
        "all elements of input should be between 0 and 1",
    ),
    "classes": (lambda x: F.cross_entropy(torch.randn(6, 3), x.long()), IndexError, "Target 4 is out of bounds."),
    "several classes": (
        lambda x: F.multi_margin_loss(torch.randn(6, 3), x.long()),
        RuntimeError,
        "target out of range",
    ),
    "words": (lambda x: F.embedding(x.long(), torch.randn(3, 2)), IndexError, "index out of range in self"),
    "bags": (
        lambda x: F.embedding_bag(x.long()[None], torch.randn(3, 2)),
        RuntimeError,
        "Index 2 of input takes value 4 which is not in the valid range [0, 3)",
    ),
    "places read": (
        lambda x: torch.randn(3, 2)[x.long()],
        IndexError,
        "index 4 is out of bounds for dimension 0 with size 3",
    ),
    "places from the end": (
        lambda x: torch.randn(3, 2)[-x.long()],
        IndexError,
        "index -4 is out of bounds for dimension 0 with size 3",
    ),
    "places written": (
        lambda x: torch.zeros(3).index_put((x.long(),), x),
        IndexError,
        "index 4 is out of bounds for dimension 0 with size 3",
    ),
    "gathered": (
        lambda x: torch.randn(3).gather(0, x.long()),
        RuntimeError,
        "index 4 is out of bounds for dimension 0 with size 3",
    ),
    "scattered": (
        lambda x: torch.zeros(3).scatter(0, x.long(), x),
        RuntimeError,
        "index 4 is out of bounds for dimension 0 with size 3",
    ),
    "selected": (lambda x: torch.randn(3).index_select(0, x.long()), IndexError, "index out of range in self"),
    "added": (lambda x: torch.zeros(3).index_add(0, x.long(), x), IndexError, "index out of range in self"),
    "taken": (
        lambda x: torch.zeros(3).take(x.long()),
        IndexError,
        "out of range: tried to access index 4 on a tensor of 3 elements.",
    ),
    "put": (
        lambda x: torch.zeros(3).put(-x.long(), x),
        IndexError,
        "out of range: tried to access index -4 on a tensor of 3 elements.",
    ),
    "reduced": (
        lambda x: torch.zeros(3).index_reduce(0, x.long(), x, "prod"),
        IndexError,
        "index out of range in self",
    ),
    "variances": (lambda x: F.gaussian_nll_loss(x, x, -x), ValueError, "var has negative entry/entries"),
    "deviations": (lambda x: torch.normal(x, -x), RuntimeError, "normal expects all elements of std >= 0.0"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_value_is_an_error_once_it_is_known(case):
    compute, kind, text = CASES[case]
    computed = compute(torch.arange(6.0) * 2)
    with pytest.raises(kind) as caught:
        computed.sum().item()
    assert str(caught.value) == text
    assert "test_pending_checks.py" in caught.value.__notes__[0]


@pytest.mark.parametrize("size", [3, 300])
@pytest.mark.parametrize("name", ["inv", "cholesky", "lu_factor"])
def test_a_matrix_without_an_inverse_is_an_error_at_once(name, size):
    """Scripts catch it, and try again with something added to the diagonal."""
    with pytest.raises(RuntimeError, match=r"^(torch\.)?linalg\."):
        getattr(torch.linalg, name)(torch.zeros(size, size) * 2.0)
    getattr(torch.linalg, name)(torch.zeros(size, size) * 2.0 + torch.eye(size))
