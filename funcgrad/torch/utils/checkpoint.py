"""torch.utils.checkpoint: runs the function; XLA decides what is kept and what is computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.errors import missing_from as _missing_from


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Any = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """The function's results, with the values and gradients of a checkpointed call.

    Args:
        function: What is run.
        args: Its positional arguments.
        use_reentrant: Without effect, as are the other options.
        context_fn: Without effect.
        determinism_check: Without effect.
        debug: Without effect.
        early_stop: Without effect.
        preserve_rng_state: Without effect: nothing is drawn twice.
        kwargs: The function's keywords.
    """
    return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """The result of modules or functions applied one after another.

    Args:
        functions: An `nn.Sequential`, or a list.
        segments: Without effect.
        input: What the first one takes.
        use_reentrant: Without effect.
        kwargs: Without effect.
    """
    for function in functions.children() if hasattr(functions, "children") else functions:
        input = function(input)
    return input


__getattr__ = _missing_from(__name__)
