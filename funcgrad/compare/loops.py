"""The training loops under comparison, as a PyTorch user writes them.

Each yields the loss when `.grad` holds what the optimizer is about to use, and takes its step when it is resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import funcgrad.torch as torch
from funcgrad.torch import nn

Loop = Callable[[Any, Any, Iterable[Any]], Iterator[torch.Tensor]]

loss_fn = nn.CrossEntropyLoss()


def zero_grad_first(model: nn.Module, optimizer: Any, batches: Iterable[Any]) -> Iterator[torch.Tensor]:
    """(b) The right place: before backward."""
    for x, y in batches:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        yield loss
        optimizer.step()


def zero_grad_forgotten(model: nn.Module, optimizer: Any, batches: Iterable[Any]) -> Iterator[torch.Tensor]:
    """(c) No zero_grad at all."""
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        yield loss
        optimizer.step()


def zero_grad_before_step(model: nn.Module, optimizer: Any, batches: Iterable[Any]) -> Iterator[torch.Tensor]:
    """(d) Between backward and step: the optimizer gets nothing."""
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.zero_grad()
        yield loss
        optimizer.step()


def zero_grad_last(model: nn.Module, optimizer: Any, batches: Iterable[Any]) -> Iterator[torch.Tensor]:
    """(e) After step, which is before the next backward."""
    for x, y in batches:
        loss = loss_fn(model(x), y)
        loss.backward()
        yield loss
        optimizer.step()
        optimizer.zero_grad()


def head_used_at_times(
    model: Any, optimizer: Any, batches: Iterable[Any], *, set_to_none: bool
) -> Iterator[torch.Tensor]:
    """(f) Two heads, of which some batches use only one: does the gradient of the other become None or zeros?"""
    for x, y, odd in batches:
        optimizer.zero_grad(set_to_none=set_to_none)
        hidden = model.features(x)
        loss = loss_fn(model.digit(hidden), y)
        if odd is not None:
            loss = loss + loss_fn(model.parity(hidden), odd)
        loss.backward()
        yield loss
        optimizer.step()
