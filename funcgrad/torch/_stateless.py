"""Modules as functions of their state: called with other tensors, stacked into one, without statistics."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from funcgrad.torch._ops.joining import stack
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn._normalization import _BatchNorm


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """What a module gives with other tensors in the place of its parameters and buffers.

    Args:
        module: The module, which is left as it was.
        parameter_and_buffer_dicts: Tensors by their names in the state dict; or several such dicts.
        args: The module's argument, or a tuple of them.
        kwargs: The module's keywords.
        tie_weights: Whether a tensor also stands in for others that are one with the one it replaces.
        strict: Refuse names that are missing or too many.

    Raises:
        RuntimeError: With `strict`, for the names that do not fit.
        ValueError: A name stands in two dicts, or two tied names get different tensors.
    """
    merged = _merged(parameter_and_buffer_dicts)
    given = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(module, merged, tie_weights, strict):
        return module(*given, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, Mapping):
        return dict(dicts)
    if not isinstance(dicts, Sequence):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    merged: dict[str, Any] = {}
    for part in dicts:
        if repeated := merged.keys() & part.keys():
            raise ValueError(
                f"{sorted(repeated)} appeared in multiple dictionaries; behavior of functional call is ambiguous"
            )
        merged |= part
    return merged


@contextlib.contextmanager
def _replaced(module: Module, tensors: dict[str, Any], tie_weights: bool, strict: bool) -> Iterator[None]:
    slots = {
        f"{prefix}.{name}".removeprefix("."): (slot, name)
        for prefix, part in module.named_modules(remove_duplicate=False)
        for slot in (part._parameters, part._buffers)
        for name in slot
    }
    chosen = _with_tied(slots, tensors) if tie_weights else dict(tensors)
    if strict:
        _check_names(module, slots.keys() - chosen.keys(), chosen.keys() - slots.keys())
    before = {key: slots[key][0][slots[key][1]] for key in chosen if key in slots}
    try:
        for key in before:
            slots[key][0][slots[key][1]] = chosen[key]
        yield
    finally:
        for key, tensor in before.items():
            slots[key][0][slots[key][1]] = tensor


def _with_tied(slots: dict[str, Any], tensors: dict[str, Any]) -> dict[str, Any]:
    """The tensors, also under all other names of what they replace."""
    names: dict[int, set[str]] = {}
    for key, (slot, name) in slots.items():
        if slot[name] is not None:
            names.setdefault(id(slot[name]), set()).add(key)
    chosen = dict(tensors)
    for tied in names.values():
        given = {key: tensors[key] for key in tied if key in tensors}
        if len({id(x) for x in given.values()}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(given)}, which are tied. Consider using "
                "tie_weights=False"
            )
        chosen.update(dict.fromkeys(tied, next(iter(given.values()))) if given else {})
    return chosen


def _check_names(module: Module, missing: set[str], extra: set[str]) -> None:
    lines = []
    if extra:
        lines.append(f"Unexpected key(s): {', '.join(map(repr, sorted(extra)))}.")
    if missing:
        lines.append(f"Missing key(s): {', '.join(map(repr, sorted(missing)))}.")
    if lines:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:\n\t" + "\n\t".join(lines))


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Parameters and buffers of models of one class, each stacked along a new first dimension.

    Args:
        models: All in training mode, or none.

    Raises:
        RuntimeError: There are none, or they are not alike.
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if any(model.training != models[0].training for model in models):
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if any(type(model) is not type(models[0]) for model in models):
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    states = [dict(model.named_parameters()) for model in models], [dict(model.named_buffers()) for model in models]
    parameters, buffers = ({name: _stacked(name, [x[name] for x in each]) for name in each[0]} for each in states)
    return parameters, buffers


def _stacked(name: str, tensors: list[Tensor]) -> Tensor:
    needs = {x.requires_grad for x in tensors}
    if len(needs) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    return stack([x.detach() for x in tensors]).requires_grad_(needs.pop())


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Let all batch normalisation in a module use the statistics of the batch, and keep none.

    Args:
        root: The module, which is changed.
    """
    for part in root.modules():
        if isinstance(part, _BatchNorm):
            part.running_mean = part.running_var = part.num_batches_tracked = None
            part.track_running_stats = False
    return root
