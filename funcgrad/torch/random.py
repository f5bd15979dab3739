"""torch.random: the default generator and its seed."""

from __future__ import annotations

from collections.abc import Generator as Block
from contextlib import contextmanager
from typing import Any

import numpy as np

from funcgrad.torch import _random
from funcgrad.torch._dispatch import value_of
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import device
from funcgrad.trace import array_of, constant


class Generator(_random.Generator):
    """A stream of random numbers: PyTorch's on a CPU, bit for bit."""

    def get_state(self) -> Tensor:
        """The state, as 5056 bytes."""
        return wrap(constant(self.state_bytes()))

    def set_state(self, new_state: Tensor) -> None:
        """Go back to a state."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
        self.set_state_bytes(np.asarray(array_of(value_of(new_state), "rng state")))

    @property
    def device(self) -> device:
        """Where the numbers are drawn."""
        return device("cpu")


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Start the default generator's stream anew, from what `int` makes of a seed."""
    return default_generator.manual_seed(int(seed))  # pyright: ignore[reportReturnType]


def seed() -> int:
    """Start the default generator's stream at an unpredictable place; return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Put the default generator into a state."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **other: Any) -> Block[None]:
    """In the block the default generator goes on as usual; after it, it is where it was before.

    Args:
        devices: Whose generators are kept too; only the CPU is there.
        enabled: Whether the block does that at all.
        other: `device_type`, without effect.
    """
    before = default_generator.get_state() if enabled else None
    try:
        yield
    finally:
        if before is not None:
            default_generator.set_state(before)
