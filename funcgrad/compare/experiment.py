"""The experiment: one model, the same first weights and the same batches, trained in seven runs.

Runs a to e train the classifier; the two runs f train it with a second head that is used only in some blocks of steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

import funcgrad.torch as torch
from funcgrad.compare import loops
from funcgrad.compare.digits import Batches, Digits
from funcgrad.compare.measure import Run, measure
from funcgrad.compare.models import Classifier, TwoHeads, digit_loss, two_headed_loss
from funcgrad.compare.recording import record_functional, record_stateful
from funcgrad.optim import sgd
from funcgrad.torch import optim

HEAD_BLOCKS = 6  # the second head is used in the first, third and fifth sixth of the steps
HEAD_WEIGHT_DECAY = 0.01

LOOPS: dict[str, loops.Loop] = {
    "b": loops.zero_grad_first,
    "c": loops.zero_grad_forgotten,
    "d": loops.zero_grad_before_step,
    "e": loops.zero_grad_last,
}
HEAD_LOOPS: dict[str, loops.Loop] = {
    "f none": partial(loops.head_used_at_times, set_to_none=True),
    "f zeros": partial(loops.head_used_at_times, set_to_none=False),
}
RUNS = ("a", *LOOPS, *HEAD_LOOPS)


@dataclass(frozen=True)
class Settings:
    """What the user can choose."""

    steps: int = 300
    seed: int = 0
    lr: float = 0.1
    momentum: float = 0.9
    batch_size: int = 32
    hidden: int = 32


Advance = Callable[[str, int], None]  # told which run has just made how many steps


def run_experiment(
    settings: Settings, digits: Digits, batches: Batches, advance: Advance = lambda run, steps: None
) -> dict[str, Run]:
    """Train all runs and return their figures by name, in the order of `RUNS`."""
    runs = {"a": _functional(settings, digits, batches, partial(advance, "a"))}
    for run, loop in LOOPS.items():
        runs[run] = _stateful(loop, settings, digits, batches, partial(advance, run))
    for run, loop in HEAD_LOOPS.items():
        runs[run] = _two_headed(loop, settings, digits, batches, partial(advance, run))
    return runs


def uses_head(steps: int) -> np.ndarray:
    """Return for each step whether its batch uses the second head, bool[steps]."""
    return np.arange(steps) * HEAD_BLOCKS // steps % 2 == 0


def _functional(settings: Settings, digits: Digits, batches: Batches, advance: Callable[[int], None]) -> Run:
    model = _seeded(Classifier, settings)
    params = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    pure = _pure(batches)
    recording = record_functional(
        digit_loss, params, sgd(settings.lr, settings.momentum), list(zip(*pure, strict=True)), advance
    )
    return measure(recording, digit_loss, pure, digits)


def _stateful(
    loop: loops.Loop, settings: Settings, digits: Digits, batches: Batches, advance: Callable[[int], None]
) -> Run:
    model = _seeded(Classifier, settings)
    optimizer = optim.SGD(model.parameters(), lr=settings.lr, momentum=settings.momentum)
    pairs = [(torch.tensor(x), torch.tensor(y)) for x, y in zip(*batches, strict=True)]
    recording = record_stateful(loop, model, optimizer, pairs, advance)
    return measure(recording, digit_loss, _pure(batches), digits)


def _two_headed(
    loop: loops.Loop, settings: Settings, digits: Digits, batches: Batches, advance: Callable[[int], None]
) -> Run:
    model = _seeded(TwoHeads, settings)
    optimizer = optim.SGD(
        model.parameters(), lr=settings.lr, momentum=settings.momentum, weight_decay=HEAD_WEIGHT_DECAY
    )
    used, odd = uses_head(settings.steps), batches.labels % 2
    triples = [
        (torch.tensor(x), torch.tensor(y), torch.tensor(parity) if uses else None)
        for x, y, parity, uses in zip(*batches, odd, used, strict=True)
    ]
    recording = record_stateful(loop, model, optimizer, triples, advance)
    pure = (*_pure(batches), odd.astype(np.int32), used.astype(np.float32))
    return measure(recording, two_headed_loss, pure, digits)


def _seeded(make_model: Callable[[int], Any], settings: Settings) -> Any:
    # Equal seeds are equal weights: `torch.manual_seed` starts PyTorch's own stream of random numbers.
    torch.manual_seed(settings.seed)
    return make_model(settings.hidden)


def _pure(batches: Batches) -> tuple[np.ndarray, np.ndarray]:
    return batches.images, batches.labels.astype(np.int32)
