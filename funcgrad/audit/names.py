"""Names: what the user calls a parameter, from the modules that were called and the variables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType
from typing import Any

from funcgrad.audit.place import user_frame
from funcgrad.torch._tensor import Tensor


class Names:
    """Names of tensors and modules.

    Attributes:
        modules: Every module that was called, by id.
        hidden: Ids of those that a module's `forward` called although they do not lie below it.
    """

    def __init__(self) -> None:
        self.modules: dict[int, Any] = {}
        self.hidden: set[int] = set()
        self._variables: dict[int, str] = {}

    def call(self, module: Any) -> None:
        """Note that a module was called."""
        self.modules[id(module)] = module
        frame = user_frame()
        caller = None if frame is None else frame.f_locals.get("self")
        if (
            caller is not None
            and hasattr(caller, "named_modules")
            and not any(below is module for below in caller.modules())
        ):
            self.hidden.add(id(module))

    def look(self, frame: FrameType | None) -> None:
        """Read the variables of the user's frames, the outer ones first so that inner names win."""
        frames = []
        while frame is not None:
            frames.append(frame)
            frame = frame.f_back
        for each in reversed(frames):
            if each.f_globals.get("__name__") == "__main__" or each is frames[0]:
                self._read(each.f_globals)
                self._read(each.f_locals)

    def _read(self, scope: Mapping[str, Any]) -> None:
        self._variables.update({id(value): name for name, value in scope.items() if not name.startswith("_")})

    def owners(self) -> dict[int, Any]:
        """The module that owns each parameter, by the parameter's id; of all modules below those called."""
        return {id(p): m for root in self.roots() for m in root.modules() for p in m.parameters(recurse=False)}

    def registered(self) -> set[int]:
        """Ids of the parameters that `parameters()` of a module gives which the user calls himself."""
        return {id(p) for root in self.roots() if id(root) not in self.hidden for p in root.parameters()}

    def roots(self) -> list[Any]:
        """The modules called that lie below no other."""
        below = {id(child) for module in self.modules.values() for child in module.modules() if child is not module}
        return [module for number, module in self.modules.items() if number not in below]

    def of(self, leaf: Tensor) -> str:
        """The name of a parameter, as short as it is clear."""
        roots = self.roots()
        for root in roots:
            for name, parameter in root.named_parameters():
                if parameter is leaf:
                    return f"{self._prefix(root)}{name}" if len(roots) > 1 else name
        return self._variables.get(id(leaf), f"a tensor of shape {list(leaf.shape)}")

    def _prefix(self, root: Any) -> str:
        return f"{self._variables.get(id(root), type(root).__name__)}."
