"""torch.linalg against what was recorded from PyTorch: values, dtypes, gradients, texts of errors."""

from pathlib import Path

import numpy as np
import pytest
from namespace_cases import CASES, check, outcomes
from recorded_outcomes import unpack

import funcgrad.torch as torch

RECORDED = unpack(Path(__file__).parents[1] / "support" / "recorded" / "namespaces.npz")


@pytest.mark.usefixtures("unoptimized")
@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("linalg")])
def test_values_gradients_and_errors_are_pytorchs(name):
    for number, (ours, recorded) in enumerate(zip(outcomes(torch, CASES[name]), RECORDED[name], strict=True)):
        check(ours, recorded, f"{name}, case {number}")


def test_factors_of_low_rank_are_pytorchs():
    torch.manual_seed(0)
    a = torch.randn(30, 12) @ torch.randn(12, 20)
    u, s, v = torch.pca_lowrank(a)
    assert (u.shape, v.shape) == ((30, 6), (20, 6))
    np.testing.assert_allclose(s, [42.4452, 30.6842, 28.8190, 22.1614, 19.1194, 16.1700], atol=1e-3)
    np.testing.assert_allclose(v[0].abs()[:4], [0.2811, 0.1235, 0.2253, 0.3716], atol=1e-3)
    s = torch.pca_lowrank(a, q=3, center=False)[1]
    np.testing.assert_allclose(s, [42.4660, 32.1681, 27.7848], atol=1e-3)
    assert torch.svd_lowrank(a.T, q=2)[0].shape == (20, 2)


@pytest.mark.parametrize(
    "options, text", [({"q": 50}, r"q\(=50\) must be non-.* min\(m, n\)=20"), ({"niter": -1}, "niter")]
)
def test_factors_of_low_rank_refuse(options, text):
    with pytest.raises(ValueError, match=text):
        torch.pca_lowrank(torch.ones(30, 20), **options)


@pytest.mark.parametrize(
    "name, shapes",
    {
        "addmm": "ss ss ss",
        "addmv": "s ss s",
        "addr": "ss s s",
        "baddbmm": "sss sss sss",
        "addbmm": "ss sss sss",
    }.items(),
)
def test_a_sum_with_a_product_goes_where_it_is_told(name, shapes):
    operands = [torch.ones((2,) * len(shape)) for shape in shapes.split()]
    out = torch.empty(0)
    result = getattr(torch, name)(*operands, beta=2, out=out)
    assert result is out
    assert out.tolist() == getattr(torch, name)(*operands, beta=2).tolist()
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'gamma'|got \(.*, gamma=int\), but expected"):
        getattr(torch, name)(*operands, gamma=2)


@pytest.mark.parametrize(
    "call",
    [
        lambda **out: torch.take(torch.arange(3.0), torch.tensor([1]), **out),
        lambda **out: torch.tensordot(torch.ones(2, 2), torch.ones(2, 2), 1, **out),
        lambda **out: torch.bernoulli(torch.ones(2), **out),
    ],
)
def test_further_results_that_go_where_they_are_told(call):
    out = torch.empty(0)
    assert call(out=out) is out
    assert out.tolist() == call().tolist()


@pytest.mark.parametrize(
    "name, operands",
    [
        ("inv", 1),
        ("solve", 2),
        ("cholesky", 1),
        ("cholesky_ex", 1),
        ("qr", 1),
        ("norm", 1),
        ("slogdet", 1),
        ("vecdot", 2),
    ],
)
def test_functions_of_linalg_put_their_results_where_they_are_told(name, operands):
    call, matrix = getattr(torch.linalg, name), torch.tensor([[4.0, 1.0], [1.0, 3.0]])
    wanted = call(*[matrix] * operands)
    several = isinstance(wanted, tuple)
    outs = [torch.empty(0, dtype=x.dtype) for x in (wanted if several else (wanted,))]
    call(*[matrix] * operands, out=tuple(outs) if several else outs[0])
    assert [x.tolist() for x in outs] == [x.tolist() for x in (wanted if several else (wanted,))]


@pytest.mark.parametrize("name", ["inv", "solve", "lu_factor"])
def test_a_nan_is_no_fault_of_a_matrix(name):
    matrix = torch.eye(3)
    matrix[0, 0] = float("nan")
    result = getattr(torch.linalg, name)(*[matrix] * (2 if name == "solve" else 1))
    assert (result[0] if isinstance(result, tuple) else result).isnan().any()


def with_element(row, column, value):
    matrix = torch.tensor([[2.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 4.0]])
    matrix[row, column] = value
    return matrix


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", range(3))
def test_a_nan_leaves_no_number_in_a_solution(row, column):
    matrix = with_element(row, column, float("nan")).requires_grad_()
    for result in (torch.linalg.inv(matrix), torch.linalg.solve(matrix, torch.ones(3))):
        gradient = torch.autograd.grad(result.sum(), matrix, materialize_grads=True)[0]
        assert result.isnan().all()
        assert gradient.isnan().all()
    assert [x.item() for x in torch.linalg.slogdet(matrix)] == pytest.approx([0, float("nan")], nan_ok=True)


@pytest.mark.parametrize("at, numbers", [(0, [0, 1, 2]), (1, [0, 1, 2, 3, 5, 6])])
def test_what_a_pivot_of_nan_has_entered_is_nan(at, numbers):
    packed, pivots = torch.linalg.lu_factor(with_element(at, at, float("nan")))
    expected = [k for k in numbers if k != 4 * at]
    assert torch.nonzero(~packed.flatten().isnan()).flatten().tolist() == expected
    assert pivots.tolist() == [1, 2, 3]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_the_other_triangle_is_not_read(value):
    clean, other = with_element(0, 0, 2.0), with_element(0, 2, value)
    b = torch.ones(3, 1)
    assert torch.linalg.cholesky(other).tolist() == torch.linalg.cholesky(clean).tolist()
    assert torch.linalg.eigvalsh(other).tolist() == torch.linalg.eigvalsh(clean).tolist()
    assert torch.cholesky_solve(b, other).tolist() == torch.cholesky_solve(b, clean).tolist()
    assert torch.cholesky_inverse(other).tolist() == torch.cholesky_inverse(clean).tolist()


def test_an_infinity_has_no_singular_values():
    matrix = with_element(0, 0, float("inf"))
    assert torch.linalg.svdvals(matrix).isnan().all()
    assert torch.linalg.matrix_rank(matrix).item() == 0
    assert all(x.isnan().all() for x in torch.linalg.svd(matrix))
