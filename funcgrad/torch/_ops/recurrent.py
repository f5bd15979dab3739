"""Recurrent layers: one operator for each layer and direction.

The products with the inputs are one matrix product before the scan, and the gradients of the weights one after it: the
scans hold only what really depends on the step before. Steps beyond a sequence's length leave its state as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from funcgrad.trace import Equation, Op


class Cell(NamedTuple):
    """One kind of recurrent unit. States are tuples of `[batch, hidden]` that begin with the output.

    Attributes:
        gates: How many blocks of rows its weights have.
        states: How many arrays its state has.
        step: `(input gates, state, weight, bias) -> (state, kept)`.
        pull: `(gradient of the state, kept, state, state before, weight) -> (gradients of the input gates, of the
            hidden gates, of the state before)`.
        adds_bias: Whether the hidden bias may be added to the input's before the scan.
    """

    gates: int
    states: int
    step: Callable[..., Any]
    pull: Callable[..., Any]
    adds_bias: bool = True


def _tanh_step(gates: Any, state: Any, weight: Any, bias: Any) -> Any:
    return (jnp.tanh(gates + state[0] @ weight),), ()


def _tanh_pull(g: Any, kept: Any, state: Any, before: Any, weight: Any) -> Any:
    gates = g[0] * (1 - state[0] * state[0])
    return gates, gates, (gates @ weight.T,)


def _relu_step(gates: Any, state: Any, weight: Any, bias: Any) -> Any:
    return (jnp.maximum(gates + state[0] @ weight, 0),), ()


def _relu_pull(g: Any, kept: Any, state: Any, before: Any, weight: Any) -> Any:
    gates = jnp.where(state[0] > 0, g[0], 0)
    return gates, gates, (gates @ weight.T,)


def _lstm_step(gates: Any, state: Any, weight: Any, bias: Any) -> Any:
    h, c = state
    i, f, g, o = activated = _lstm_gates(gates + h @ weight)
    c = f * c + i * g
    return (o * jnp.tanh(c), c), activated


def _lstm_gates(z: Any) -> tuple[Any, ...]:
    """Input, forget, cell and output gates by one sigmoid: `tanh(x) = 2 sigmoid(2 x) - 1`."""
    hidden = z.shape[-1] // 4
    is_cell = (jnp.arange(4 * hidden) // hidden == 2).astype(z.dtype)
    i, f, g, o = jnp.split(jax.nn.sigmoid(z * (1 + is_cell)), 4, -1)
    return i, f, 2 * g - 1, o


def _lstm_pull(gradient: Any, kept: Any, state: Any, before: Any, weight: Any) -> Any:
    (dh, dc), (i, f, g, o) = gradient, kept
    bent = jnp.tanh(state[1])
    dc = dc + dh * o * (1 - bent * bent)
    gates = jnp.concatenate(
        [dc * g * i * (1 - i), dc * before[1] * f * (1 - f), dc * i * (1 - g * g), dh * bent * o * (1 - o)], -1
    )
    return gates, gates, (gates @ weight.T, dc * f)


def _gru_step(gates: Any, state: Any, weight: Any, bias: Any) -> Any:
    (h,) = state
    hidden = h.shape[-1]
    own = h @ weight + bias
    r, z = jnp.split(jax.nn.sigmoid(gates[..., : 2 * hidden] + own[..., : 2 * hidden]), 2, -1)
    recalled = own[..., 2 * hidden :]
    n = jnp.tanh(gates[..., 2 * hidden :] + r * recalled)
    return (n + z * (h - n),), (r, z, n, recalled)


def _gru_pull(gradient: Any, kept: Any, state: Any, before: Any, weight: Any) -> Any:
    (dh,), (r, z, n, recalled) = gradient, kept
    dn = dh * (1 - z) * (1 - n * n)
    dr, dz = dn * recalled * r * (1 - r), dh * (before[0] - n) * z * (1 - z)
    hidden = jnp.concatenate([dr, dz, dn * r], -1)
    return jnp.concatenate([dr, dz, dn], -1), hidden, (dh * z + hidden @ weight.T,)


CELLS = {
    "RNN_TANH": Cell(1, 1, _tanh_step, _tanh_pull),
    "RNN_RELU": Cell(1, 1, _relu_step, _relu_pull),
    "LSTM": Cell(4, 2, _lstm_step, _lstm_pull),
    "GRU": Cell(3, 1, _gru_step, _gru_pull, adds_bias=False),
}


def _forward(cell: Cell, reverse: bool, gates: Any, state: Any, weight: Any, bias: Any, valid: Any) -> Any:
    """States after every step `[time, batch, hidden]`, and what the steps kept."""

    def step(state: Any, at: Any) -> Any:
        gates, valid = at
        new, kept = cell.step(gates, state, weight, bias)
        if valid is not None:
            new = tuple(jnp.where(valid, a, b) for a, b in zip(new, state, strict=True))
        return new, (new, kept)

    return jax.lax.scan(step, state, (gates, valid), reverse=reverse)[1]


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _states(cell: Cell, reverse: bool, gates: Any, state: Any, weight: Any, bias: Any, valid: Any) -> Any:
    return _forward(cell, reverse, gates, state, weight, bias, valid)[0]


def _states_forward(cell: Cell, reverse: bool, gates: Any, state: Any, weight: Any, bias: Any, valid: Any) -> Any:
    states, kept = _forward(cell, reverse, gates, state, weight, bias, valid)
    return states, (states, kept, state, weight, bias, valid)


def _states_gradient(cell: Cell, reverse: bool, saved: Any, cotangents: Any) -> Any:
    states, kept, start, weight, bias, valid = saved
    before = tuple(_shifted(a, b, reverse) for a, b in zip(states, start, strict=True))

    def step(gradient: Any, at: Any) -> Any:
        cotangent, kept, state, before, valid = at
        gradient = tuple(a + b for a, b in zip(gradient, cotangent, strict=True))
        gates, own, back = cell.pull(gradient, kept, state, before, weight)
        if valid is not None:
            gates, own = jnp.where(valid, gates, 0), jnp.where(valid, own, 0)
            back = tuple(jnp.where(valid, a, b) for a, b in zip(back, gradient, strict=True))
        return back, (gates, own)

    nothing = tuple(jnp.zeros_like(x) for x in start)
    first, (gates, own) = jax.lax.scan(step, nothing, (cotangents, kept, states, before, valid), reverse=not reverse)
    rows = own.reshape(-1, own.shape[-1])
    outputs = before[0].reshape(-1, before[0].shape[-1])
    return gates, first, outputs.T @ rows, None if bias is None else jnp.sum(rows, 0), None


def _shifted(states: Any, start: Any, reverse: bool) -> Any:
    """The states before every step."""
    return jnp.concatenate([states[1:], start[None]] if reverse else [start[None], states[:-1]])


_states.defvjp(_states_forward, _states_gradient)


def _layer(
    x: Any, *rest: Any, mode: str, layer: int, reverse: bool, biased: bool, projected: bool, given: bool, packed: bool
) -> Any:
    """Outputs `[time, batch, hidden]` and the last state of one layer in one direction.

    The operands after `x` are the weights, then the initial states of all layers if given, then the lengths if packed.
    """
    cell, operands = CELLS[mode], iter(rest)
    w_ih, w_hh = next(operands), next(operands)
    b_ih, b_hh = (next(operands), next(operands)) if biased else (None, None)
    w_hr = next(operands) if projected else None
    sizes = (w_hh.shape[1], w_hh.shape[0] // cell.gates)[: cell.states]
    state = tuple(next(operands)[layer] if given else jnp.zeros((x.shape[1], size), x.dtype) for size in sizes)
    valid = (jnp.arange(x.shape[0])[:, None] < next(operands))[:, :, None] if packed else None
    if biased and cell.adds_bias:
        b_ih, b_hh = b_ih + b_hh, None
    elif not biased and not cell.adds_bias:
        b_hh = jnp.zeros(w_hh.shape[0], x.dtype)
    gates = (x.reshape(-1, x.shape[-1]) @ w_ih.T + (0 if b_ih is None else b_ih)).reshape(*x.shape[:2], -1)
    if w_hr is None:
        states = _states(cell, reverse, gates, state, w_hh.T, b_hh, valid)
    else:
        states = _forward(_projecting(cell, w_hr.T), reverse, gates, state, w_hh.T, b_hh, valid)[0]
    last = tuple(s[0 if reverse else -1] for s in states)
    return (states[0] if valid is None else jnp.where(valid, states[0], 0), *last)


def _projecting(cell: Cell, weight: Any) -> Cell:
    """The cell with its output projected; differentiated by JAX."""

    def step(*operands: Any) -> Any:
        (h, *others), kept = cell.step(*operands)
        return (h @ weight, *others), kept

    return cell._replace(step=step)


def _cell(x: Any, *rest: Any, mode: str, biased: bool, given: bool) -> Any:
    """The state after one step; the operands after `x` are the weights, then the state if given."""
    cell, operands = CELLS[mode], iter(rest)
    w_ih, w_hh = next(operands), next(operands)
    b_ih, b_hh = (next(operands), next(operands)) if biased else (0, 0)
    shape = (x.shape[0], w_hh.shape[1])
    state = tuple(next(operands) if given else jnp.zeros(shape, x.dtype) for _ in range(cell.states))
    gates = x @ w_ih.T + (b_ih + b_hh if cell.adds_bias else b_ih)
    return cell.step(gates, state, w_hh.T, b_hh)[0]


def _label(equation: Equation) -> str:
    mode, *_, projected, _, _ = equation.static
    return "MkldnnRnnLayer" if mode == "LSTM" and not projected else "Stack"


LAYER = {mode: Op(f"{mode.lower()}_layer", _layer, label=_label) for mode in CELLS}
CELL = {mode: Op(f"{mode.lower()}_cell", _cell) for mode in CELLS}
