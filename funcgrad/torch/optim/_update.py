"""Updates by a rule of `funcgrad.optim`: all parameters of a group in one recorded equation.

Options that are numbers go in as data, so a schedule never compiles anything anew; a zero takes its term out. State
that only counts updates is one value for all parameters that have always been updated together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp

from funcgrad.optim import Rule
from funcgrad.torch._dispatch import apply, assign, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.optim.optimizer import Optimizer, evaluated
from funcgrad.trace import Number, Op


class RuleOptimizer(Optimizer):
    """An optimizer whose formula is a rule of `funcgrad.optim`."""

    rule: Rule
    _op: Op

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._op = _step_op(cls.rule)

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.rule.validate(**{name: defaults[name] for name in self.rule.defaults if name in defaults})
        super().__init__(params, defaults)

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: Computes the loss anew, and its gradients.

        Returns:
            The closure's loss, or None.
        """
        loss = evaluated(closure)
        with no_grad():
            for group in self.param_groups:
                options, numbers = _split_options(self.rule, group)
                for (names, _), params in self._cohorts(group["params"]).items():
                    self._update(params, names, options, numbers)
        return loss

    def _cohorts(self, params: list[Tensor]) -> dict[Any, list[Tensor]]:
        """The parameters that have a gradient, by the kind of their state and the values of its counters."""
        cohorts: dict[Any, list[Tensor]] = {}
        for p in params:
            if p._grad is None:
                continue
            state = self.state.get(p)
            counters = [value_of(state[name]) for name in self.rule.counters if name in state] if state else []
            cohorts.setdefault((tuple(state) if state else None, tuple(map(id, counters))), []).append(p)
        return cohorts

    def _update(
        self, params: list[Tensor], names: tuple[str, ...] | None, options: Any, numbers: dict[str, Any]
    ) -> None:
        counters, fields = _state_names(self.rule, names, options, numbers)
        operands = [*numbers.values()]
        if names is not None:
            operands += [self.state[params[0]][name] for name in counters]
        for p in params:
            operands += [p._grad, p]
            if names is not None:
                operands += [self.state[p][name] for name in fields]
        static = (options, tuple(numbers), counters, fields, names is None)
        made = apply(self._op, static, *operands)
        results = iter(made if isinstance(made, list) else [made])
        shared = {name: value_of(next(results)) for name in counters}
        for p in params:
            assign(p, next(results))
            self._store(p, {name: wrap(shared[name]) if name in shared else next(results) for name in counters + fields})

    def _store(self, p: Tensor, entries: dict[str, Tensor]) -> None:
        if entries:
            state = self.state[p]
            for name, new in entries.items():
                state[name] = assign(state[name], new) if name in state else new


def _split_options(rule: Rule, group: dict[str, Any]) -> tuple[tuple[tuple[str, Any], ...], dict[str, float]]:
    """A group's options as structure (switches, and zeros but for the learning rate) and as data (numbers)."""
    options: list[tuple[str, Any]] = []
    numbers: dict[str, float] = {}
    for name in rule.defaults:
        value = group[name]
        value = value.item() if isinstance(value, Tensor) else value
        if isinstance(value, tuple | list):
            numbers.update({f"{name}.{k}": float(x) for k, x in enumerate(value)})
        elif isinstance(value, bool) or value is None or (value == 0 and name != "lr"):
            options.append((name, value))
        else:
            numbers[name] = float(value)
    return tuple(options), numbers


def _hyper(options: Any, names: tuple[str, ...], values: Any) -> dict[str, Any]:
    """The rule's keywords, put together again."""
    hyper = dict(options)
    for name, value in zip(names, values, strict=True):
        whole, _, part = name.partition(".")
        hyper[whole] = (*hyper.get(whole, ()), value) if part else value
    return hyper


def _state_names(
    rule: Rule, names: tuple[str, ...] | None, options: Any, numbers: dict[str, Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the state entries that count updates, and of those that belong to a parameter."""
    if names is None:
        hyper = _hyper(options, tuple(numbers), numbers.values())
        names = tuple(rule.to_dict(rule.init(jnp.zeros(()), **hyper)))
    return tuple(n for n in names if n in rule.counters), tuple(n for n in names if n not in rule.counters)


def _step_op(rule: Rule) -> Op:
    def step(
        *operands: Any,
        options: Any,
        numbers: tuple[str, ...],
        counters: tuple[str, ...],
        fields: tuple[str, ...],
        is_fresh: bool,
    ) -> tuple[Any, ...]:
        given: Iterator[Any] = iter(operands)
        values = [x.value if isinstance(x, Number) else x for x in (next(given) for _ in numbers)]
        hyper = _hyper(options, numbers, values)
        counts = {} if is_fresh else {name: next(given) for name in counters}
        results: list[Any] = []
        for grad in given:
            param = next(given)
            own = {} if is_fresh else {name: next(given) for name in fields}
            state = rule.init(param, **hyper) if is_fresh else rule.from_dict({**counts, **own})
            update, state = rule.update(grad, state, param, **hyper)
            entries = rule.to_dict(state)
            results += [param + update, *(entries[name] for name in fields)]
            counted = [entries[name] for name in counters]
        return (*counted, *results)

    return Op(f"{rule.name}_step", step)
