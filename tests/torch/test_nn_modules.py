"""Modules and functions of `nn` against what was recorded from PyTorch: text, state, draws, outputs, gradients."""

import numpy as np
import pytest
from module_cases import CASES, build, given
from module_runs import Run, differentiate, unlike
from recorded_modules import unpack

import funcgrad.torch as torch
from funcgrad.trace import CREDIT, set_credit

RECORDED = unpack()
NAMES = list(dict.fromkeys(name for name, _, _ in CASES))


@pytest.fixture(autouse=True)
def compiled(host_first):
    """Norms of short rows are added up as XLA does, to the last bit."""
    set_credit(CREDIT)


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


class _OfThreeLines(torch.nn.Module):
    def extra_repr(self):
        return "a\n\nb\n"


@pytest.mark.parametrize(
    "module, text",
    [
        (_OfThreeLines(), "_OfThreeLines(\n  a\n  \n  b\n  \n)"),
        (torch.nn.Sequential(_OfThreeLines()), "Sequential(\n  (0): _OfThreeLines(\n    a\n\n    b\n\n  )\n)"),
        (
            torch.nn.ModuleList([torch.nn.Sequential(_OfThreeLines())]),
            "ModuleList(\n  (0): Sequential(\n    (0): _OfThreeLines(\n      a\n  \n      b\n  \n    )\n  )\n)",
        ),
    ],
)
def test_a_blank_line_of_a_description_loses_its_indent_inside_another_module(module, text):
    assert repr(module) == text


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


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: torch.nn.Linear(2, 2)([1.0, 2.0]), TypeError, r"linear\(\): argument 'input' \(position 1\)"),
        (lambda: torch.nn.Embedding(2, 2)([1]), TypeError, r"embedding\(\): argument 'indices' \(position 2\) must be"),
        (
            lambda: torch.nn.Dropout()(1),
            TypeError,
            r"dropout\(\): argument 'input' \(position 1\) must be Tensor, not int",
        ),
        (lambda: torch.nn.ReLU()(None), TypeError, r"relu\(\): argument 'input' \(position 1\) must be Tensor"),
        (lambda: torch.nn.GELU()("a"), TypeError, r"gelu\(\): argument 'input' \(position 1\) must be Tensor, not str"),
        (lambda: torch.nn.LayerNorm(2)([1]), TypeError, r"layer_norm\(\): argument 'input' \(position 1\) must be"),
        (lambda: torch.nn.BatchNorm1d(2)([1]), AttributeError, "'list' object has no attribute 'dim'"),
        (lambda: torch.nn.LSTM(2, 2)([1]), AttributeError, "'list' object has no attribute 'dim'"),
        (
            lambda: torch.nn.CrossEntropyLoss()(torch.ones(2, 2), [0, 1]),
            TypeError,
            r"cross_entropy_loss\(\): argument 'target' \(position 2\) must be Tensor, not list",
        ),
        (
            lambda: torch.nn.functional.nll_loss(torch.ones(2, 2), 1),
            TypeError,
            r"nll_loss_nd\(\): argument 'target' \(position 2\) must be Tensor, not int",
        ),
        (lambda: torch.nn.functional.one_hot([1]), TypeError, r"one_hot\(\): argument 'input' \(position 1\) must be"),
        (
            lambda: torch.stack(1),
            TypeError,
            r"stack\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not",
        ),
        (lambda: torch.cat({}.values()), TypeError, "must be tuple of Tensors, not dict_values"),
        (lambda: torch.where(1), TypeError, r"where\(\): argument 'condition' \(position 1\) must be Tensor, not int"),
        (
            lambda: torch.ones(2, 2).gather(0, 1),
            TypeError,
            r"gather\(\): argument 'index' \(position 2\) must be Tensor",
        ),
        (
            lambda: torch.nn.Linear(2, 2)(np.ones(2)),
            TypeError,
            r"linear\(\): argument 'input' \(position 1\) must be Tensor, not numpy\.ndarray$",
        ),
        (lambda: torch.stack([np.ones(2)]), TypeError, "as element 0 in argument 0, but got numpy.ndarray$"),
        *(
            (
                lambda call=call: call([1.0]),
                TypeError,
                rf"^{call.__name__}\(\): argument 'input' \(position 1\) must be Tensor, not list$",
            )
            for call in (
                *(torch.softmax, torch.argmax, torch.zeros_like, torch.rand_like, torch.round, torch.sort, torch.max),
                *(torch.flatten, torch.squeeze, torch.nn.functional.elu, torch.nn.functional.leaky_relu),
            )
        ),
        (
            lambda: torch.nn.functional.silu(1.0),
            TypeError,
            r"^silu\(\): argument 'input' \(position 1\) must be Tensor",
        ),
        (
            lambda: torch.nn.functional.kl_div(torch.ones(2), 1.0),
            TypeError,
            r"^kl_div\(\): argument 'target' \(position 2\) must be Tensor, not float$",
        ),
        *(
            (lambda call=call: call((1,), torch.ones(1)), AttributeError, "^'tuple' object has no attribute 'size'$")
            for call in (
                *(torch.nn.functional.mse_loss, torch.nn.functional.l1_loss),
                torch.nn.functional.binary_cross_entropy,
            )
        ),
    ],
)
def test_what_is_no_tensor_is_refused_in_pytorchs_words(call, error, text):
    with pytest.raises(error, match=text):
        call()


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda h: torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3), h(1, 2, 4)), IndexError, "index 1 is out of bounds"),
        (lambda h: torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3), h(2, 2, 4)), RuntimeError, r"but got \(2-D, 2-D\) tensors"),
        (lambda h: torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3), (h(1, 2, 4),)), IndexError, "tuple index out of range"),
        (
            lambda h: torch.nn.LSTM(3, 4)(torch.ones(5, 2, 3), h(2, 1, 2, 4)),
            TypeError,
            "a tuple of Tensors as the state",
        ),
        (
            lambda h: torch.nn.LSTMCell(3, 4)(torch.ones(2, 3), h(2, 4)),
            TypeError,
            "must be tuple of Tensors, not Tensor",
        ),
        (lambda h: torch.nn.GRU(3, 4)(torch.ones(5, 2, 3), (h(1, 2, 4),)), AttributeError, "'tuple' object has no"),
    ],
)
def test_a_state_of_another_kind_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call(torch.zeros)


def test_one_tensor_is_the_state_of_an_lstm_without_a_batch():
    assert torch.nn.LSTM(3, 4)(torch.ones(5, 3), torch.zeros(2, 1, 4))[0].shape == (5, 4)
    assert torch.nn.LSTMCell(3, 4)(torch.ones(3), torch.zeros(2, 4))[0].shape == (4,)
