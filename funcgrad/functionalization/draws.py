"""Draws: the random arrays of a step, which the host would draw, as functions of the stream.

While a step is recorded a draw gives an array without content, known by its memory when it enters the trace: as a
pending value, at which nobody can look, or, where only an operator of ours sees it, as a constant.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.functionalization.laws import Draw
from funcgrad.functionalization.refusal import FunctionalizationError, current_line
from funcgrad.functionalization.stream import Reader, Stream
from funcgrad.torch import Tensor, _random
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._layout import strides_of
from funcgrad.torch._tensor import wrap
from funcgrad.torch.random import default_generator
from funcgrad.trace import Aval, Op, Value, aval_of, constant, current


def _drawn(*, number: int, aval: Aval) -> Any:
    return jnp.zeros(aval.shape, aval.dtype)


DRAWN = Op("drawn", _drawn)
"""The numbers of a draw."""

BELOW = Op("below", lambda units, p, *, dtype: (units < p).astype(dtype))
"""1 where a uniform number is below a probability, else 0."""


class Draws:
    """The draws of one recorded step."""

    def __init__(self) -> None:
        self.made: list[Draw] = []
        self.pending: set[int] = set()  # those that have entered the trace as pending values
        self._arrays: list[np.ndarray] = []  # kept, so that no other array gets their memory

    def twin_of(self, law: str, original: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        """What stands for a function of `torch._random`: it refuses what that refuses, and notes the draw."""
        signature = inspect.signature(original)

        def draw(*args: Any, **kwargs: Any) -> np.ndarray:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            options = dict(given.arguments)
            if options.pop("generator") is not default_generator:
                raise FunctionalizationError(f"{_OTHER_GENERATOR}\n  at {current_line()}")
            shape = options.pop("shape", None) or (options.get("n", 1),) * ("n" in options)
            if math.prod(shape) <= 0 or options.get("n") == 1 or (law == "dropout_mask" and options["p"] in (0.0, 1.0)):
                return original(*args, **kwargs)  # which draws nothing
            if "n" not in options:
                given.arguments["shape"] = (0,)
                original(*given.args, **given.kwargs)  # for the errors
            return self._made(Draw(law, options, shape, tuple(range(len(shape)))), shape)

        return draw

    def mask_for(self, x: Tensor, p: float) -> np.ndarray:
        """Stands for the dropout mask that has the memory order of a tensor."""
        order = np.argsort([-step for step in strides_of(x)], kind="stable")
        shape = tuple(x._aval.shape[d] for d in order)
        axes = tuple(int(axis) for axis in np.argsort(order))
        return self._made(Draw("dropout_mask", {"p": p}, shape, axes), x._aval.shape)

    def bernoulli_from(self, generator: Any, probabilities: Tensor, dtype: Any = None) -> Tensor:
        """Stands for the function of `torch._random` that compares uniforms with probabilities, which it must see."""
        own = probabilities._aval.dtype
        drawn = _random.rand(generator, probabilities._aval.shape, np.float64 if own == np.float64 else np.float32)
        with no_grad():
            return apply(BELOW, (np.dtype(dtype or own),), wrap(self.constant(drawn)), probabilities)

    def _made(self, draw: Draw, shape: tuple[int, ...]) -> np.ndarray:
        self.made.append(draw)
        self._arrays.append(np.ones(shape, draw.dtype))
        return self._arrays[-1]

    def number_of(self, array: Any) -> int | None:
        """Which draw an array is, if it is one.

        Raises:
            FunctionalizationError: It is a draw in another order.
        """
        if not isinstance(array, np.ndarray):
            return None
        for number, made in enumerate(self._arrays):
            if np.shares_memory(made, array):
                if (array.shape, array.strides) != (made.shape, made.strides):
                    raise FunctionalizationError(_REARRANGED.format(self.made[number].law))
                return number
        return None

    def constant(self, array: Any) -> Value:
        """Stands for `trace.constant`: a draw becomes a pending value, a tensor stays its own."""
        if isinstance(array, Tensor):
            return value_of(array)
        number = self.number_of(array)
        if number is None:
            return constant(array)
        self.pending.add(number)
        _, (value,) = current().record(DRAWN, (number, aval_of(array.shape, array.dtype)), ())
        return value

    def check_used(self, numbers: set[int]) -> None:
        """Refuse draws that have not entered the trace as they are."""
        for number, draw in enumerate(self.made):
            if number not in self.pending | numbers:
                raise FunctionalizationError(_REARRANGED.format(draw.law))


_REARRANGED = (
    "the step draws random numbers ({}) that the host rearranges or computes with before they are used, as an LSTM "
    "does with packed sequences and gumbel_softmax with its noise; or nothing uses them. Pad the sequences, write the "
    "noise with tensors, fill contiguous tensors only, or draw outside and pass the numbers."
)
_OTHER_GENERATOR = (
    "the step draws from a generator of its own, which would give the same numbers in every pure step. Draw from the "
    "default one, after torch.manual_seed, or draw outside and pass the numbers as arguments."
)


def drawn(draws: tuple[Draw, ...], stream: Stream | None) -> tuple[list[jax.Array], Stream | None]:
    """All arrays of a step, and the stream after them."""
    if not draws or stream is None:
        return [], stream
    reader = Reader(stream, sum(draw.words for draw in draws))
    return [draw.read(reader) for draw in draws], reader.rest()
