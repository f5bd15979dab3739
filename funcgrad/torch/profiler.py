"""torch.profiler: times of a block of code by the wall clock, and a trace of XLA's programs if asked for.

Operators have no times of their own here: a step runs as one compiled program.
"""

from __future__ import annotations

import contextlib
import enum
import time
from collections.abc import Callable, Iterable
from typing import Any

import jax

from funcgrad.errors import UnsupportedError, unsupported
from funcgrad.errors import missing_from as _missing_from
from funcgrad.trace import synchronize

ADVICE = "Operators run inside compiled programs: use on_trace_ready=tensorboard_trace_handler(folder) for XLA's trace."


class ProfilerActivity(enum.Enum):
    """What is watched."""

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3


class ProfilerAction(enum.Enum):
    """What a schedule says about a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def kineto_available() -> bool:
    """Whether PyTorch's own profiler of events is built in."""
    return False


class record_function(contextlib.ContextDecorator):
    """A named block of code, which XLA's trace shows.

    Args:
        name: The name.
        args: Without effect.
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name = name
        self._annotation: Any = None

    def __enter__(self) -> record_function:
        self._annotation = jax.profiler.TraceAnnotation(self.name)
        self._annotation.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._annotation.__exit__(*exception)


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """Which steps a profiler records: after `skip_first`, rounds of `wait`, `warmup` and `active` steps."""

    def action(step: int) -> ProfilerAction:
        step -= skip_first
        length = wait + warmup + active
        if step < 0 or (repeat and step >= repeat * length):
            return ProfilerAction.NONE
        place = step % length
        if place < wait:
            return ProfilerAction.NONE
        if place < wait + warmup:
            return ProfilerAction.WARMUP
        return ProfilerAction.RECORD if place < length - 1 else ProfilerAction.RECORD_AND_SAVE

    return action


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[Any], None]:
    """Where a profiler puts XLA's trace, for TensorBoard's profile page.

    Args:
        dir_name: The folder.
        worker_name: Without effect.
        use_gzip: Without effect.
    """

    def handler(profiler: Any) -> None:
        """Nothing is left to do when a trace is ready: JAX has written it."""

    handler.folder = dir_name  # pyright: ignore[reportFunctionMemberAccess]
    return handler


class profile:
    """A context that times its block, and has JAX write XLA's trace if a trace handler is given.

    Args:
        activities: Without effect.
        schedule: Without effect: the whole block is recorded.
        on_trace_ready: `tensorboard_trace_handler(folder)`, or a function that gets this object at the end.
        options: PyTorch's other options, which have no effect.
    """

    def __init__(
        self,
        *,
        activities: Iterable[Any] | None = None,
        schedule: Callable[[int], Any] | None = None,
        on_trace_ready: Callable[[Any], Any] | None = None,
        **options: Any,
    ) -> None:
        self.on_trace_ready = on_trace_ready
        self.step_num = 0
        self.seconds = 0.0
        self._folder = getattr(on_trace_ready, "folder", None)

    def start(self) -> None:
        """Begin."""
        if self._folder is not None:
            jax.profiler.start_trace(self._folder)
        self._began = time.perf_counter()

    def stop(self) -> None:
        """End: what was recorded so far is run and timed."""
        synchronize("profiler")
        self.seconds = time.perf_counter() - self._began
        if self._folder is not None:
            jax.profiler.stop_trace()
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def step(self) -> None:
        """Note that a step of training is over."""
        self.step_num += 1

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<torch.profiler.profile: {self.seconds:.3f} s, {self.step_num} steps>"

    def key_averages(self, *given: Any, **options: Any) -> Any:
        """Refused: times of single operators.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(unsupported("times of single operators (key_averages)", ADVICE))

    def export_chrome_trace(self, path: str) -> None:
        """Refused: times of single operators.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(unsupported("times of single operators (export_chrome_trace)", ADVICE))


__getattr__ = _missing_from(__name__)
