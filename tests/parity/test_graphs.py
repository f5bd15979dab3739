"""Graphs as scripts draw them, and the tensors that nodes saved, beside the real PyTorch's."""

import gc
import weakref

import pytest
import torch as real
from alike import assert_alike, plain
from graph_drawings import drawn, graphs, packing, saved
from scenarios import error

import funcgrad.torch as shim

pytestmark = [pytest.mark.usefixtures("eager"), pytest.mark.filterwarnings("ignore")]


def test_a_drawn_graph_is_pytorchs():
    assert graphs(shim) == graphs(real)


def test_saved_tensors_are_pytorchs():
    assert_alike(plain(saved(shim)), plain(saved(real)))


def facts(torch):
    """Which objects a walk meets twice, and when saved tensors are gone."""
    w = torch.ones(2, 2, requires_grad=True)
    y = torch.nn.functional.linear(w, w, w[0])
    node = y.grad_fn
    (_, x, turned), again = [target for target, _ in node.next_functions], node.next_functions
    product = (w * w).tanh()
    saved = product.grad_fn._saved_result
    same = x.variable is w, turned is again[2][0], turned.next_functions[0][0] is x, saved is product
    of_leaf = (w * w).grad_fn
    w_saved = of_leaf._saved_self is w
    product.sum().backward()
    freed = error(lambda: product.grad_fn._saved_result)
    h = w * 1
    square = h**2
    h.add_(1)
    return same, w_saved, freed, error(lambda: square.grad_fn._saved_self), drawn(saved.grad_fn)


def test_identity_and_release():
    assert facts(shim) == facts(real)


def test_a_drawn_graph_is_not_kept_alive():
    w = shim.ones(2, 2, requires_grad=True)
    y = shim.nn.functional.linear(w * 1, w)
    drawn(y.grad_fn)
    gone = weakref.ref(y.grad_fn), weakref.ref(w)
    del y, w
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


def test_hooks_on_saved_tensors_are_called_as_pytorchs():
    assert_alike(plain(packing(shim)), plain(packing(real)))


def test_a_loop_with_hooks_on_saved_tensors_is_right_at_every_turn():
    """A walk that was seen before is replayed; not where users have packed."""
    found = {}
    for torch in (real, shim):
        w, counts, found[torch] = torch.ones(2, requires_grad=True), [0, 0], []

        def counted(k, factor, counts=counts):
            def hook(x):
                counts[k] += 1
                return x * factor

            return hook

        for turn in range(6):
            with torch.autograd.graph.saved_tensors_hooks(counted(0, 1), counted(1, turn)):
                loss = (w * w).tanh().sum()
            loss.backward()
            found[torch] += [*w.grad.tolist(), *counts]
    assert_alike(found[shim], found[real])


