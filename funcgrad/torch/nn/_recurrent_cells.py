"""Recurrent cells: one step at a time."""

from __future__ import annotations

import math
from typing import Any

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.recurrent import CELL, CELLS
from funcgrad.torch._overriding import Overridable
from funcgrad.torch._tensor import Tensor
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter


def _step(mode: str) -> Overridable:
    """A step as a function that classes of tensors may override."""

    def call(static: tuple[Any, ...], *operands: Any) -> Any:
        return apply(CELL[mode], static, *operands)

    return Overridable(call, f"{mode.lower()}_cell", "funcgrad.torch")


_STEPS = {mode: _step(mode) for mode in CELL}


class RNNCellBase(Module):
    """What the cells share: two matrices, two biases."""

    mode: Any  # a name among CELLS; an attribute or a property

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = num_chunks * hidden_size
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size), "bias_ih": rows, "bias_hh": rows}
        for name, shape in shapes.items():
            is_there = bias or name.startswith("weight")
            self.register_parameter(name, Parameter(empty(shape, device=device, dtype=dtype)) if is_there else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new parameters, as PyTorch draws them."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _step(self, x: Any, given: tuple[Any, ...]) -> list[Any]:
        """The state after one step, with or without a batch."""
        self._check(x, given)
        if x.ndim == 1:
            x, given = x.unsqueeze(0), tuple(h.unsqueeze(0) for h in given)
            return [h.squeeze(0) for h in self._batched_step(x, given)]
        return self._batched_step(x, given)

    def _batched_step(self, x: Tensor, given: tuple[Any, ...]) -> list[Any]:
        weights = [self.weight_ih, self.weight_hh, *([self.bias_ih, self.bias_hh] if self.bias else [])]
        made = _STEPS[self.mode]((self.mode, self.bias, bool(given)), x, *weights, *given)
        return made if isinstance(made, list) else [made]

    def _check(self, x: Any, given: tuple[Any, ...]) -> None:
        kind = type(self).__name__
        if x.dim() not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {x.dim()}D instead")
        for k, h in enumerate(given):
            if h.dim() not in (1, 2):
                name = f"hx[{k}]" if len(given) == 2 else "hidden"
                raise ValueError(f"{kind}: Expected {name} to be 1D or 2D, got {h.dim()}D instead")
        if x.shape[-1] != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {x.shape[-1]} expected {self.input_size}")
        for k, h in enumerate(given):
            if x.ndim == h.ndim == 2 and x.shape[0] != h.shape[0]:
                raise RuntimeError(f"Input batch size {x.shape[0]} doesn't match hidden{k} batch size {h.shape[0]}")
            if h.shape[-1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{k} has inconsistent hidden_size: got {h.shape[-1]}, expected {self.hidden_size}"
                )

    def extra_repr(self) -> str:
        """Sizes, and what is not at its default."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(RNNCellBase):
    """`h = tanh(W_ih x + b_ih + W_hh h + b_hh)`.

    Args:
        input_size: Length of the input.
        hidden_size: Length of the state.
        bias: Whether to add two of them.
        nonlinearity: `tanh` or `relu`.
        device: `cpu` or None.
        dtype: The parameters' dtype.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    @property
    def mode(self) -> str:
        """Which cell it is."""
        return f"RNN_{self.nonlinearity.upper()}"

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        """The state after one step from `hx` (zeros if None)."""
        if self.mode not in CELLS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(input, () if hx is None else (hx,))[0]

    def extra_repr(self) -> str:
        """Sizes, and what is not at its default."""
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of a long short-term memory; arguments as for `RNNCell`, without `nonlinearity`."""

    mode = "LSTM"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> tuple[Tensor, Tensor]:
        """Output and cell after one step from the pair `hx` (zeros if None)."""
        given = () if hx is None else tuple(hx)
        if isinstance(hx, Tensor) and input.dim() == 2:
            self._check(input, given)
            raise TypeError("lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor")
        h, c = self._step(input, given)
        return h, c


class GRUCell(RNNCellBase):
    """One step of a gated recurrent unit; arguments as for `RNNCell`, without `nonlinearity`."""

    mode = "GRU"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Tensor:
        """The state after one step from `hx` (zeros if None)."""
        return self._step(input, () if hx is None else (hx,))[0]
