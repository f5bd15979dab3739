"""Recurrent layers: one operator for each layer and direction.

The products with the inputs are one matrix product before the scan, the gradients of the weights one after it. Steps
beyond a sequence's length leave its state as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp

from funcgrad.torch._ops.products import project, weight_gradient
from funcgrad.trace import Equation, Op, rolled


class Cell(NamedTuple):
    """One kind of recurrent unit. States are tuples of `[batch, hidden]` that begin with the output.

    Attributes:
        rows: How many blocks of rows its weights have.
        states: How many arrays its state has.
        keeps: How many gates its gradient needs: all of them or none.
        gates: `(part of the input, part of the hidden state) -> gates`, activated.
        step: `(gates, state) -> state`.
        pull: `(gradient of the state, gates, state, state before) -> (gradient of the part of the input, of the part of
            the hidden state or None if it is the same, of the state before apart from its hidden part)`.
        adds_bias: Whether the hidden bias may be added to the part of the input.
    """

    rows: int
    states: int
    keeps: int
    gates: Callable[..., Any]
    step: Callable[..., Any]
    pull: Callable[..., Any]
    adds_bias: bool = True


def _tanh_pull(gradient: Any, gates: Any, state: Any, before: Any) -> Any:
    return gradient[0] * (1 - state[0] * state[0]), None, (0,)


def _relu_pull(gradient: Any, gates: Any, state: Any, before: Any) -> Any:
    return jnp.where(state[0] > 0, gradient[0], 0), None, (0,)


def _lstm_gates(of_input: Any, of_hidden: Any) -> tuple[Any, ...]:
    """Input, forget, cell and output gates by one sigmoid: `tanh(x) = 2 sigmoid(2 x) - 1`."""
    z = of_input + of_hidden
    hidden = z.shape[-1] // 4
    is_cell = (jnp.arange(4 * hidden) // hidden == 2).astype(z.dtype)
    i, f, g, o = jnp.split(jax.nn.sigmoid(z * (1 + is_cell)), 4, -1)
    return i, f, 2 * g - 1, o


def _lstm_step(gates: Any, state: Any) -> Any:
    i, f, g, o = gates
    c = f * state[1] + i * g
    return o * jnp.tanh(c), c


def _lstm_pull(gradient: Any, gates: Any, state: Any, before: Any) -> Any:
    (dh, dc), (i, f, g, o) = gradient, gates
    bent = jnp.tanh(state[1])
    dc = dc + dh * o * (1 - bent * bent)
    parts = [dc * g * i * (1 - i), dc * before[1] * f * (1 - f), dc * i * (1 - g * g), dh * bent * o * (1 - o)]
    return jnp.concatenate(parts, -1), None, (0, dc * f)


def _gru_gates(of_input: Any, of_hidden: Any) -> tuple[Any, ...]:
    """Reset and update gates, the new state, and the part of the hidden state that the reset gate multiplies."""
    hidden = of_input.shape[-1] // 3
    r, z = jnp.split(jax.nn.sigmoid(of_input[..., : 2 * hidden] + of_hidden[..., : 2 * hidden]), 2, -1)
    recalled = of_hidden[..., 2 * hidden :]
    return r, z, jnp.tanh(of_input[..., 2 * hidden :] + r * recalled), recalled


def _gru_step(gates: Any, state: Any) -> Any:
    _, z, n, _ = gates
    return (n + z * (state[0] - n),)


def _gru_pull(gradient: Any, gates: Any, state: Any, before: Any) -> Any:
    (dh,), (r, z, n, recalled) = gradient, gates
    dn = dh * (1 - z) * (1 - n * n)
    dr, dz = dn * recalled * r * (1 - r), dh * (before[0] - n) * z * (1 - z)
    return jnp.concatenate([dr, dz, dn], -1), jnp.concatenate([dr, dz, dn * r], -1), (dh * z,)


CELLS = {
    "RNN_TANH": Cell(1, 1, 0, lambda a, b: (jnp.tanh(a + b),), lambda gates, state: gates, _tanh_pull),
    "RNN_RELU": Cell(1, 1, 0, lambda a, b: (jnp.maximum(a + b, 0),), lambda gates, state: gates, _relu_pull),
    "LSTM": Cell(4, 2, 4, _lstm_gates, _lstm_step, _lstm_pull),
    "GRU": Cell(3, 1, 4, _gru_gates, _gru_step, _gru_pull, adds_bias=False),
}


def _forward(
    cell: Cell, reverse: bool, of_input: Any, state: Any, weight: Any, bias: Any, valid: Any, w_hr: Any = None
) -> Any:
    """States and gates after every step, `[time, batch, hidden]`; the output is projected where `w_hr` is given.

    They leave the scan as one array. Of several, XLA would drop those that only the gradient needs from an operator's
    own scan, and no longer see that the scan in its gradient is the same one.
    """
    turned = weight.T

    def step(state: Any, at: Any) -> Any:
        of_input, valid = at
        gates = cell.gates(of_input, _of_hidden(state[0], turned, bias))
        new = cell.step(gates, state)
        if w_hr is not None:
            new = (new[0] @ w_hr.T, *new[1:])
        if valid is not None:
            new = tuple(jnp.where(valid, a, b) for a, b in zip(new, state, strict=True))
        return new, jnp.concatenate([*new, *(gates if cell.keeps else ())], -1)

    over_time = rolled(jax.lax.scan)(step, state, (of_input, valid), reverse=reverse)[1]
    widths = [x.shape[-1] for x in state]
    parts = jnp.split(over_time, [sum(widths[: k + 1]) for k in range(len(widths))], -1)
    return tuple(parts[:-1]), tuple(jnp.split(parts[-1], cell.keeps, -1)) if cell.keeps else ()


def _of_hidden(h: Any, turned: Any, bias: Any) -> Any:
    return h @ turned if bias is None else h @ turned + bias


@functools.partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _states(cell: Cell, reverse: bool, of_input: Any, state: Any, weight: Any, bias: Any, valid: Any) -> Any:
    return _forward(cell, reverse, of_input, state, weight, bias, valid)[0]


def _states_forward(cell: Cell, reverse: bool, of_input: Any, state: Any, weight: Any, bias: Any, valid: Any) -> Any:
    states, gates = _forward(cell, reverse, of_input, state, weight, bias, valid)
    return states, (states, gates, state, weight, bias, valid)


def _states_gradient(cell: Cell, reverse: bool, saved: Any, cotangents: Any) -> Any:
    states, gates, start, weight, bias, valid = saved
    before = tuple(_shifted(a, b, reverse) for a, b in zip(states, start, strict=True))

    def step(gradient: Any, at: Any) -> Any:
        cotangent, gates, state, before, valid = at
        gradient = tuple(a + b for a, b in zip(gradient, cotangent, strict=True))
        d_input, d_hidden, (h, *others) = cell.pull(gradient, gates, state, before)
        back = (h + (d_input if d_hidden is None else d_hidden) @ weight, *others)
        if valid is not None:
            d_input, d_hidden = jax.tree.map(lambda x: jnp.where(valid, x, 0), (d_input, d_hidden))
            back = tuple(jnp.where(valid, a, b) for a, b in zip(back, gradient, strict=True))
        return back, (d_input, d_hidden)

    nothing = tuple(jnp.zeros_like(x) for x in start)
    over_time = (cotangents, gates, states, before, valid)
    first, (d_input, d_hidden) = rolled(jax.lax.scan)(step, nothing, over_time, reverse=not reverse)
    rows = (d_input if d_hidden is None else d_hidden).reshape(-1, d_input.shape[-1])
    outputs = before[0].reshape(-1, before[0].shape[-1])
    return d_input, first, weight_gradient(outputs, rows), None if bias is None else jnp.sum(rows, 0), None


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
    b_ih, b_hh = cast("tuple[Any, Any]", (next(operands), next(operands)) if biased else (None, None))
    w_hr = next(operands) if projected else None
    sizes = (w_hh.shape[1], w_hh.shape[0] // cell.rows)[: cell.states]
    state = tuple(next(operands)[layer] if given else jnp.zeros((x.shape[1], size), x.dtype) for size in sizes)
    valid = (jnp.arange(x.shape[0])[:, None] < next(operands))[:, :, None] if packed else None
    if biased and cell.adds_bias:
        b_ih, b_hh = b_ih + b_hh, None
    of_input = project(x.reshape(-1, x.shape[-1]), w_ih) + (0 if b_ih is None else b_ih)
    of_input = of_input.reshape(*x.shape[:2], -1)
    if w_hr is None:
        states = cast("Any", _states(cell, reverse, of_input, state, w_hh, b_hh, valid))
    else:
        states = _forward(cell, reverse, of_input, state, w_hh, b_hh, valid, w_hr)[0]
    last = tuple(s[0 if reverse else -1] for s in states)
    return (states[0] if valid is None else jnp.where(valid, states[0], 0), *last)


def _cell(x: Any, *rest: Any, mode: str, biased: bool, given: bool) -> Any:
    """The state after one step; the operands after `x` are the weights, then the state if given."""
    cell, operands = CELLS[mode], iter(rest)
    w_ih, w_hh = next(operands), next(operands)
    b_ih, b_hh = (next(operands), next(operands)) if biased else (0, 0)
    shape = (x.shape[0], w_hh.shape[1])
    state = tuple(next(operands) if given else jnp.zeros(shape, x.dtype) for _ in range(cell.states))
    of_input = project(x, w_ih) + (b_ih + b_hh if cell.adds_bias else b_ih)
    return cell.step(cell.gates(of_input, _of_hidden(state[0], w_hh.T, None if cell.adds_bias else b_hh)), state)


def _label(equation: Equation) -> str:
    is_projected = equation.static[4]
    return "MkldnnRnnLayer" if equation.static[0] == "LSTM" and not is_projected else "Stack"


LAYER = {mode: Op(f"{mode.lower()}_layer", _layer, label=_label) for mode in CELLS}
CELL = {mode: Op(f"{mode.lower()}_cell", _cell) for mode in CELLS}
