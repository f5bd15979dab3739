"""What stands for a number, a dimension or a dtype beside the real PyTorch: both take it, with the same result."""

import numpy as np
import pytest
import torch as real

import funcgrad.torch as shim


class Index:
    """An object that stands for a whole number."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def tensors_for_dimensions(torch):
    x, one, first = torch.arange(6.0).view(2, 3), torch.tensor(True), torch.tensor(False)
    return {
        "sum": x.sum(one),
        "mean": x.mean(dim=one),
        "permute": x.permute(one, first),
        "permute_list": x.permute([one, first]),
    }


def numpys_truths_for_floats(torch):
    x, yes, no = torch.arange(6.0).view(2, 3), np.bool_(True), np.bool_(False)
    return {
        "dropout": torch.dropout(x, no, True),
        "normal_": torch.zeros(2).normal_(yes, no),
        "uniform_": torch.zeros(2).uniform_(yes, 2.0),
        "bernoulli_": torch.zeros(2).bernoulli_(yes),
        "isclose": torch.isclose(x, x + 1, rtol=yes),
        "pairwise_distance": torch.nn.functional.pairwise_distance(x, x, p=yes),
    }


def objects_for_whole_numbers(torch):
    x = torch.arange(6.0).view(2, 3)
    return {
        "topk": x.topk(Index(1)).values,
        "eye": torch.eye(Index(2)),
        "randperm": torch.randperm(Index(3)),
        "randint": torch.randint(Index(3), (Index(2),)),
        "multinomial": torch.multinomial(x + 1, Index(2)),
        "split": torch.cat(x.split([Index(1), Index(1)])),
        "Tensor": torch.Tensor(torch.tensor(2), torch.tensor(3)).shape,
        "LayerNorm": torch.nn.LayerNorm(np.int64(3))(x).detach(),
        "Conv2d": torch.nn.Conv2d(1, 1, {2, 1}).kernel_size,
    }


def tensors_for_parameters_of_draws(torch):
    half, one, zeros = torch.tensor(0.5), torch.tensor(1), lambda: torch.zeros(3)
    return {
        "normal_": zeros().normal_(half, one),
        "exponential_": zeros().exponential_(half),
        "cauchy_": zeros().cauchy_(half, one),
        "log_normal_": zeros().log_normal_(half, one),
        "bernoulli_": zeros().bernoulli_(half),
        "bernoulli_spread": torch.zeros(3, 2).bernoulli_(torch.tensor([0.1, 0.9])),
        "random_": zeros().random_(one, torch.tensor(9)),
        "normal": torch.normal(half, half, (2,)),
        "normal_of_size": torch.normal(mean=half, std=half, size=(2,)),
        "init_normal_": torch.nn.init.normal_(zeros(), half, half),
        "trunc_normal_": torch.nn.init.trunc_normal_(zeros(), half, half),
        "sparse_": torch.nn.init.sparse_(torch.zeros(2, 2), half, half),
    }


def tensors_for_numbers_of_losses(torch):
    F = torch.nn.functional
    x, y, half = torch.arange(6.0).view(2, 3), torch.tensor([0, 1]), torch.tensor(0.5)
    x2 = x.cos()
    again = torch.tensor(0.5)
    first = F.huber_loss(x, x + 3, delta=again).item()
    again.fill_(0.25)
    return {
        "cross_entropy": F.cross_entropy(x, y, label_smoothing=half),
        "ignore_index": F.cross_entropy(x, y, ignore_index=torch.tensor(1)),
        "huber_loss": F.huber_loss(x, x + 3, delta=half),
        "changed": (first, F.huber_loss(x, x + 3, delta=again).item()),
        "smooth_l1_loss": F.smooth_l1_loss(x, x + 3, beta=half),
        "triplet_margin_loss": F.triplet_margin_loss(x, x + 1, x + 2, margin=half),
        "margin_ranking_loss": F.margin_ranking_loss(x, x + 1, x + 2, margin=half),
        "cosine_embedding_loss": F.cosine_embedding_loss(x, x2, torch.tensor([1, -1]), margin=half),
        "var": x.var(correction=torch.tensor(1.5)),
        "std_mean": torch.std_mean(x, 0, correction=torch.tensor(0))[0],
        "cov": torch.cov(x, correction=torch.tensor(0)),
    }


def numbers_for_dtypes(torch):
    x = torch.arange(3)
    return {repr(k): x.to(k) for k in (2.0, True, False, 1j, np.float32(2))} | {
        "module": torch.nn.Linear(1, 1).to(2.0).weight.dtype
    }


def complex_ends(torch):
    return {
        "linspace": torch.linspace(0, 1j, 3),
        "linspace_tensors": torch.linspace(torch.tensor(0.0), torch.tensor(1 + 1j), 4),
        "linspace_double": torch.linspace(0.1, 1 + 1j, 17, dtype=torch.complex128),
        "logspace": torch.logspace(0, 1j, 3),
        "logspace_base": torch.logspace(0.0, 1 + 1j, 4, base=2, dtype=torch.complex128),
    }


def other_operands(torch):
    x = torch.arange(6.0).view(2, 3)
    return {
        "tensordot": torch.tensordot(x, torch.tensor(2.0), dims=0),
        "tensordot_by_tensor": torch.tensordot(x, x, dims=torch.tensor([[0], [0]])),
        "tensordot_by_number": torch.tensordot(x, x.T, dims=torch.tensor(1)),
        "copy_": torch.zeros(2).copy_(np.float32(2)),
        "copy_int": torch.zeros(2).copy_(np.int64(2)),
    }


TABLES = (
    tensors_for_dimensions,
    numpys_truths_for_floats,
    objects_for_whole_numbers,
    tensors_for_parameters_of_draws,
    tensors_for_numbers_of_losses,
    numbers_for_dtypes,
    complex_ends,
    other_operands,
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_what_stands_for_a_number(table):
    shown = []
    for torch in (real, shim):
        torch.manual_seed(0)
        shown.append({name: str(made) for name, made in table(torch).items()})
    theirs, ours = shown
    assert ours == theirs


def test_a_tensor_that_requires_grad_stands_for_no_number():
    share, x = shim.tensor(0.1, requires_grad=True), shim.ones(2, 3)
    with pytest.raises(TypeError, match="'label_smoothing' must be a number, but it is a Tensor that requires grad"):
        shim.nn.functional.cross_entropy(x, shim.tensor([0, 1]), label_smoothing=share)
