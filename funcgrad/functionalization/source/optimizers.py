"""Optimizers and schedules as optax writes them, where optax defines them as PyTorch does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.torch import optim

lr_scheduler = optim.lr_scheduler


def optimizer_source(optimizer: optim.Optimizer, rates: list[str]) -> str:
    """The optax transformation of an optimizer; `rates` are the learning rates of its groups.

    With several groups the module says which parameter is in which: `GROUPS`.
    """
    written = [_group_source(optimizer, group, rate) for group, rate in zip(optimizer.param_groups, rates, strict=True)]
    if len(written) == 1:
        return written[0]
    return f"optax.partition({{{', '.join(f'{k}: {text}' for k, text in enumerate(written))}}}, GROUPS)"


def _group_source(optimizer: optim.Optimizer, group: dict[str, Any], rate: str) -> str:
    kind = type(optimizer).__name__
    write = OPTIMIZERS.get(kind)
    if write is None or group.get("maximize"):
        raise FunctionalizationError(_NO_SOURCE.format(f"{kind}{' with maximize' if write else ''}"))
    return write(group, rate)


def _sgd(group: dict[str, Any], rate: str) -> str:
    if group["dampening"]:
        raise FunctionalizationError(_NO_SOURCE.format("SGD with dampening"))
    momentum = f", momentum={group['momentum']!r}" if group["momentum"] else ""
    nesterov = ", nesterov=True" if group["nesterov"] else ""
    return _with_decay(group, f"optax.sgd({rate}{momentum}{nesterov})")


def _adam(group: dict[str, Any], rate: str) -> str:
    return _with_decay(group, f"optax.adam({rate}, {_averages(group, 'Adam')})")


def _adamw(group: dict[str, Any], rate: str) -> str:
    return f"optax.adamw({rate}, {_averages(group, 'AdamW')}, weight_decay={group['weight_decay']!r})"


def _rmsprop(group: dict[str, Any], rate: str) -> str:
    if group["momentum"] or group["centered"]:
        raise FunctionalizationError(_NO_SOURCE.format("RMSprop with momentum, or centered"))
    options = f"decay={group['alpha']!r}, eps={group['eps']!r}, eps_in_sqrt=False"
    return _with_decay(group, f"optax.rmsprop({rate}, {options})")


def _adadelta(group: dict[str, Any], rate: str) -> str:
    return _with_decay(group, f"optax.adadelta({rate}, rho={group['rho']!r}, eps={group['eps']!r})")


def _adamax(group: dict[str, Any], rate: str) -> str:
    b1, b2 = group["betas"]
    return _with_decay(group, f"optax.adamax({rate}, b1={b1!r}, b2={b2!r}, eps={group['eps']!r})")


def _averages(group: dict[str, Any], name: str) -> str:
    if group["amsgrad"]:
        raise FunctionalizationError(_NO_SOURCE.format(f"{name} with amsgrad"))
    b1, b2 = group["betas"]
    return f"b1={b1!r}, b2={b2!r}, eps={group['eps']!r}"


def _with_decay(group: dict[str, Any], written: str) -> str:
    if not group["weight_decay"]:
        return written
    return f"optax.chain(optax.add_decayed_weights({group['weight_decay']!r}), {written})"


OPTIMIZERS: dict[str, Callable[[dict[str, Any], str], str]] = {
    "SGD": _sgd,
    "Adam": _adam,
    "AdamW": _adamw,
    "RMSprop": _rmsprop,
    "Adadelta": _adadelta,
    "Adamax": _adamax,
}


def schedule_source(scheduler: Any, group: int, name: str) -> str:
    """The schedule of a group, by the number of updates, of a scheduler that has not been stepped yet."""
    write = SCHEDULES.get(type(scheduler).__name__)
    if write is None or scheduler.last_epoch != 0:
        kind = type(scheduler).__name__
        raise FunctionalizationError(_NO_SOURCE.format(kind if write is None else f"{kind} after its first step"))
    written = write(scheduler, scheduler.base_lrs[group])
    return f"{name} = {written}" if written.startswith("optax") else f"def {name}(count):\n    return {written}"


def _decay(steps: str) -> Callable[[Any, float], str]:
    return lambda s, base: (
        f"optax.exponential_decay({base!r}, transition_steps={getattr(s, steps, 1)}, decay_rate={s.gamma!r}, "
        "staircase=True)"
    )


def _milestones(s: Any, base: float) -> str:
    factors = {milestone: s.gamma**count for milestone, count in sorted(s.milestones.items())}
    return f"optax.piecewise_constant_schedule({base!r}, {factors!r})"


def _linear(s: Any, base: float) -> str:
    return f"optax.linear_schedule({base * s.start_factor!r}, {base * s.end_factor!r}, {s.total_iters})"


def _cosine(s: Any, base: float) -> str:
    """PyTorch's half wave goes up again after its end, where optax's stays."""
    low = f"{s.eta_min!r} + " if s.eta_min else ""
    return f"{low}{base - s.eta_min!r} * (1 + jnp.cos(jnp.pi * count / {s.T_max})) / 2"


SCHEDULES: dict[str, Callable[[Any, float], str]] = {
    "StepLR": _decay("step_size"),
    "ExponentialLR": _decay(""),
    "MultiStepLR": _milestones,
    "LinearLR": _linear,
    "CosineAnnealingLR": _cosine,
    "PolynomialLR": lambda s, base: f"optax.polynomial_schedule({base!r}, 0.0, {s.power!r}, {s.total_iters})",
}

_NO_SOURCE = "the step cannot be written as source: optax has no {} that is PyTorch's. Use the pure step itself."
