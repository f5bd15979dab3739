"""A recorder of training runs: copy this file beside a PyTorch script, or beside a loop in JAX.

It needs NumPy only, uses PyTorch's public hooks (2.1 or newer), and changes nothing in the run. In a PyTorch script:

    from record_run import record
    recorder = record(model, optimizer, "run.npz")      # before the loop
    recorder.loss(loss)                                 # beside loss.backward(), if the losses are to be compared

In a functional loop, where `params`, `grads` and each entry of `state` are trees of dictionaries, lists and arrays:

    recorder = Recorder("run.npz").start(params)
    recorder.step(params=params, grads=grads, loss=loss, inputs=(x, y), options={"lr": 0.1})

The file is a zip archive of NumPy arrays and of `run.json`, which lists them. It is written after `steps` updates, or
when the process ends if that comes first.
"""

from __future__ import annotations

import atexit
import io
import json
import math
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

FORMAT, VERSION = "funcgrad-run", 1
CALLS = 8  # forward and backward calls kept in one step: more are counted, and the last one counts for all of them
QUANTITIES = 6  # about so many arrays are kept for each parameter in each step
LARGEST = 1 << 22  # elements of a parameter; what has more is thinned out to every 2nd, 4th, ... element
LARGEST_OTHER = 1 << 15  # elements of a batch or an output
OTHERS = ("input", "output", "loss", "buffer")  # families of quantities that do not have the shape of a parameter


def record(model: Any, optimizers: Any, path: str, steps: int = 10, megabytes: int = 64) -> Recorder:
    """Record the first updates of a PyTorch run.

    Args:
        model: A module, or None.
        optimizers: An optimizer, or a list of them.
        path: Of the file to write.
        steps: Number of optimizer steps to keep.
        megabytes: What the arrays may take together; large ones are thinned out.
    """
    recorder = Recorder(path, steps, megabytes)
    for optimizer in optimizers if isinstance(optimizers, (list, tuple)) else [optimizers]:
        recorder.add_optimizer(optimizer)
    if model is not None:
        recorder.add_model(model)
    return recorder


