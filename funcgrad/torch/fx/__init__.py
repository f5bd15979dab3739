"""torch.fx: graphs of modules, which are not there; what marks functions for them, and what libraries import, is."""

from typing import Any

from funcgrad.torch._absent import absent as _absent

_IMPORTED = frozenset({"Graph", "GraphModule", "Interpreter", "Node", "Proxy", "Tracer", "Transformer"})


def wrap(fn_or_name: Any) -> Any:
    """The function itself: PyTorch would keep it whole in a graph of modules."""
    return fn_or_name


__getattr__ = _absent(__name__, "Look at a step with funcgrad.functionalize and jax.make_jaxpr.", _IMPORTED)
