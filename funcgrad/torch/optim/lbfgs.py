"""torch.optim.LBFGS.

It looks at values in every iteration: the closure is recorded and run, the rest is done on the host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.optim._validation import LEARNING_RATE
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._layout import can_view
from funcgrad.torch._ops.creation import FULL
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._texts import VIEW_INCOMPATIBLE
from funcgrad.torch.optim._curvature import Curvature
from funcgrad.torch.optim._options import check_one_element
from funcgrad.torch.optim._strong_wolfe import Point, strong_wolfe
from funcgrad.torch.optim._update import as_param, as_real
from funcgrad.torch.optim.optimizer import Optimizer, evaluated
from funcgrad.trace import Number, Op, array_of, constant

MEMORY = ("al", "old_dirs", "old_stps", "ro", "H_diag")
SEARCH_TOLERANCE = 1e-9  # PyTorch's search does not take that of the optimizer


class LBFGS(Optimizer):
    """Limited-memory BFGS (Liu and Nocedal, 1989, Mathematical Programming 45).

    Args:
        params: Parameters; all of them form one group.
        lr: Learning rate, the first step of a line search.
        max_iter: Iterations in one `step`.
        max_eval: Evaluations of the closure in one `step`; a quarter more than iterations by default.
        tolerance_grad: The largest element of a gradient that counts as zero.
        tolerance_change: The least change of the loss or of a parameter that counts as progress.
        history_size: Steps to remember.
        line_search_fn: `strong_wolfe`, or None for steps of the learning rate.
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_one_element("lr", lr)
        LEARNING_RATE({"lr": lr})
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any]) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Minimise along a few directions.

        Args:
            closure: Computes the loss anew, and its gradients.

        Returns:
            The first loss.

        Raises:
            RuntimeError: The line search is unknown.
        """
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        with no_grad():
            first_loss = evaluated(closure)
            loss, grad = self._look(first_loss)
            if _largest(grad) > group["tolerance_grad"]:
                kept = self._minimise(closure, loss, grad, state)
                state.update({name: _tensor(value) for name, value in kept.items()})
        return first_loss

    def _minimise(
        self, closure: Callable[[], Any], loss: float, grad: np.ndarray, state: dict[str, Any]
    ) -> dict[str, Any]:
        """Iterate until something is small or used up; returns what to keep for the next step."""
        group = self.param_groups[0]
        before = {name: _host(value) for name, value in state.items()}
        memory = Curvature(**{name: before[name] for name in MEMORY if name in before})
        d, t, old_grad, old_loss = (before.get(name) for name in ("d", "t", "prev_flat_grad", "prev_loss"))
        lr, evaluations = _host(group["lr"]), 1
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if d is None:
                d, t = -grad, min(1.0, 1.0 / np.abs(grad).sum()) * lr
            else:
                state.setdefault("al", None)
                memory.remember(grad - old_grad, d * t, group["history_size"])
                d, t = memory.direction(grad, group["history_size"]), lr
            old_grad, old_loss = grad, loss
            start = Point(0, loss, grad, grad.dot(d))
            if start.slope > -group["tolerance_change"]:
                break
            is_last = iteration == group["max_iter"]
            (t, loss, grad, _), count = self._advance(closure, start, t, d, group["max_eval"] - evaluations, is_last)
            evaluations += count
            state["func_evals"] += count
            if is_last or evaluations >= group["max_eval"] or _is_settled(group, d * t, grad, loss - old_loss):
                break
        kept = {"d": d, "t": t, **vars(memory), "prev_flat_grad": old_grad, "prev_loss": old_loss}
        return {name: value for name, value in kept.items() if name in state or name != "al"}

    def _advance(
        self, closure: Callable[[], Any], start: Point, step: Any, d: np.ndarray, limit: int, is_last: bool
    ) -> tuple[Point, int]:
        """Go along a direction; returns where the parameters are now, and how often the closure was called."""
        search = self.param_groups[0]["line_search_fn"]
        if search is None:
            self._move(step, d)
            if is_last:  # nobody will ask for the loss there
                return start._replace(step=step), 0
            return Point(step, *self._look(evaluated(closure)), None), 1
        if search != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        origin = [value_of(p) for p in self._parameters()]

        def evaluate(step: Any) -> Point:
            self._move(step, d)
            loss, grad = self._look(evaluated(closure))
            for p, value in zip(self._parameters(), origin, strict=True):
                assign(p, wrap(value))
            return Point(step, loss, grad, grad.dot(d))

        point, count = strong_wolfe(evaluate, start, step, _largest(d), SEARCH_TOLERANCE, limit)
        self._move(point.step, d)
        return point, count

    def _look(self, loss: Any) -> tuple[float, np.ndarray]:
        """A loss, and the gradients as one vector.

        Raises:
            RuntimeError: A gradient does not lie in memory in the order of its indices.
        """
        grads = [p._grad if p._grad is not None else _zeros(p) for p in self._parameters()]
        if not all(can_view(grad, (grad.numel(),)) for grad in grads):
            raise RuntimeError(VIEW_INCOMPATIBLE)
        flat = value_of(apply(FLATTEN, (), *grads))
        return float(loss), np.asarray(array_of(flat, "LBFGS"))

    def _move(self, step: Any, d: np.ndarray) -> None:
        params = self._parameters()
        made = apply(MOVE, (), step, wrap(constant(d)), *params)
        for p, new in zip(params, made if isinstance(made, list) else [made], strict=True):
            assign(p, new)


def _is_settled(group: dict[str, Any], change: np.ndarray, grad: np.ndarray, rise: float) -> bool:
    tolerance = group["tolerance_change"]
    return bool(_largest(grad) <= group["tolerance_grad"] or _largest(change) <= tolerance or abs(rise) < tolerance)


def _largest(x: np.ndarray) -> Any:
    return np.abs(x).max()


def _host(x: Any) -> Any:
    """State as NumPy arrays and numbers."""
    if isinstance(x, list):
        return [_host(item) for item in x]
    return np.asarray(array_of(value_of(x), "LBFGS"))[()] if isinstance(x, Tensor) else x


def _tensor(x: Any) -> Any:
    """State as tensors and Python numbers."""
    if isinstance(x, list):
        return [_tensor(item) for item in x]
    return wrap(constant(np.asarray(x))) if isinstance(x, np.ndarray | np.generic) else x


def _zeros(p: Tensor) -> Tensor:
    return apply(FULL, (tuple(p.shape), p.dtype.numpy), 0.0)


def _flatten(*grads: Any) -> Any:
    return jnp.concatenate([as_real(grad).reshape(-1) for grad in grads])


def _moved(step: Number, d: Any, *params: Any) -> tuple[Any, ...]:
    moved, start = [], 0
    for param in params:
        leaf = as_real(param)
        part = d[start : start + leaf.size].reshape(leaf.shape)
        moved.append(as_param(param, leaf + (step.value * part).astype(leaf.dtype)))
        start += leaf.size
    return tuple(moved)


FLATTEN = Op("lbfgs_gradient", _flatten)
MOVE = Op("lbfgs_move", _moved)
