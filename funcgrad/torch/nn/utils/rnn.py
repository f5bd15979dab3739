"""torch.nn.utils.rnn: sequences of different lengths as one batch.

A packed sequence is kept as the padded batch that it was packed from, with lengths as data: its flat `data`, whose
size differs from batch to batch, exists only if somebody asks for it, so a training loop stays one program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._dispatch import apply, value_of
from funcgrad.torch._ops.creation import tensor
from funcgrad.torch._ops.joining import cat
from funcgrad.torch._ops.promotion import cast
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import float16, float32, float64, int32, int64
from funcgrad.trace import Op, array_of, constant


def _take_rows(x: Any, rows: Any) -> Any:
    """Rows of a matrix, zeros where there is none."""
    return jnp.take(x, rows, axis=0, mode="fill", fill_value=0)


def _filled(x: Any, lengths: Any, value: Any) -> Any:
    """`[time, batch, ...]` with a value beyond the lengths."""
    is_within = jnp.arange(x.shape[0])[:, None] < lengths
    return jnp.where(is_within.reshape(*is_within.shape, *[1] * (x.ndim - 2)), x, cast(value, x.dtype))


TAKE_ROWS = Op("take_rows", _take_rows, saves={0: (1,)}, label="PackPaddedSequence")
FILLED = Op("fill_beyond", _filled, saves={0: (1,)}, label="PadPackedSequence")


class PackedSequence:
    """A batch of sequences without padding: step by step, the longest sequence first.

    Args:
        data: The elements of all sequences, `[elements, ...]`, or the pair of data and batch sizes.
        batch_sizes: How many sequences are that long, for every step.
        sorted_indices: Where each sequence of the pack stood before it was sorted, or None.
        unsorted_indices: Where each sequence stands in the pack; found from `sorted_indices` if None.
    """

    def __init__(
        self,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> None:
        if batch_sizes is None:
            data, batch_sizes = data
        assert batch_sizes is not None
        sizes = _host(batch_sizes)
        self._data: Any = data
        self._padded: Any = None
        self.lengths = (np.arange(sizes[0])[:, None] < sizes).sum(1)  # of the sorted sequences
        self.batch_sizes = batch_sizes
        self.sorted_indices = sorted_indices
        self.unsorted_indices = invert_permutation(sorted_indices) if unsorted_indices is None else unsorted_indices

    @classmethod
    def of_padded(cls, padded: Tensor, lengths: np.ndarray, sorted_indices: Any, unsorted_indices: Any) -> Any:
        """The pack of a padded batch `[time, batch, ...]` that is sorted by length."""
        made = cls.__new__(cls)
        made._data, made._padded, made.lengths = None, padded, lengths
        made.batch_sizes = tensor((np.arange(lengths[0])[:, None] < lengths).sum(1))
        made.sorted_indices, made.unsorted_indices = sorted_indices, unsorted_indices
        return made

    @property
    def data(self) -> Any:
        """The elements of all sequences, `[elements, ...]`."""
        if self._data is None:
            flat = self._padded.reshape(-1, *self._padded.shape[2:])
            self._data = apply(TAKE_ROWS, (), flat, _constant(np.flatnonzero(self.is_within)))
        return self._data

    @property
    def padded(self) -> Any:
        """The sorted sequences as a batch `[time, batch, ...]`; what lies beyond a length has no meaning."""
        if self._padded is None:
            rows = np.where(
                self.is_within, np.cumsum(self.is_within).reshape(self.is_within.shape) - 1, len(self._data)
            )
            self._padded = apply(TAKE_ROWS, (), self._data, _constant(rows))
        return self._padded

    @property
    def is_within(self) -> np.ndarray:
        """Which steps of which sequences exist, `[time, batch]`."""
        return np.arange(self.lengths[0])[:, None] < self.lengths

    def with_padded(self, padded: Tensor) -> PackedSequence:
        """Another batch of the same lengths and order."""
        return self.of_padded(padded, self.lengths, self.sorted_indices, self.unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The sequences in another dtype or on another device."""
        return self.with_padded(self.padded.to(*args, **kwargs))

    def double(self) -> PackedSequence:
        """The sequences as float64."""
        return self.to(float64)

    def float(self) -> PackedSequence:
        """The sequences as float32."""
        return self.to(float32)

    def half(self) -> PackedSequence:
        """The sequences as float16."""
        return self.to(float16)

    def long(self) -> PackedSequence:
        """The sequences as int64."""
        return self.to(int64)

    def int(self) -> PackedSequence:
        """The sequences as int32."""
        return self.to(int32)

    def is_pinned(self) -> bool:
        """Whether the data lies in pinned memory, of which there is none."""
        return False

    def pin_memory(self) -> PackedSequence:
        """The same: there is no other memory to copy to."""
        return self

    def cpu(self) -> PackedSequence:
        """The same: it lives on the CPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        """Whether the data lives on a GPU."""
        return False

    def __iter__(self) -> Iterator[Any]:
        return iter((self.data, self.batch_sizes, self.sorted_indices, self.unsorted_indices))

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]

    def __len__(self) -> int:
        return 4

    def __repr__(self) -> str:
        names = ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
        return f"PackedSequence({', '.join(f'{name}={x!r}' for name, x in zip(names, self, strict=True))})"


def _host(x: Any) -> np.ndarray:
    return np.asarray(array_of(value_of(x), "lengths") if isinstance(x, Tensor) else x)


def _constant(array: np.ndarray) -> Tensor:
    return wrap(constant(array.astype(np.int64)))


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another."""
    return None if permutation is None else _constant(np.argsort(_host(permutation)))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch.

    Args:
        input: `[time, batch, ...]`, or `[batch, time, ...]` with `batch_first`.
        lengths: `[batch]`.
        batch_first: Which dimension of `input` leads.
        enforce_sorted: Whether lengths must fall; otherwise they are sorted.

    Raises:
        RuntimeError: Lengths that do not fit.
    """
    sizes = _host(lengths).astype(np.int64)
    order = None
    if not enforce_sorted:
        order = _constant(np.argsort(-sizes, kind="stable"))
        sizes, input = np.sort(sizes)[::-1], input.index_select(0 if batch_first else 1, order)
    padded = input.transpose(0, 1) if batch_first else input
    _check_lengths(sizes, padded.shape, enforce_sorted)
    longest = int(sizes[0])
    padded = padded if longest == padded.shape[0] else padded[:longest]
    return PackedSequence.of_padded(padded, sizes, order, invert_permutation(order))


def _check_lengths(lengths: np.ndarray, shape: Any, enforce_sorted: bool) -> None:
    if len(lengths) != shape[1]:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={shape[1]})"
        )
    if lengths.size and lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if enforce_sorted and np.any(np.diff(lengths) > 0):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if lengths.size and lengths[0] > shape[0]:
        raise RuntimeError(
            f"a length of {lengths[0]} exceeds the {shape[0]} steps of the input; pad it or shorten lengths"
        )


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Tensor]:
    """The padded batch of a pack, in the order before packing, and its lengths.

    Args:
        sequence: A pack.
        batch_first: Which dimension of the result leads.
        padding_value: What stands beyond the lengths.
        total_length: Length of the time dimension; the longest sequence if None.

    Raises:
        ValueError: `total_length` is less than the longest sequence.
    """
    longest = int(sequence.lengths[0])
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {longest}"
        )
    padded: Any = apply(FILLED, (), sequence.padded, _constant(sequence.lengths), float(padding_value))
    if total_length is not None and total_length > longest:
        beyond = padded.new_full((total_length - longest, *padded.shape[1:]), padding_value)
        padded = cat([padded, beyond])
    lengths = _constant(sequence.lengths)
    if batch_first:
        padded = padded.transpose(0, 1)
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(0 if batch_first else 1, sequence.unsorted_indices)
        lengths = _constant(sequence.lengths[_host(sequence.unsorted_indices)])
    return padded, lengths


def pad_sequence(
    sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Sequences `[length, ...]` as one padded batch.

    Args:
        sequences: Tensors that differ in their first dimension only.
        batch_first: Whether the result is `[batch, time, ...]` instead of `[time, batch, ...]`.
        padding_value: What stands beyond a sequence.
        padding_side: `right` or `left`.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError("Expected padding_side to be one of left or right, but got " + padding_side + ".")
    rows = list(sequences)
    if not rows:
        raise RuntimeError("received an empty list of sequences")
    longest = max(row.shape[0] for row in rows)
    known = [value_of(row).array for row in rows]
    if not any(array is None or row.requires_grad for array, row in zip(known, rows, strict=True)):
        # Padded here, so that lengths that change from batch to batch do not each make a program.
        return wrap(constant(_padded_on_host(known, longest, batch_first, padding_value, padding_side == "left")))
    return apply(PADDED, (longest, batch_first, padding_side == "left"), float(padding_value), *rows)


def _padded_on_host(rows: list[Any], longest: int, batch_first: bool, value: float, left: bool) -> np.ndarray:
    made = np.full((len(rows), longest, *rows[0].shape[1:]), value, rows[0].dtype)
    for place, row in zip(made, rows, strict=True):
        place[longest - len(row) if left else 0 :][: len(row)] = row
    return made if batch_first else np.ascontiguousarray(made.swapaxes(0, 1))


def _pad_rows(value: Any, *rows: Any, longest: int, batch_first: bool, left: bool) -> Any:
    value = cast(value, rows[0].dtype)

    def padded(row: Any) -> Any:
        beyond = (longest - row.shape[0], 0) if left else (0, longest - row.shape[0])
        return jnp.pad(row, [beyond, *[(0, 0)] * (row.ndim - 1)], constant_values=value)

    return jnp.stack([padded(row) for row in rows], 0 if batch_first else 1)


PADDED = Op("pad_sequence", _pad_rows, label="Transpose")


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded batch, as a list."""
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [rows[k, :length] for k, length in enumerate(_host(lengths).tolist())]


def pack_sequence(sequences: list[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack a list of sequences `[length, ...]`."""
    lengths = [row.shape[0] for row in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences of a pack, as a list."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


__getattr__ = _missing_from(__name__)
