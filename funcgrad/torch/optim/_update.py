"""Updates by a rule of `funcgrad.optim`: all parameters of a group in one recorded equation.

Options that are numbers or tensors go in as data, so a schedule never compiles anything anew; a zero takes its term
out. State that only counts updates is one value for all parameters that have always been updated together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcgrad.optim import Rule
from funcgrad.torch._dispatch import apply, record, value_of
from funcgrad.torch._grad_mode import enable_grad, no_grad
from funcgrad.torch._grad_mode import state as mode
from funcgrad.torch._in_place import assign, check_writable
from funcgrad.torch._ops.copying import clone
from funcgrad.torch._processes import settle
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import float32, float64, get_default_dtype
from funcgrad.torch.optim._options import Options, check_options, split_options, with_options
from funcgrad.torch.optim._start import Start, constant_start
from funcgrad.torch.optim.optimizer import Optimizer, evaluated
from funcgrad.trace import Number, Op, Value, constant, rolled


class RuleOptimizer(Optimizer):
    """An optimizer whose formula is a rule of `funcgrad.optim`."""

    rule: Rule
    _op: Op
    _known_names: dict[Any, tuple[str, ...]]
    _known_starts: dict[Any, Start | None]
    _known_entries: dict[tuple[str, ...], tuple[str, ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._op = _step_op(cls.rule)
        cls._known_names, cls._known_starts, cls._known_entries = {}, {}, {}

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        check_options(self.rule, defaults)
        super().__init__(params, defaults)

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: Computes the loss anew, and its gradients.

        Returns:
            The closure's loss, or None.
        """
        loss = evaluated(closure)
        with enable_grad() if self.defaults.get("differentiable") else no_grad():
            for group in self.param_groups:
                structure, numbers = split_options(self.rule, group)
                for (names, counters), params in self._cohorts(group["params"], structure, tuple(numbers)).items():
                    is_fresh = counters is None and not self._start(params, names, structure, numbers)
                    self._update(params, names, is_fresh, structure, numbers)
        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state, see `Optimizer.load_state_dict`."""
        super().load_state_dict(state_dict)
        self._join_counters()

    def _cohorts(self, params: list[Tensor], structure: Options, numbers: tuple[str, ...]) -> dict[Any, list[Tensor]]:
        """The parameters that have a gradient, by the names in their state and the values of its counters."""
        cohorts: dict[Any, list[Tensor]] = {}
        for p in params:
            if p._grad is None:
                continue
            state = self.state.get(p)
            if state and (names := self._names_in(state)):
                key = (names, tuple([id(value_of(state[n])) for n in self.rule.counters if n in names]))
            else:
                key = (self._fresh_names(len(p._aval.shape), structure, numbers), None)
                if state:
                    self._check_fresh(key[0])
            cohorts.setdefault(key, []).append(p)
        return cohorts

    def _check_fresh(self, names: tuple[str, ...]) -> None:
        """Refuse entries of somebody else alone, as PyTorch does where it takes them for its own."""
        if any(name in self.rule.counters for name in names):
            raise KeyError(next(name for name in names if name not in self.rule.counters))

    def _names_in(self, state: dict[str, Any]) -> tuple[str, ...]:
        """Names of the entries that are the rule's; wrappers keep entries of their own beside them."""
        given = tuple(state)
        names = self._known_entries.get(given)
        if names is None:
            fields = getattr(self.rule.state, "_fields")  # noqa: B009 - the class of a named tuple
            names = self._known_entries[given] = tuple(name for name in given if name in fields)
        return names

    def _fresh_names(self, ndim: int, structure: Options, numbers: tuple[str, ...]) -> tuple[str, ...]:
        """Names of the entries that the state of a new parameter will have."""
        names = self._known_names.get((ndim, structure, numbers))
        if names is None:
            hyper = with_options(structure, numbers, [1.0] * len(numbers))
            leaf = jax.ShapeDtypeStruct((1,) * ndim, np.float32)
            names = tuple(self.rule.to_dict(jax.eval_shape(lambda p: self.rule.init(p, **hyper), leaf)))
            self._known_names[ndim, structure, numbers] = names
        return names

    def _start(self, params: list[Tensor], names: tuple[str, ...], structure: Options, numbers: dict[str, Any]) -> bool:
        """Make the state of new parameters on the host, if it begins with known numbers.

        Their first step is then recorded as all later ones are, and needs no program of its own.
        """
        if not names or mode.grad or any(isinstance(x, Tensor) for x in numbers.values()):
            return False
        starts = [self._start_of(p, structure, numbers) for p in params]
        if None in starts:
            return False
        counters: dict[str, Any] = {}
        for p, start in zip(params, starts, strict=True):
            for name in names:
                if name in self.rule.counters:
                    value = counters.setdefault(name, constant(np.array(start[name], scalar_dtype().numpy)))
                else:
                    value = constant(np.full(p._aval.shape, start[name], p._aval.dtype))
                self.state[p][name] = wrap(value)
        return True

    def _start_of(self, p: Tensor, structure: Options, numbers: dict[str, Any]) -> Any:
        ndim, dtype = len(p._aval.shape), p._aval.dtype
        if dtype.kind == "c":
            return None
        key = ndim, dtype, structure, tuple(numbers.items())
        if key not in self._known_starts:
            hyper = with_options(structure, tuple(numbers), [*numbers.values()])
            self._known_starts[key] = constant_start(self.rule, ndim, dtype, hyper)
        return self._known_starts[key]

    def _update(
        self, params: list[Tensor], names: tuple[str, ...], is_fresh: bool, structure: Options, numbers: dict[str, Any]
    ) -> None:
        for p in params:
            settle(p)
        counters = tuple([n for n in names if n in self.rule.counters])
        fields = tuple([n for n in names if n not in self.rule.counters])
        operands = [*numbers.values()]
        if not is_fresh:
            operands += [self.state[params[0]][name] for name in counters]
        operands += [p._grad for p in params]  # apart, so that operands and results end alike: see trace/inheritance.py
        for p in params:
            operands.append(p)
            if not is_fresh:
                operands += [self.state[p][name] for name in fields]
        start = scalar_dtype().numpy if is_fresh else None
        results = self._results((structure, tuple(numbers), counters, fields, start), operands)
        shared = {name: next(results) for name in counters}
        for p in params:
            if mode.grad:
                check_writable(p)
            assign(p, next(results))
            if is_fresh and names:
                self.state[p].update({n: _new(shared[n] if n in shared else next(results)) for n in names})
            elif names:
                self._advance(self.state[p], fields, shared, results)

    def _results(self, static: tuple[Any, ...], operands: list[Any]) -> Iterator[Any]:
        """The next state: values, or tensors if it is to be differentiated, but for the counters."""
        if not mode.grad:
            return iter(record(self._op, static, [value_of(x) if isinstance(x, Tensor) else x for x in operands]))
        # what is saved for backward is about to change
        made = apply(self._op, static, *[clone(x) if isinstance(x, Tensor) else x for x in operands])
        made = made if isinstance(made, list) else [made]
        count = len(static[2])
        return iter([*map(value_of, made[:count]), *made[count:]])

    def _advance(
        self, state: dict[str, Tensor], fields: tuple[str, ...], counters: dict[str, Any], results: Iterator[Any]
    ) -> None:
        """Write the next values into the entries of one parameter's state."""
        for name in fields:
            assign(state[name], next(results))
        for name, value in counters.items():
            state[name]._storage.write(value)

    def _join_counters(self) -> None:
        """Make counters that are equal one value, so that parameters loaded from a file are one cohort again."""
        seen: dict[Any, Any] = {}
        for entries in self.state.values():
            for name in entries.keys() & set(self.rule.counters):
                if not isinstance(entries[name], Tensor):  # as PyTorch saved it before version 1.12
                    entries[name] = wrap(constant(np.array(entries[name], scalar_dtype().numpy)))
                value = value_of(entries[name])
                if value.array is not None:
                    key = (name, value.aval, value.array.item())
                    entries[name]._storage.write(seen.setdefault(key, value), counts=False)


