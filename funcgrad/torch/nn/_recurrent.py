"""Recurrent layers over whole sequences: RNN, LSTM, GRU. Single steps: `_recurrent_cells.py`."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch import _random
from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.creation import empty
from funcgrad.torch._ops.dropout import DROPOUT
from funcgrad.torch._ops.joining import cat, stack
from funcgrad.torch._ops.recurrent import CELLS, LAYER
from funcgrad.torch._overriding import Overridable
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch.nn import functional as F
from funcgrad.torch.nn import init
from funcgrad.torch.nn._module import Module
from funcgrad.torch.nn.parameter import Parameter
from funcgrad.torch.nn.utils.rnn import PackedSequence
from funcgrad.torch.random import default_generator
from funcgrad.trace import constant

ONE_STATE = (
    "lstm() received an invalid combination of arguments - got (Tensor, Tensor, list, bool, int, float, bool, bool, "
    "bool), but expected a tuple of Tensors as the state: (h_0, c_0)"
)


HIDDEN_SIZE = "Expected hidden size {}, got {}"


def _layer(mode: str) -> Overridable:
    """A layer as a function that classes of tensors may override."""

    def call(static: tuple[Any, ...], *operands: Any) -> Any:
        return apply(LAYER[mode], static, *operands)

    return Overridable(call, mode.lower(), "funcgrad.torch")


_LAYERS = {mode: _layer(mode) for mode in LAYER}


class RNNBase(Module):
    """What RNN, LSTM and GRU share.

    Args:
        mode: `RNN_TANH`, `RNN_RELU`, `LSTM` or `GRU`.
        input_size: Length of the vectors of a sequence.
        hidden_size: Length of the state.
        num_layers: Layers, each on the outputs of the one before.
        bias: Whether to add two of them.
        batch_first: Whether inputs are `[batch, time, dim]` instead of `[time, batch, dim]`.
        dropout: Probability of dropout between layers.
        bidirectional: Whether a second direction runs from the end.
        proj_size: Length of an LSTM's projected output; 0 for none.
        device: `cpu` or None.
        dtype: The parameters' dtype.

    Raises:
        ValueError: A size that is not positive, or a dropout outside [0, 1].
        TypeError: An argument of another type.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_dropout(dropout, num_layers)
        _check_types(bias, batch_first, input_size, hidden_size)
        _check_sizes(input_size, hidden_size, num_layers, proj_size)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._all_weights = [self._make(layer, end, device, dtype) for layer in range(num_layers) for end in self._ends]
        self.reset_parameters()

    @property
    def _ends(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def _make(self, layer: int, end: str, device: Any, dtype: Any) -> list[str]:
        """The parameters of one layer and direction; returns their names."""
        rows, output = CELLS[self.mode].rows * self.hidden_size, self.proj_size or self.hidden_size
        width = output * len(self._ends) if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, output)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = (output, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, f"{name}_l{layer}{end}", Parameter(empty(shape, device=device, dtype=dtype)))
        return [f"{name}_l{layer}{end}" for name in shapes]

    def reset_parameters(self) -> None:
        """Draw new parameters, as PyTorch draws them."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: there are no pointers to put in order."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name, None) for name in self._flat_weights_names]

    @_flat_weights.setter
    def _flat_weights(self, weights: list[Any]) -> None:
        for name, weight in zip(self._flat_weights_names, weights, strict=True):
            setattr(self, name, weight)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Run over a batch of sequences.

        Args:
            input: `[time, batch, input_size]`; with `batch_first` the batch leads; without a batch `[time,
                input_size]`; or a `PackedSequence`.
            hx: The initial state `[layers * directions, batch, hidden]`, for an LSTM a pair; zeros if None.

        Returns:
            The last layer's outputs, like `input`, and the final state.

        Raises:
            ValueError: Another number of dimensions or dtype.
            RuntimeError: Sizes that do not fit.
        """
        given = () if hx is None else (hx[0], hx[1]) if self.mode == "LSTM" else (hx,)
        if isinstance(input, PackedSequence):
            output, state = self._packed(input, given)
        else:
            output, state = self._batch(input, given)
        if len(given) == 2 and (isinstance(input, PackedSequence) or input.ndim == 3):
            _check_pair(hx)
        return output, tuple(state) if len(state) > 1 else state[0]

    def _batch(self, x: Any, given: tuple[Any, ...]) -> tuple[Any, list[Any]]:
        if x.dim() not in (2, 3):
            raise ValueError(f"{self._kind}: Expected input to be 2D or 3D, got {x.dim()}D instead")
        is_batched = x.ndim == 3
        self._check_rank(given, is_batched)
        if not is_batched:
            x, given = x.unsqueeze(1), tuple(h.unsqueeze(1) for h in given)
        elif self.batch_first:
            x = x.transpose(0, 1)
        self._check_input(x)
        self._check_state(given, x.shape[1])
        output, state = self._run(x, given, None)
        if not is_batched:
            return output.squeeze(1), [h.squeeze(1) for h in state]
        return output.transpose(0, 1) if self.batch_first else output, state

    def _packed(self, packed: PackedSequence, given: tuple[Any, ...]) -> tuple[PackedSequence, list[Any]]:
        if packed.padded.ndim != 3:
            raise RuntimeError(f"input must have 2 dimensions, got {packed.padded.ndim - 1}")
        self._check_input(packed.padded)
        order, back = packed.sorted_indices, packed.unsorted_indices
        if order is not None:
            given = tuple(h.index_select(1, order) for h in given)
        self._check_state(given, packed.padded.shape[1])
        output, state = self._run(packed.padded, given, packed)
        return packed.with_padded(output), state if back is None else [h.index_select(1, back) for h in state]

    def _run(self, x: Any, given: tuple[Any, ...], packed: PackedSequence | None) -> tuple[Any, list[Any]]:
        """Outputs `[time, batch, directions * hidden]` of the last layer, and final states of all."""
        lengths = () if packed is None else (wrap(constant(packed.lengths)),)
        ends = len(self._ends)
        finals: list[Any] = []
        for layer in range(self.num_layers):
            outputs = []
            for k in range(layer * ends, layer * ends + ends):
                weights = [getattr(self, name) for name in self._all_weights[k]]
                static = (self.mode, k, k % ends == 1, self.bias, self.proj_size > 0, bool(given), packed is not None)
                output, *final = _LAYERS[self.mode](static, x, *weights, *given, *lengths)
                outputs.append(output)
                finals.append(final)
            x = outputs[0] if ends == 1 else cat(outputs, -1)
            if layer + 1 < self.num_layers:
                x = self._dropped(x, packed)
        return x, [stack(list(states)) for states in zip(*finals, strict=True)]

    def _dropped(self, x: Tensor, packed: PackedSequence | None) -> Tensor:
        if packed is None or not self.training or self.dropout in (0.0, 1.0):
            return F.dropout(x, self.dropout, self.training)
        mask = np.zeros(x._aval.shape, bool)
        count = int(packed.lengths.sum()), x._aval.shape[2]
        mask[packed.is_within] = _random.dropout_mask(default_generator, self.dropout, count)
        return apply(DROPOUT, (), x, wrap(constant(mask)), 1.0 - self.dropout)

    @property
    def _kind(self) -> str:
        return self.mode.partition("_")[0]

    def _check_rank(self, given: tuple[Any, ...], is_batched: bool) -> None:
        wanted = 3 if is_batched else 2
        if all(h.dim() == wanted for h in given):
            return
        kind = f"{'' if is_batched else 'un'}batched {wanted}-D"
        if len(given) == 2:
            found = f"hx and cx should also be {wanted}-D but got ({given[0].ndim}-D, {given[1].ndim}-D) tensors"
        else:
            found = f"hx should also be {wanted}-D but got {given[0].ndim}-D tensor"
        raise RuntimeError(f"For {kind} input, {found}")

    def _check_input(self, x: Any) -> None:
        self._check_dtype(x)
        self._check_width(x)

    def _check_dtype(self, x: Any) -> None:
        wanted = self.all_weights[0][0].dtype
        if x.dtype != wanted:
            raise ValueError(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({wanted}). Convert input: "
                f"input.to({wanted}), or convert model: model.to({x.dtype})"
            )

    def _check_width(self, x: Any) -> None:
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}"
            )

    def _check_state(self, given: tuple[Any, ...], batch: int) -> None:
        for k, (h, size) in enumerate(zip(given, self._state_sizes, strict=False)):
            name = f"hidden[{k}]" if len(given) == 2 else "hidden"
            self.check_hidden_size(h, (len(self._all_weights), batch, size), f"Expected {name} size {{}}, got {{}}")

    @property
    def _state_sizes(self) -> tuple[int, int]:
        """The lengths of the state that is put out, and of an LSTM's cell."""
        return self.proj_size or self.hidden_size, self.hidden_size

    # What layers built on these call with inputs of their own.

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Refuse an input, or the data of a packed one, that does not fit."""
        self._check_dtype(input)
        wanted = 3 if batch_sizes is None else 2
        if input.ndim != wanted:
            raise RuntimeError(f"input must have {wanted} dimensions, got {input.ndim}")
        self._check_width(input)

    def check_hidden_size(self, hx: Tensor, expected_hidden_size: Any, msg: str = HIDDEN_SIZE) -> None:
        """Refuse a state of another shape."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Refuse an input or a state that does not fit."""
        self.check_input(input, batch_sizes)
        self._check_state(hidden if self.mode == "LSTM" else (hidden,), self._batch_size(input, batch_sizes))

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of the state for an input."""
        return len(self._all_weights), self._batch_size(input, batch_sizes), self._state_sizes[0]

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """The state with its sequences in another order."""
        if permutation is None:
            return hx
        if self.mode == "LSTM":
            return tuple(h.index_select(1, permutation) for h in hx)
        return hx.index_select(1, permutation)

    def _batch_size(self, input: Tensor, batch_sizes: Tensor | None) -> int:
        if batch_sizes is not None:
            return int(batch_sizes[0])
        return input.shape[0 if self.batch_first else 1]

    def extra_repr(self) -> str:
        """Sizes, and what is not at its default."""
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        for name, default in (defaults | {"bidirectional": False}).items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


def _check_pair(state: Any) -> None:
    if isinstance(state, Tensor):
        raise TypeError(ONE_STATE)
    if len(state) != 2:
        raise RuntimeError("lstm expects two hidden states")


def _check_dropout(dropout: Any, layers: int) -> None:
    if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:  # pyright: ignore
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and layers == 1:  # pyright: ignore[reportOperatorIssue]
        warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={layers}"
        )


def _check_types(bias: Any, batch_first: Any, input_size: Any, hidden_size: Any) -> None:
    for name, value, kind in (
        ("bias", bias, bool),
        ("batch_first", batch_first, bool),
        ("input_size", input_size, int),
        ("hidden_size", hidden_size, int),
    ):
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")


def _check_sizes(input_size: int, hidden_size: int, layers: int, projected: int) -> None:
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", layers)):
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if projected < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if projected >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


class RNN(RNNBase):
    """`h = tanh(W_ih x + b_ih + W_hh h + b_hh)` over a sequence.

    Args:
        args: `input_size, hidden_size, num_layers=1, nonlinearity="tanh"`, then as for `RNNBase`.
        kwargs: The same by name; `nonlinearity` is `tanh` or `relu`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        if len(args) > 3:
            self.nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory over a sequence; arguments as for `RNNBase`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of the cells' state for an input."""
        return len(self._all_weights), self._batch_size(input, batch_sizes), self._state_sizes[1]


class GRU(RNNBase):
    """Gated recurrent units over a sequence; arguments as for `RNNBase`, without `proj_size`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "proj_size" in kwargs:
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
        super().__init__("GRU", *args, **kwargs)
