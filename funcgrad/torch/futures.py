"""torch.futures: results that come later, within one process."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from funcgrad.errors import missing_from as _missing_from

__all__ = ["Future", "collect_all", "wait_all"]

T = TypeVar("T")
COMPLETE = (
    "Attempting to mark a completed Future as complete again. Note that a Future can only be marked completed once."
)


class Future(Generic[T]):
    """A result that is set once, by whoever computes it, and waited for by others.

    Args:
        devices: Accepted; a value's memory is never that of another stream here.
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._inner: concurrent.futures.Future[T] = concurrent.futures.Future()

    def done(self) -> bool:
        """Whether it has a result or an exception."""
        return self._inner.done()

    def wait(self) -> T:
        """The result, once it is there."""
        return self._inner.result()

    def value(self) -> T:
        """The result, which must be there.

        Raises:
            RuntimeError: It is not.
        """
        if not self.done():
            raise RuntimeError("value() of a Future that is not completed. Call wait() instead.")
        return self._inner.result()

    def set_result(self, result: T) -> None:
        """Complete it.

        Raises:
            RuntimeError: It was completed before.
        """
        if self.done():
            raise RuntimeError(COMPLETE)
        self._inner.set_result(result)

    def set_exception(self, result: BaseException) -> None:
        """Complete it with an exception, which `wait` raises."""
        assert isinstance(result, Exception), f"{result} is of type {type(result)}, not an Exception."
        self._inner.set_exception(result)

    def add_done_callback(self, callback: Callable[[Future[T]], None]) -> None:
        """Call a function with this future when it is completed, at once if it is."""
        self._inner.add_done_callback(lambda _: callback(self))

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """A future of what a function makes of this one."""
        child: Future[Any] = Future()

        def run(parent: Future[T]) -> None:
            try:
                child.set_result(callback(parent))
            except Exception as error:
                text = f"Got the following error when running the callback: {type(error).__name__}: {error}"
                child.set_exception(RuntimeError(text))

        self.add_done_callback(run)
        return child


def collect_all(futures: list[Future[Any]]) -> Future[list[Future[Any]]]:
    """A future that is completed when all of these are; its result is their list."""
    everything: Future[list[Future[Any]]] = Future()

    def look(_: Any) -> None:
        if not everything.done() and all(f.done() for f in futures):
            everything.set_result(futures)

    look(None)
    for future in futures:
        future.add_done_callback(look)
    return everything


def wait_all(futures: list[Future[Any]]) -> list[Any]:
    """The results of all of them."""
    return [future.wait() for future in futures]


__getattr__ = _missing_from(__name__)
