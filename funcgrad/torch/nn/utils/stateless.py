"""torch.nn.utils.stateless: the old name of `torch.func.functional_call`."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch._stateless import functional_call as _functional_call

_DEPRECATED = (
    "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
    "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement."
)


def functional_call(
    module: Any, parameters_and_buffers: Any, args: Any = None, kwargs: Any = None, **options: Any
) -> Any:
    """`torch.func.functional_call`, which takes the same arguments."""
    _warn(_DEPRECATED, FutureWarning)
    return _functional_call(module, parameters_and_buffers, args, kwargs, **options)


__getattr__ = _missing_from(__name__)
