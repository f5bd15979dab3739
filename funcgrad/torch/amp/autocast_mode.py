"""torch.amp.autocast: operators choose their precision, by the tables of `_autocast.py`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from funcgrad.errors import warn
from funcgrad.torch import _autocast
from funcgrad.torch._ops.copying import to_dtype
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import bfloat16, device, float16, float64

NO_CUDA = "CUDA is not available or torch_xla is imported. Disabling autocast."
WRONG_DTYPE = (
    "In CPU autocast, but the target dtype is not supported. Disabling autocast.\nCPU Autocast only supports dtypes of "
    "torch.bfloat16, torch.float16 currently."
)
NO_CALLABLE = (
    "autocast()(func) requires a callable, but got {}. Did you mean to use autocast as a context manager? For "
    "example:\n    with torch.autocast(device_type=...):\n        output = model(input)"
)


class autocast:
    """A block, or a decorator, in which matrix products run in a lower precision.

    Args:
        device_type: `cpu`; without a GPU `cuda` is disabled.
        dtype: bfloat16 (the default) or float16.
        enabled: If not, the block runs in full precision.
        cache_enabled: Without effect: equal casts are compiled to one.

    Raises:
        ValueError: `device_type` is no string.
        RuntimeError: There is no such device.
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device_type
        self.fast_dtype = get_autocast_dtype(device_type) if dtype is None else dtype
        if not is_autocast_available(device_type):
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self._enabled = enabled and self._is_possible()

    def _is_possible(self) -> bool:
        if self.device == "cuda":
            warn(NO_CUDA)
            return False
        if self.fast_dtype not in (bfloat16, float16):
            warn(WRONG_DTYPE)
            return False
        return True

    def __enter__(self) -> autocast:
        self._before = _autocast.state.dtype
        if self.device == "cpu":
            _autocast.set_dtype(self.fast_dtype if self._enabled else None)
        return self

    def __exit__(self, *error: object) -> None:
        _autocast.set_dtype(self._before)

    def __call__(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the block around each call."""
        if not callable(func):
            raise TypeError(NO_CALLABLE.format(type(func).__name__))

        @functools.wraps(func)
        def within(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return within


def is_autocast_available(device_type: str) -> bool:
    """Whether a device has autocasting."""
    return device(device_type).type in ("cpu", "cuda")


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether operators choose their precision now."""
    return device_type == "cpu" and _autocast.state.dtype is not None


def get_autocast_dtype(device_type: str) -> Any:
    """The lower precision of a device."""
    if device_type != "cpu":
        return float16
    return bfloat16 if _autocast.state.dtype is None else _autocast.state.dtype


def is_autocast_cpu_enabled() -> bool:
    """Whether operators choose their precision on the CPU now."""
    return is_autocast_enabled("cpu")


def get_autocast_cpu_dtype() -> Any:
    """The lower precision of the CPU."""
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> Any:
    """The lower precision of a GPU."""
    return get_autocast_dtype("cuda")


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """Let operators choose their precision from now on, or not; `autocast` does so for a block.

    Args:
        device_type: `cpu`; on another device nothing changes, and one flag alone is about a GPU.
        enabled: Whether they shall.
    """
    if enabled is not None and device_type == "cpu":
        _autocast.set_dtype(get_autocast_dtype("cpu") if enabled else None)


def is_autocast_cache_enabled() -> bool:
    """Whether casts of a block are kept: always, equal casts are compiled to one."""
    return True


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Without effect."""


def clear_autocast_cache() -> None:
    """Without effect: there is nothing to forget."""


def custom_fwd(fwd: Any = None, *, device_type: str, cast_inputs: Any = None) -> Any:
    """A decorator for `forward` of an `autograd.Function`, which then notes how autocasting stood.

    Args:
        fwd: The method.
        device_type: `cpu` or `cuda`.
        cast_inputs: A dtype to cast floating-point tensors to; `forward` then runs without autocasting.
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def forward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._dtype = get_autocast_dtype(device_type)
        is_on = is_autocast_enabled(device_type)
        ctx._fwd_used_autocast = is_on and cast_inputs is None
        if not is_on or cast_inputs is None:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return forward


def custom_bwd(bwd: Any = None, *, device_type: str) -> Any:
    """A decorator for `backward` of an `autograd.Function`: autocasting as it stood in `forward`."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def backward(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, dtype=ctx._dtype, enabled=ctx._fwd_used_autocast):
            return bwd(ctx, *args, **kwargs)

    return backward


def _cast(value: Any, dtype: Any) -> Any:
    """Floating-point tensors in `dtype`, in lists, tuples and mappings too; float64 stays."""
    if isinstance(value, Tensor):
        return to_dtype(value, dtype) if value.dtype.is_floating_point and value.dtype is not float64 else value
    if isinstance(value, Mapping):
        return {key: _cast(x, dtype) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_cast(x, dtype) for x in value)
    return value
