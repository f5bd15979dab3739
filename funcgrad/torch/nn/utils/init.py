"""torch.nn.utils.skip_init."""

from __future__ import annotations

import inspect
from typing import Any

from funcgrad.torch.nn._module import Module
from funcgrad.torch.random import fork_rng


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """A module whose parameters nobody has drawn: the generator stays where it is, and they are to be set.

    Args:
        module_cls: Its class, which takes `device`.
        args: What the class is called with.
        kwargs: Likewise.

    Raises:
        RuntimeError: Not a module's class, or one without `device`.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with fork_rng():  # what is drawn in it is computed only if somebody looks
        return module_cls(*args, **kwargs)
