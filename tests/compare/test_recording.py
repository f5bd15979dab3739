import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.compare import recording
from funcgrad.compare.experiment import LOOPS
from funcgrad.compare.models import Classifier
from funcgrad.torch import optim


@pytest.fixture
def pairs(batches):
    return [(torch.tensor(x), torch.tensor(y)) for x, y in zip(*batches, strict=True)]


def make():
    torch.manual_seed(0)
    model = Classifier(hidden=8)
    return model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


@pytest.mark.parametrize("run", LOOPS)
def test_looking_at_a_run_does_not_change_it(run, pairs):
    model, optimizer = make()
    for _ in LOOPS[run](model, optimizer, pairs):
        pass
    alone = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    looked_at = recording.record_stateful(LOOPS[run], *make(), pairs, lambda steps: None)
    for name, value in alone.items():
        np.testing.assert_array_equal(looked_at.params[name][-1], value)


def test_every_step_moves_the_progress_bar(pairs):
    moves = []
    recording.record_stateful(LOOPS["b"], *make(), pairs, moves.append)
    assert sum(moves) == len(pairs)


def test_updates_follow_from_what_was_recorded(pairs):
    torch.manual_seed(0)
    model = Classifier(hidden=8)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    run = recording.record_stateful(LOOPS["c"], model, optimizer, pairs, lambda steps: None)
    for name, path in run.params.items():
        np.testing.assert_allclose(path[1:], path[:-1] - 0.1 * run.used[name], rtol=1e-5, atol=1e-6)
