"""Clipping of gradients: what is recorded of a call."""

import funcgrad.torch as torch
from funcgrad.trace import current, stats, synchronize


def test_clipping_many_gradients_is_one_equation_and_looks_at_nothing():
    parameters = [torch.zeros(2, requires_grad=True) for _ in range(50)]
    for p in parameters:
        p.grad = torch.ones(2)
    synchronize("test")
    flushes = stats.flushes
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    assert sum(s.equation is not None for s in current().step.path()) == 1
    assert stats.flushes == flushes


def test_the_largest_norm_is_data():
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.ones(2)

    def clip(max_norm):
        torch.nn.utils.clip_grad_norm_([p], max_norm)
        return p.grad.tolist()

    for max_norm in (1.0, 0.9, 0.8, 0.7):
        clip(max_norm)
    before = stats.programs
    for max_norm in (0.5, 0.3, 0.1):
        clip(max_norm)
    assert stats.programs == before
