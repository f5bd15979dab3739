"""The options of a group: their checks, and what of them is structure and what is data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from funcgrad.optim import Rule
from funcgrad.torch._tensor import Tensor

Options = tuple[tuple[str, Any], ...]

FUSED_AND_DIFFERENTIABLE = "`fused` does not support `differentiable`"
FUSED_AND_FOREACH = "`fused` and `foreach` cannot be `True` together."
CAPTURABLE = (
    "If capturable=True, params and state_steps must be on supported devices: ['cuda', 'xpu', 'hpu', 'privateuseone', "
    "'xla']."
)


def check_options(rule: Rule, options: dict[str, Any]) -> None:
    """Refuse options that PyTorch refuses.

    Raises:
        ValueError: A number is out of range, or a tensor has several elements.
        RuntimeError: Two ways of running that exclude each other.
    """
    check_one_element("lr", options["lr"])
    rule.validate(**{name: options[name] for name in rule.defaults if name in options})
    if options.get("fused") and options["differentiable"]:
        raise RuntimeError(FUSED_AND_DIFFERENTIABLE)
    if options.get("fused") and options["foreach"]:
        raise RuntimeError(FUSED_AND_FOREACH)


def check_one_element(name: str, value: Any) -> None:
    """Refuse a tensor that cannot stand for a number."""
    if isinstance(value, Tensor) and value._aval.size != 1:
        raise ValueError(f"Tensor {name} must be 1-element")


def split_options(rule: Rule, group: dict[str, Any]) -> tuple[Options, dict[str, Any]]:
    """A group's options as structure (switches, counts, and zeros but for the learning rate) and as data."""
    if group.get("capturable"):
        raise AssertionError(CAPTURABLE)
    structure: list[tuple[str, Any]] = []
    data: dict[str, Any] = {}
    for name, default in rule.defaults.items():
        value = group[name]
        parts = [(name, value)]
        if isinstance(value, tuple | list):
            parts = [(f"{name}.{k}", part) for k, part in enumerate(value)]
        for part, x in parts:
            if _is_structure(part, x, default):
                structure.append((part, x))
            else:
                data[part] = x if isinstance(x, Tensor) else float(x)
    return tuple(structure), data


def _is_structure(name: str, value: Any, default: Any) -> bool:
    if isinstance(value, float):
        return value == 0 and name != "lr"
    if isinstance(value, Tensor):
        return False
    if isinstance(value, bool | str) or value is None:
        return True
    return (value == 0 and name != "lr") or (type(default) is int and default != 0)


def with_options(structure: Options, names: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
    """The rule's keywords, put together again."""
    hyper: dict[str, Any] = {}
    for name, value in sorted([*structure, *zip(names, values, strict=True)], key=lambda entry: entry[0]):
        whole, _, part = name.partition(".")
        hyper[whole] = (*hyper.get(whole, ()), value) if part else value
    return hyper
