"""torch.utils.checkpoint: runs the function; XLA decides what is kept and what is computed again.

A reentrant call without an input that requires grad gives no gradients to the parameters, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext as _nullcontext
from enum import Enum as _Enum
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch import _texts
from funcgrad.torch._grad_mode import no_grad as _no_grad
from funcgrad.torch._tensor import Tensor as _Tensor


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
        use_reentrant: Whether an input has to require grad for gradients to flow at all; the default is True.
        context_fn: Without effect, as are the other options.
        determinism_check: Without effect.
        debug: Without effect.
        early_stop: Without effect.
        preserve_rng_state: Without effect: nothing is drawn twice.
        kwargs: The function's keywords.

    Raises:
        ValueError: Keywords for a reentrant call.
    """
    if use_reentrant is None:
        _warn(_texts.CHECKPOINT_WITHOUT_CHOICE)
    if use_reentrant is False:
        return function(*args, **kwargs)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if any(isinstance(x, _Tensor) and x.requires_grad for x in args):
        return function(*args)
    check_backward_validity(args)
    with _no_grad():
        return function(*args)


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


def get_device_states(*args: Any) -> tuple[list[int], list[_Tensor]]:
    """The GPUs that hold some tensors, and the states of their generators: none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Put GPUs' generators into states: nothing to do."""


def noop_context_fn() -> tuple[_nullcontext[None], _nullcontext[None]]:
    """The two blocks in which a function runs first and again: they do nothing."""
    return _nullcontext(), _nullcontext()


class CheckpointPolicy(_Enum):
    """What a rule for checkpointing says of an operator's result."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


def create_selective_checkpoint_contexts(
    policy_fn_or_list: Any, allow_cache_entry_mutation: bool = False
) -> tuple[_nullcontext[None], _nullcontext[None]]:
    """The two blocks of a function whose rule says what is kept: they do nothing, since XLA decides that."""
    return noop_context_fn()


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The tensors of a tuple as leaves of graphs of their own; what is no tensor stays.

    Raises:
        RuntimeError: It is no tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, _Tensor) else x for x in inputs)


def check_backward_validity(inputs: Any) -> None:
    """Warn where no input requires grad."""
    if not any(isinstance(x, _Tensor) and x.requires_grad for x in inputs):
        _warn(_texts.CHECKPOINT_OF_NO_GRADIENT)


__getattr__ = _missing_from(__name__)