REDUCTIONS = ("none", "mean", "sum")
LOSSES = {
    "l1_loss": lambda f, x, y, **how: f.l1_loss(x, y, **how),
    "weighted l1_loss": lambda f, x, y, **how: f.l1_loss(x, y, weight=y, **how),
    "weighted mse_loss": lambda f, x, y, **how: f.mse_loss(x, y, weight=y, **how),
    "weighted huber_loss": lambda f, x, y, **how: f.huber_loss(x, y, weight=y, **how),
    "kl_div": lambda f, x, y, **how: f.kl_div(x, y, **how),
    "kl_div of logarithms": lambda f, x, y, **how: f.kl_div(x, y, log_target=True, **how),
    "poisson_nll_loss": lambda f, x, y, **how: f.poisson_nll_loss(x, y, **how),
    "full poisson_nll_loss": lambda f, x, y, **how: f.poisson_nll_loss(x, y, full=True, **how),
    "gaussian_nll_loss": lambda f, x, y, **how: f.gaussian_nll_loss(x, y, y, **how),
    "full gaussian_nll_loss": lambda f, x, y, **how: f.gaussian_nll_loss(x, y, y, full=True, **how),
    "hinge_embedding_loss": lambda f, x, y, **how: f.hinge_embedding_loss(x, y, **how),
    "margin_ranking_loss": lambda f, x, y, **how: f.margin_ranking_loss(x, y, y, **how),
    "multilabel_soft_margin_loss": lambda f, x, y, **how: f.multilabel_soft_margin_loss(x, y, **how),
    "cosine_embedding_loss": lambda f, x, y, **how: f.cosine_embedding_loss(x, y, y[:, 0], **how),
    "triplet_margin_loss": lambda f, x, y, **how: f.triplet_margin_loss(x, y, x + 1, **how),
    "soft cross_entropy": lambda f, x, y, **how: f.cross_entropy(x, y, **how),
    "smoothed cross_entropy": lambda f, x, y, **how: f.cross_entropy(x, y[:, 0].long(), label_smoothing=0.1, **how),
    "cross_entropy of sequences": lambda f, x, y, **how: f.cross_entropy(x[..., None], y[:, :1].long(), **how),
    "cross_entropy of images": lambda f, x, y, **how: f.cross_entropy(x[..., None, None], y[:, :1, None].long(), **how),
    "nll_loss of images": lambda f, x, y, **how: f.nll_loss(x[..., None, None], y[:, :1, None].long(), **how),
}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_shows_the_node_of_its_reduction(loss, reduction):
    def name(torch):
        x, y = torch.full((4, 4), 0.5, requires_grad=True), torch.ones(4, 4)
        return LOSSES[loss](torch.nn.functional, x, y, reduction=reduction).grad_fn.name()

    assert name(shim) == name(real)


GRADIENTS = {
    "power": lambda torch, x: x**4,
    "square": lambda torch, x: x**2,
    "power of a number": lambda torch, x: 2**x,
    "sqrt": lambda torch, x: x.sqrt(),
    "exp": lambda torch, x: x.exp(),
    "sin": lambda torch, x: x.sin(),
    "log": lambda torch, x: x.log(),
    "relu": lambda torch, x: x.relu(),
    "sigmoid": lambda torch, x: x.sigmoid(),
    "tanh": lambda torch, x: x.tanh(),
    "elu": lambda torch, x: torch.nn.functional.elu(x),
    "gelu": lambda torch, x: torch.nn.functional.gelu(x),
    "softplus": lambda torch, x: torch.nn.functional.softplus(x),
    "silu": lambda torch, x: torch.nn.functional.silu(x),
    "softmax": lambda torch, x: x.softmax(-1),
    "log_softmax": lambda torch, x: x.log_softmax(-1),
    "norm": lambda torch, x: x.norm(),
    "std": lambda torch, x: x.std(),
    "logsumexp": lambda torch, x: x.logsumexp(0),
    "layer_norm": lambda torch, x: torch.nn.functional.layer_norm(x, (4,)),
    "batch_norm": lambda torch, x: torch.nn.functional.batch_norm(x, None, None, training=True),
    "mse_loss": lambda torch, x: torch.nn.functional.mse_loss(x, x.detach() + 1),
    "cross_entropy": lambda torch, x: torch.nn.functional.cross_entropy(x, torch.arange(4)),
    "binary_cross_entropy": lambda torch, x: torch.nn.functional.binary_cross_entropy(x, torch.ones(4, 4)),
    "prod": lambda torch, x: x.prod(),
}


@pytest.mark.parametrize("function", GRADIENTS)
def test_a_gradient_shows_the_last_node_of_its_formula(function):
    def text(torch):
        x = (torch.arange(16.0).reshape(4, 4) / 20 + 0.1).requires_grad_()
        y = GRADIENTS[function](torch, x)
        (gradient,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return repr(gradient).rpartition("grad_fn=")[2]

    assert text(shim) == text(real)


def test_higher_gradients_of_a_power_show_products():
    def names(torch):
        x = torch.tensor([1.5], requires_grad=True)
        y, found = x**5, []
        for _ in range(3):
            (y,) = torch.autograd.grad(y, x, torch.ones(1), create_graph=True)
            found.append(y.grad_fn.name())
        return found

    assert names(shim) == names(real)
