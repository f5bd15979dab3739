"""torch.utils._python_dispatch: blocks that see PyTorch's own operators run, which can be imported and not entered."""

from __future__ import annotations

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._absent import stand_in as _stand_in

_ADVICE = "Look at a step with funcgrad.functionalize and jax.make_jaxpr."

TorchDispatchMode: Any = _stand_in("torch.utils._python_dispatch", "TorchDispatchMode", _ADVICE)


def is_traceable_wrapper_subclass(t: Any) -> bool:
    """Whether a tensor is made of several others: none is."""
    return False


__getattr__ = _missing_from(__name__)