class Recorder:
    """Keeps the quantities of the first steps of a run, and writes them to a file.

    Args:
        path: Of the file to write.
        steps: Number of updates to keep.
        megabytes: What the arrays may take together.
    """

    def __init__(self, path: str, steps: int = 10, megabytes: int = 64) -> None:
        self.path, self.steps, self.is_closed = path, steps, False
        self._elements = megabytes * (1 << 20) // 4
        self._library = ""
        self._sizes: list[int] = []  # of the parameters
        self._registered: list[Any] = []
        self._held: dict[str, Any] = {}  # tensors, copied but not fetched
        self._arrays: dict[str, np.ndarray] = {}
        self._listed: dict[str, dict[str, Any]] = {}
        self._modules: dict[str, dict[str, Any]] = {}
        self._steps: list[dict[str, Any]] = []
        self._names: dict[int, str] = {}
        self._models: list[tuple[str, Any]] = []
        self._started: set[str] = set()
        self._counts: dict[str, int] = {}
        self._hooks: list[Any] = []
        atexit.register(self.close)

    @property
    def has_steps(self) -> bool:
        """Whether an update was recorded."""
        return bool(self._steps)

    # PyTorch: what the hooks see

    def add_model(self, model: Any, prefix: str = "") -> None:
        """Name the parameters after this model, and record its inputs, outputs and buffers."""
        for name, parameter in model.named_parameters():
            self._names.setdefault(id(parameter), prefix + name)
        self._models.append((prefix, model))
        self._hold_buffers(step=0)
        self._hooks.append(model.register_forward_pre_hook(self._called, with_kwargs=True))
        for name, module in model.named_modules():
            name = prefix + name or "model"
            self._modules[name] = {"class": type(module).__name__, **_settings(vars(module))}
            self._hooks.append(module.register_forward_hook(self._output_hook(name)))

    def add_optimizer(self, optimizer: Any) -> None:
        """Record the steps of an optimizer, and the gradients of its parameters."""
        # These two stay: PyTorch does not bear a hook that is taken off while hooks run, and they end the recording.
        optimizer.register_step_pre_hook(self._step_begins)
        optimizer.register_step_post_hook(self._step_ended)
        self.add_parameters(p for group in optimizer.param_groups for p in group["params"])

    def add_parameters(self, parameters: Iterable[Any]) -> None:
        """Record the gradients of parameters as each backward pass leaves them."""
        for parameter in parameters:
            self._registered.append(parameter)
            self._sizes.append(_size(parameter))
            if parameter.requires_grad and parameter.is_leaf:
                self._hooks.append(parameter.register_post_accumulate_grad_hook(self._accumulated))

    def loss(self, loss: Any) -> None:
        """Record the loss of a backward pass."""
        if not self.is_closed:
            self._hold_call("loss", loss)

    def _called(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not module.training:
            return
        call = self._count("input")
        for place, tensor in enumerate(_tensors((args, kwargs))):
            self._hold(f"input.{call}.{place}", tensor)

    def _output_hook(self, name: str) -> Any:
        def ended(module: Any, args: Any, output: Any) -> None:
            if module.training and not self._steps and self._key("output", name) not in self._held:
                for tensor in list(_tensors(output))[:1]:
                    self._hold("output", tensor, name)

        return ended

    def _accumulated(self, parameter: Any) -> None:
        name = self._name(parameter)
        self._hold_call("sum", parameter.grad, name)

    def _step_begins(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self.is_closed:
            return
        for name, p in self._parameters(optimizer):
            if name not in self._started:
                self._started.add(name)
                self._hold("param", p, name, step=0)
                self._hold_state(optimizer, p, name, step=0)
            if p.grad is not None:
                self._hold("grad", p.grad, name)
        self._hold_buffers()
        self._options = [_numbers(group) for group in optimizer.param_groups]

    def _step_ended(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        if self.is_closed:
            return
        groups = [[self._name(p) for p in group["params"]] for group in optimizer.param_groups]
        for name, p in self._parameters(optimizer):
            self._hold_state(optimizer, p, name, self._now())
            self._hold("param", p, name)
        options = [{"parameters": names, "options": o} for names, o in zip(groups, self._options, strict=False)]
        backwards = max((n for what, n in self._counts.items() if what.startswith("sum ")), default=0)
        self._end_step(type(optimizer).__name__, backwards, options)

    def _parameters(self, optimizer: Any) -> list[tuple[str, Any]]:
        return [(self._name(p), p) for group in optimizer.param_groups for p in group["params"]]

    def _hold_buffers(self, step: int | None = None) -> None:
        for prefix, model in self._models:
            for name, buffer in model.named_buffers():
                self._hold("buffer", buffer, prefix + name, step)

    def _hold_state(self, optimizer: Any, parameter: Any, name: str, step: int) -> None:
        for entry, value in dict(optimizer.state.get(parameter, {})).items():
            if hasattr(value, "detach") or isinstance(value, (int, float)):
                self._hold(f"state.{entry}", value, name, step)

    def _name(self, parameter: Any) -> str:
        if id(parameter) not in self._names:
            for number, each in enumerate(self._registered):
                self._names.setdefault(id(each), f"parameter {number}")
        return self._names[id(parameter)]

    # Functional loops: the caller says what there is

    def start(self, params: Any, buffers: Any = ()) -> Recorder:
        """Record the first parameters, and the state of normalisation layers."""
        self._sizes = [_size(leaf) for _, leaf in _leaves(params)]
        for name, leaf in _leaves(params):
            self._hold("param", leaf, name, step=0)
        for name, leaf in _leaves(buffers):
            self._hold("buffer", leaf, name, step=0)
        return self

    def step(
        self,
        params: Any,
        grads: Any,
        loss: Any = None,
        inputs: Iterable[Any] = (),
        raw_grads: Any = (),
        state: Mapping[str, Any] | None = None,
        buffers: Any = (),
        options: Mapping[str, Any] | None = None,
        optimizer: str = "",
    ) -> None:
        """Record one update of a functional loop.

        Args:
            params: After the update.
            grads: That the update rule was given.
            loss: Of the batch.
            inputs: The batch: arrays.
            raw_grads: Before clipping, where that differs.
            state: Trees like `params` by PyTorch's names: `exp_avg`, `exp_avg_sq`, `momentum_buffer`, ...
            buffers: Running statistics after the forward pass.
            options: By PyTorch's names: `lr`, `betas`, `eps`, `weight_decay`, ...
            optimizer: PyTorch's name of the rule.
        """
        if self.is_closed:
            return
        for place, array in enumerate(inputs):
            self._hold(f"input.0.{place}", array)
        if loss is not None:
            self._hold_call("loss", loss)
        kinds = {"buffer": buffers, "sum.0": raw_grads, "grad": grads}
        kinds |= {f"state.{name}": tree for name, tree in (state or {}).items()}
        for kind, tree in {**kinds, "param": params}.items():
            for name, leaf in _leaves(tree):
                self._hold(kind, leaf, name)
        names = [name for name, _ in _leaves(params)]
        self._end_step(optimizer, 1, [{"parameters": names, "options": _numbers(options or {})}])

    # Keeping and writing

    def _now(self) -> int:
        return len(self._steps) + 1

    def _key(self, kind: str, name: str = "", step: int | None = None) -> str:
        return "/".join(filter(None, (str(self._now() if step is None else step), kind, name)))

    def _count(self, what: str) -> int:
        self._counts[what] = self._counts.get(what, 0) + 1
        return min(self._counts[what], CALLS) - 1

    def _hold_call(self, kind: str, value: Any, name: str = "") -> None:
        self._hold(f"{kind}.{self._count(f'{kind} {name}')}", value, name)

    def _hold(self, kind: str, value: Any, name: str = "", step: int | None = None) -> None:
        self._library = self._library or _library(value)
        key, is_other = self._key(kind, name, step), kind.partition(".")[0] in OTHERS
        stride = _stride(_size(value), LARGEST_OTHER if is_other else self._limit())
        listed = {"shape": list(getattr(value, "shape", ())), "stride": stride, "dtype": _dtype(value)}
        if stride > 1 and not is_other:
            listed["norm"] = _norm(value)
        self._held[key], self._listed[key] = _copy(value, stride), listed

    def _limit(self) -> int:
        """Elements of a parameter that are kept, so that all steps fit into three quarters of the bound."""
        limit = LARGEST
        while (
            limit > 1
            and self.steps * QUANTITIES * sum(min(size, limit) for size in self._sizes) > 0.75 * self._elements
        ):
            limit //= 2
        return limit

    def _end_step(self, optimizer: str, backwards: int, groups: list[dict[str, Any]]) -> None:
        self._fetch()
        self._steps.append({"class": optimizer, "backwards": backwards, "groups": groups})
        self._counts = {}
        if len(self._steps) == self.steps:
            self.close()

    def _fetch(self) -> None:
        self._arrays.update({key: _fetched(value) for key, value in self._held.items()})
        self._held = {}

    def close(self) -> None:
        """Stop recording and write the file."""
        if self.is_closed:
            return
        self.is_closed = True
        atexit.unregister(self.close)
        for hook in self._hooks:
            hook.remove()
        self._fetch()
        index = {
            "format": FORMAT,
            "version": VERSION,
            "library": self._library,
            "modules": self._modules,
            "steps": self._steps,
            "arrays": self._listed,
        }
        partial = f"{self.path}.part"
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("run.json", json.dumps(index))
            for key, array in self._arrays.items():
                archive.writestr(f"{key}.npy", _npy(array))
        os.replace(partial, self.path)


def _library(value: Any) -> str:
    """What the arrays of the run are made by, with its version."""
    root = type(value).__module__.partition(".")[0]
    module = sys.modules.get({"jaxlib": "jax"}.get(root, root))
    name = getattr(getattr(module, "__spec__", None), "name", root)  # `torch.__name__` is PyTorch's
    return f"{name} {getattr(module, '__version__', '')}".strip()


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=False)
    return file.getvalue()


def _size(value: Any) -> int:
    return math.prod(getattr(value, "shape", ()))


def _stride(size: int, limit: int) -> int:
    """The smallest power of two that thins out to the limit."""
    return 1 << max(0, math.ceil(math.log2(max(size, 1) / limit)))


def _norm(value: Any) -> float:
    if hasattr(value, "detach"):
        return float(value.detach().abs().float().norm())
    return float(np.linalg.norm(np.abs(np.asarray(value)).astype(np.float64)))


def _dtype(value: Any) -> str:
    return str(value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype).removeprefix("torch.")


def _copy(value: Any, stride: int) -> Any:
    """Every `stride`-th element, safe from later changes in place."""
    if hasattr(value, "detach"):
        flat = (value.to_dense() if getattr(value, "is_sparse", False) else value).detach().reshape(-1)
        return (flat if stride == 1 else flat[::stride]).clone()
    return np.array(value).reshape(-1)[::stride].copy()


def _fetched(value: Any) -> np.ndarray:
    """As a NumPy array; bfloat16 and smaller formats, which NumPy lacks, as float32."""
    if hasattr(value, "detach"):
        is_known = "bfloat16" not in str(value.dtype) and "float8" not in str(value.dtype)
        return (value if is_known else value.float()).cpu().numpy()
    return value if value.dtype.kind in "biufc" else value.astype(np.float32)


def _tensors(value: Any) -> Iterator[Any]:
    if hasattr(value, "detach"):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        pairs = [(str(name), tree[name]) for name in tree]
    elif isinstance(tree, (list, tuple)):
        names = getattr(tree, "_fields", range(len(tree)))
        pairs = [(str(name), child) for name, child in zip(names, tree, strict=True)]
    else:
        if tree is not None:
            yield ".".join(path) or "value", tree
        return
    for name, child in pairs:
        yield from _leaves(child, (*path, name))


def _settings(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What a module was built with: its public numbers, flags and words."""
    plain = (bool, int, float, str)
    return {n: v for n, v in attributes.items() if isinstance(v, plain) and not n.startswith("_") and n != "training"}


def _numbers(group: Mapping[str, Any]) -> dict[str, float | bool]:
    """The options of a group that are numbers or flags, tensors of one element included."""
    found: dict[str, float | bool] = {}
    for name, value in group.items():
        if name == "params":
            continue
        many = isinstance(value, (list, tuple))
        for place, each in enumerate(value if many else [value]):
            if isinstance(each, bool) or (hasattr(each, "__float__") and _size(each) == 1):
                found[f"{name}.{place}" if many else name] = each if isinstance(each, bool) else float(each)
    return found
