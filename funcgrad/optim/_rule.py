"""Rule: how an optimizer updates one parameter.

The pure transformations map it over a tree and the stateful optimizers apply it to each parameter, so each formula
appears once. `_transformation.py` makes the transformations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax

from funcgrad.optim._numeric import computing, precise, widen
from funcgrad.optim._validation import Check


@dataclasses.dataclass(frozen=True)
class Rule:
    """The update of one parameter, with PyTorch's definition, defaults and state names.

    Hyperparameters are Python numbers or 0-d arrays. The Python number 0 takes the term it multiplies out of the
    program; an array never does. Bools, strings and the options in `static` shape the program: always Python values.

    Attributes:
        name: PyTorch's name of the optimizer.
        state: The NamedTuple class of the state. A field that the options do not need is None.
        defaults: PyTorch's hyperparameters and their default values.
        start: `start(param, **hyper)`, the state before the first update.
        formula: `formula(grad, state, param, **hyper)`, the update and the next state.
        counters: The state fields that depend on the number of updates only, not on the parameter.
        static: The options that are numbers and still shape the program.
        hidden: The state fields that PyTorch does not have.
        checks: The conditions on the hyperparameters, in PyTorch's order.
    """

    name: str
    state: Callable[..., Any]
    defaults: Mapping[str, Any]
    start: Callable[..., Any]
    formula: Callable[..., tuple[jax.Array, Any]]
    counters: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()

    def validate(self, **hyper: Any) -> None:
        """Raises PyTorch's ValueError for a hyperparameter out of range; arrays pass unchecked."""
        for check in self.checks:
            check({**self.defaults, **hyper})

    def init(self, param: jax.Array, **hyper: Any) -> Any:
        """The state of a parameter before its first update, in the dtype of the parameter."""
        return self.start(param, **{**self.defaults, **hyper})

    def update(self, grad: jax.Array, state: Any, param: jax.Array, **hyper: Any) -> tuple[jax.Array, Any]:
        """The update and the next state; `param + update` is the new parameter.

        Args:
            grad: The gradient, of the shape of `param`; in its dtype or a wider one.
            state: The state from `init` or from the update before.
            param: The parameter. A 16-bit one is computed in float32 and rounded where PyTorch rounds.
            **hyper: Hyperparameters other than the defaults.

        Returns:
            The update in the dtype of `param`, and the state in the dtypes it came with.
        """
        update, next_state = self._widened(grad, state, param, **hyper)
        return update.astype(param.dtype), next_state

    def apply(self, grad: jax.Array, state: Any, param: jax.Array, **hyper: Any) -> tuple[jax.Array, Any]:
        """The new parameter, to which the update is added before it is rounded, and the next state; see `update`."""
        update, next_state = self._widened(grad, state, param, **hyper)
        return (widen(param) + update).astype(param.dtype), next_state

    def _widened(self, grad: jax.Array, state: Any, param: jax.Array, **hyper: Any) -> tuple[jax.Array, Any]:
        wide_param, wide_state = jax.tree.map(widen, (param, state))
        precise_hyper = jax.tree.map(precise, {**self.defaults, **hyper})
        with computing(param):
            update, next_state = self.formula(grad.astype(wide_param.dtype), wide_state, wide_param, **precise_hyper)
        return update, jax.tree.map(lambda new, old: new.astype(old.dtype), next_state, state)

    def to_dict(self, state: Any) -> dict[str, jax.Array]:
        """The entries of PyTorch's `state_dict` for one parameter."""
        fields = state._asdict().items()
        return {name: value for name, value in fields if value is not None and name not in self.hidden}

    def from_dict(self, entries: Mapping[str, jax.Array]) -> Any:
        """The state of a parameter that has been updated before, from its `state_dict` entries."""
        return self.state(**entries)
