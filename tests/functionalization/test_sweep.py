"""Training steps of many kinds: certified with equal bits; every third also runs compiled, as the stateful one does."""

import jax
import pytest
from swept_steps import STEPS

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization.certificate import compared, named_leaves

TIMES = 3


def tensors(batch):
    return jax.tree.map(torch.tensor, batch)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_certified(name):
    torch.manual_seed(0)
    step, owners, batch = STEPS[name]()
    pure = functionalize(step, *batch, **owners)
    assert pure.certificate.largest == 0, pure.certificate


@pytest.mark.usefixtures("eager")  # the stateful one: by the programs of the certificate
@pytest.mark.parametrize("name", [*STEPS][::3])  # what compiling them takes is a minute for all
def test_a_compiled_step_is_the_stateful_one(name):
    torch.manual_seed(0)
    step, owners, batch = STEPS[name]()
    pure = functionalize(step, *batch, certify=0, **owners)
    state = pure.state()
    for _ in range(TIMES):
        state, result = pure(state, *batch)
        expected = jax.tree.map(lambda x: x.detach().numpy(), step(*tensors(batch)))
    for schedule in pure._owners.schedules.values():  # the stateful steps took it along
        schedule.settle(TIMES)
    kinds = dict.fromkeys([*owners, "grad", "random"], "gradient")
    pairs = [named_leaves(*both, kinds) for both in ((state, result), (pure.state(), expected))]
    compared(TIMES, *pairs)
