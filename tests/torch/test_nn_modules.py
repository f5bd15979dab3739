"""Modules and functions of `nn` against what was recorded from PyTorch: text, state, draws, outputs, gradients."""

import pytest
from module_cases import CASES, build, given
from module_runs import Run, differentiate, unlike
from recorded_modules import unpack

import funcgrad.torch as torch

RECORDED = unpack()
NAMES = list(dict.fromkeys(name for name, _, _ in CASES))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_modules_are_pytorchs(name):
    rows = [(k, case) for k, case in enumerate(CASES) if case[0] == name]
    found = [(k + start, run(case, start == 0)) for start in (0, len(CASES)) for k, case in rows]
    differentiate(torch, [made for _, made in found])
    wrong = [f"{k} {text}" for k, made in found for text in ([made.error] if made.error else unlike(made, RECORDED[k]))]
    assert not wrong, "\n".join(wrong)


def run(case, training):
    name, options, call = case
    return Run(torch, lambda: build(torch, name, options), given(call, torch), {}, training)


def test_one_dimension_as_several():
    layer = torch.nn.Unflatten(1, (2, -1))
    assert layer(torch.zeros(3, 8)).shape == (3, 2, 4)
    assert repr(layer) == "Unflatten(dim=1, unflattened_size=(2, -1))"
    with pytest.raises(TypeError, match="must be a tuple of ints, but found type int"):
        torch.nn.Unflatten(1, 2)
    with pytest.raises(TypeError, match="found element of type float at pos 1"):
        torch.nn.Unflatten(1, (2, 2.0))


def test_batch_norm_over_processes_is_that_of_one():
    plain = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sequential(torch.nn.BatchNorm1d(3, momentum=0.3)))
    weight = plain[1][0].weight
    found = torch.nn.SyncBatchNorm.convert_sync_batchnorm(plain)
    assert isinstance(found[1][0], torch.nn.SyncBatchNorm)
    assert found[1][0].weight is weight
    x = torch.arange(12.0).reshape(4, 3)
    batch_norm = torch.nn.BatchNorm1d(3, momentum=0.3)
    assert torch.equal(found[1][0](x), batch_norm(x))
    assert torch.equal(found[1][0].running_var, batch_norm.running_var)
    with pytest.raises(ValueError, match=r"expected at least 2D input \(got 1D input\)"):
        found[1][0](torch.ones(3))


@pytest.mark.parametrize(
    "make, node, version",
    [
        (lambda: torch.ones(2, 3, 4), "ViewBackward0", 0),
        (lambda: torch.ones(3, 2, 4).transpose(0, 1), "AddBackward0", 1),
        (lambda: torch.ones(2, 3, 5)[..., :4], "AddBackward0", 1),
        (lambda: torch.ones(4, 3)[:, 0], "AddBackward0", 1),
        (lambda: torch.ones(1, 3, 4).transpose(0, 1), "ViewBackward0", 0),
        (lambda: torch.ones(4, 3).t(), "AddmmBackward0", 0),
    ],
)
def test_a_linear_layer_adds_its_bias_in_place_where_it_cannot_flatten_its_input(make, node, version):
    made = torch.nn.Linear(4, 2)(make())
    assert (made.grad_fn.name(), made._version) == (node, version)
