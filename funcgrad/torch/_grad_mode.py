"""Gradient mode: whether operators are differentiable, for each thread.

`state` is read by every operator; the classes here are the only ones that write it.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any


class _State(threading.local):
    grad = True  # operators build a graph
    inference = False  # results are inference tensors
    inside = False  # a module with state is being called


state = _State()


class _Process:
    in_inference = False


has_been = _Process()
"""Whether any thread has ever been in inference mode: only then need anybody look for inference tensors."""


def is_grad_enabled() -> bool:
    """Whether operators build a graph now."""
    return state.grad


def is_inference_mode_enabled() -> bool:
    """Whether inference mode is on now."""
    return state.inference


class _Mode:
    """A block, or a decorator, that sets the mode and puts the earlier one back."""

    grad = False
    inference = False

    def __enter__(self) -> None:
        self._before = state.grad, state.inference
        state.grad, state.inference = self.grad, self.inference or state.inference

    def __exit__(self, *error: object) -> None:
        state.grad, state.inference = self._before

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return _within_generator(self._again, function)

        @functools.wraps(function)
        def within(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return within

    def _again(self) -> _Mode:
        return type(self)()


def _within_generator(mode: Callable[[], _Mode], function: Callable[..., Any]) -> Callable[..., Any]:
    """A generator function whose body runs in a mode; its caller, between two items, does not."""

    @functools.wraps(function)
    def within(*args: Any, **kwargs: Any) -> Any:
        generator = function(*args, **kwargs)
        resume = functools.partial(next, generator)
        while True:
            try:
                with mode():
                    item = resume()
            except StopIteration as end:
                return end.value
            try:
                resume = functools.partial(generator.send, (yield item))
            except GeneratorExit:
                with mode():
                    generator.close()
                raise
            except BaseException as error:
                resume = functools.partial(generator.throw, error)

    return within


class no_grad(_Mode):
    """Results of operators do not require grad. A block or a decorator (with or without brackets)."""

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        return mode if function is None else mode(function)


class enable_grad(_Mode):
    """Operators build a graph again, inside `no_grad`. A block or a decorator (with or without brackets)."""

    grad = True

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        mode = super().__new__(cls)
        return mode if function is None else mode(function)


class inference_mode(_Mode):
    """`no_grad`, and results can never enter a graph later. A block or a decorator."""

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return cls(True)(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        self.inference = mode
        self.grad = not mode

    def __enter__(self) -> None:
        self._before = state.grad, state.inference
        has_been.in_inference = True
        state.grad, state.inference = self.grad, self.inference

    def _again(self) -> _Mode:
        return inference_mode(self.inference)


class set_grad_enabled(_Mode):
    """Set the mode at once; as a block, only inside it."""

    def __init__(self, mode: bool) -> None:
        self._before = state.grad, state.inference
        self.grad = mode
        state.grad = mode

    def __enter__(self) -> None:
        state.grad = self.grad

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        state.grad = self._before[0]  # as a decorator it acts only inside the function
        return super().__call__(function)

    def _again(self) -> _Mode:
        return set_grad_enabled(self.grad)
