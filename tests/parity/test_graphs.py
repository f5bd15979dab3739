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
