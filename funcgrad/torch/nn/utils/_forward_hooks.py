"""The hook that a utility left on a module, found by its class and the name of its weight."""

from __future__ import annotations

from typing import Any


def hook_for(module: Any, kind: type, name: str) -> Any:
    """The forward pre-hook of this class for a weight, or None."""
    found = (hook for hook in module._forward_pre_hooks.values() if isinstance(hook, kind) and hook.name == name)
    return next(found, None)


def remove_hook(module: Any, kind: type, name: str) -> Any:
    """Take the hook off the module and give it back; None if there is none."""
    hook = hook_for(module, kind, name)
    for key, hung in list(module._forward_pre_hooks.items()):
        if hung is hook:
            del module._forward_pre_hooks[key]
    return hook
