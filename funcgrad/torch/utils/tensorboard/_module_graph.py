"""A model's layers as TensorBoard's graph: which of them gives its results to which.

Layers are found by calling the model once, and what lies between two of them by the graph of their gradients.
"""

from __future__ import annotations

from typing import Any

from funcgrad.torch._grad_mode import enable_grad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._trees import flatten
from funcgrad.torch.utils.tensorboard._messages import nested, whole

_PRODUCER = 22  # the version of TensorFlow's graphs that is written


def module_graph(model: Any, inputs: Any) -> bytes:
    """The graph of a model, a GraphDef.

    Args:
        model: A module.
        inputs: A tensor, or several, to call it with.

    Raises:
        RuntimeError: The model cannot be called with them.
    """
    args = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    drawing = _Drawing(type(model).__name__)
    args = tuple(drawing.given(k, x) for k, x in enumerate(args))
    was_training = model.training
    model.train(False)
    hooks = [
        module.register_forward_hook(drawing.hook(name))
        for name, module in model.named_modules()
        if not any(True for _ in module.children())
    ]
    try:
        with enable_grad():
            result = model(*args)
    except RuntimeError as error:
        print(error)
        print("Error occurs, No graph saved")
        raise
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)
    drawing.add("output", "IO Node", [result], ())
    return b"".join(drawing.nodes) + nested(4, whole(1, _PRODUCER))


class _Drawing:
    """The nodes so far, and whose result each node of the gradients' graph is."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.nodes: list[bytes] = []
        self.names: set[str] = set()
        self.makers: dict[Any, str] = {}

    def given(self, k: int, x: Any) -> Any:
        """An input of the model, made to take part in the gradients' graph where it can."""
        if isinstance(x, Tensor) and x.dtype.is_floating_point:
            x = x.detach().requires_grad_().clone()
        self.add(f"input/input.{k}", "IO Node", (), [x])
        return x

    def hook(self, name: str) -> Any:
        def called(module: Any, args: Any, result: Any) -> None:
            self.add(name.replace(".", "/") or "self", type(module).__name__, args, result)

        return called

    def add(self, path: str, kind: str, args: Any, result: Any) -> None:
        """A layer, called with `args`."""
        name, again = f"{self.model}/{path}", 1
        while name in self.names:
            again += 1
            name = f"{self.model}/{path}.{again}"
        self.names.add(name)
        fields = [nested(1, name), nested(2, kind)]
        fields += [nested(3, source) for source in self._sources(args)]
        self.nodes.append(nested(1, b"".join(fields)))
        for x in flatten(result)[0]:
            if isinstance(x, Tensor) and x.grad_fn is not None:
                self.makers[x.grad_fn] = name

    def _sources(self, args: Any) -> list[str]:
        """The layers whose results lead to the arguments."""
        found: dict[str, None] = {}
        left = [x.grad_fn for x in flatten(args)[0] if isinstance(x, Tensor)]
        seen: set[Any] = set()
        while left:
            node = left.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            if node in self.makers:
                found[self.makers[node]] = None
            else:
                left += [after for after, _ in node.next_functions]
        return list(found)