def _new(entry: Any) -> Tensor:
    """A tensor of its own for an entry of a parameter's state."""
    return wrap(entry) if isinstance(entry, Value) else entry


def scalar_dtype() -> Any:
    """The dtype of state that counts: float32, or the default dtype where that is wider."""
    return float64 if get_default_dtype() is float64 else float32


def _step_op(rule: Rule) -> Op:
    updates = functools.lru_cache(256)(functools.partial(_update_of_one, rule))

    def step(
        *operands: Any,
        structure: Options,
        numbers: tuple[str, ...],
        counters: tuple[str, ...],
        fields: tuple[str, ...],
        start: np.dtype[Any] | None,
    ) -> tuple[Any, ...]:
        given: Iterator[Any] = iter(operands)
        values = [x.value if isinstance(x, Number) else x.reshape(()) for x in (next(given) for _ in numbers)]
        counts = {} if start is not None else {name: next(given) for name in counters}
        kept = () if start is not None else fields
        rest = [*given]
        count = len(rest) // (2 + len(kept))
        others = iter(rest[count:])
        updated = updates(structure, numbers, counters, fields, start)
        results: list[Any] = []
        counted: list[Any] = []
        for grad in rest[:count]:
            own_results, counted = updated(grad, next(others), {name: next(others) for name in kept}, counts, values)
            results += own_results
        return (*counted, *results)

    return Op(f"{rule.name}_step", step)


def _update_of_one(
    rule: Rule,
    structure: Options,
    numbers: tuple[str, ...],
    counters: tuple[str, ...],
    fields: tuple[str, ...],
    start: np.dtype[Any] | None,
) -> Callable[..., Any]:
    """How a step changes one parameter: `(gradient, parameter, state, counters, numbers) -> (results, counters)`.

    It is called, and not written out, so that parameters of one shape share what is traced.
    """

    @rolled
    @jax.jit
    def updated(grad: Any, param: Any, own: dict[str, Any], counts: dict[str, Any], values: list[Any]) -> Any:
        with jax.disable_jit():  # what it calls is none
            hyper = with_options(structure, numbers, values)
            leaf, own = jax.tree.map(as_real, (param, own))
            state = rule.from_dict({**counts, **own}) if start is None else _started(rule, leaf, hyper, start)
            leaf, state = rule.apply(as_real(grad), state, leaf, **hyper)
            entries = {**own, **rule.to_dict(state)}
            own_results = [as_param(param, new) for new in (leaf, *(entries[name] for name in fields))]
            return own_results, [entries[name] for name in counters]

    return updated


def _started(rule: Rule, leaf: jax.Array, hyper: dict[str, Any], dtype: np.dtype[Any]) -> Any:
    """The state before the first update, its counters in `dtype`."""
    state = rule.init(leaf, **hyper)
    counters = [name for name in rule.counters if name not in rule.hidden]
    return state._replace(**{name: getattr(state, name).astype(dtype) for name in counters})


# A complex parameter is updated as the real one of its real and imaginary parts.


def as_real(x: Any) -> Any:
    return jnp.stack((x.real, x.imag), -1) if jnp.iscomplexobj(x) else x


def as_param(param: Any, x: Any) -> Any:
    return jax.lax.complex(x[..., 0], x[..., 1]) if jnp.iscomplexobj(param) else x
