"""Known differences that no operator's sample shows: what PyTorch does, as it was seen, and what the shim does.

An entry of the ledger that no longer differs fails here, and so does one that nothing here shows.
"""

import tomllib
from pathlib import Path

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.nn.functional import binary_cross_entropy

LEDGER = Path(__file__).parents[1] / "support" / "known_differences.toml"
SHOWN_ELSEWHERE = ("item_", "op_db ")  # by test_semantics.py and by tests/parity/test_op_db.py
KNOWN = tomllib.loads(LEDGER.read_text(encoding="utf-8"))


def sorted_columns():
    y = torch.arange(6.0).reshape(2, 3).t().sort(0)[0]
    y.reshape(-1)[0] = 100.0  # a view of the result here, a copy in PyTorch
    return y.stride(), y.is_contiguous(), y[0, 0].item()


def channels_of_single_pixels():
    return torch.zeros(2, 3, 1, 1).to(memory_format=torch.channels_last).stride()


def copy_to_where_the_source_lies():
    x = torch.arange(6.0)
    x[::2].copy_(x[:3])
    return x.tolist()


def multiply_by_what_is_written():
    x = torch.arange(12.0)
    x[2::3].mul_(x[:4])
    return x[2::3].tolist()


def fill_an_expanded_tensor():
    x = torch.zeros(1).expand(3)
    x.masked_fill_(torch.tensor([True, False, False]), 5.0)
    return x.tolist()


def swap_a_leaf_before_backward():
    w, other = torch.tensor([1.0], requires_grad=True), torch.tensor([3.0], requires_grad=True)
    loss = (w * 2).sum()
    torch.utils.swap_tensors(w, other)
    loss.backward()
    return w.grad.tolist()


def array_of(kibibytes):
    array = np.zeros(kibibytes * 256, np.float32)
    return array, torch.from_numpy(array)


def write_by_numpy_to_a_long_array():
    array, x = array_of(65)
    array[0] = 1.0
    return x[0].item()


def write_to_the_array_of_a_long_tensor():
    array = torch.zeros(65 * 256).numpy()
    try:
        array[0] = 1.0
    except ValueError as error:
        return str(error)
    return array[0].item()


def write_to_the_base_of_a_saved_view():
    x, base = torch.ones(2, requires_grad=True), torch.ones(4)
    y = x * base[:2]
    base.data.fill_(5.0)
    y.sum().backward()
    return x.grad.tolist()


def go_on_after_a_bad_value():
    weight = torch.tensor([0.5], requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1)
    try:
        binary_cross_entropy(weight * 9.0, torch.zeros(1)).backward()
        optimizer.step()
        weight.tolist()
    except RuntimeError:
        return weight.item() == 0.5


def multiply_data_by_none():
    return (torch.ones(2, 2) @ torch.ones(2, 2, device="meta")).shape


def look_up_at_places_without_data():
    return torch.ones(2, 2)[torch.tensor([0, 1], device="meta")].shape


def add_what_has_no_data():
    return torch.ones(2, 2).add_(torch.ones(2, 2, device="meta")).shape


def identity_that_starts_with(value):
    matrix = torch.eye(3)
    matrix[0, 0] = value
    return matrix


def eigenvalues_of_a_nan():
    return str(torch.linalg.eigvalsh(identity_that_starts_with(float("nan"))).tolist())


def determinant_of_an_infinity():
    return str(torch.linalg.det(identity_that_starts_with(float("inf"))).item())


def factor_of_no_definite_matrix():
    factor, info = torch.linalg.cholesky_ex(torch.tensor([[1.0, 2.0], [2.0, 1.0]]))
    return str(factor[1].tolist()), info.item()


def look_up_sparsely():
    table = torch.nn.Embedding.from_pretrained(torch.ones(3, 1), freeze=False, sparse=True)
    optimizer = torch.optim.SparseAdam(table.parameters(), lr=1.0)
    for factor in (1.0, 0.0):
        optimizer.zero_grad()
        (table(torch.tensor([0])) * factor).sum().backward()
        optimizer.step()
    return table


def gradient_of_a_sparse_lookup():
    return look_up_sparsely().weight.grad.is_sparse


def row_without_a_gradient():
    return [round(x, 3) for x in look_up_sparsely().weight.flatten().tolist()]


def sparse_lookup_and_adam():
    table = torch.nn.Embedding(3, 1, sparse=True)
    table(torch.tensor([0])).sum().backward()
    torch.optim.Adam(table.parameters()).step()
    return "stepped"


REFUSAL = "unsupported operation: more than one element of the written-to tensor refers to a single memory location"
POISONED = (
    "Trying to execute AccumulateGrad node that was poisoned by swap_tensors this can happen when you try to run "
    "backward on a tensor that was swapped"
)
NO_DATA = "Tensor on device meta is not on the expected device cpu!"
DIFFERENCES = {
    "results that are not elementwise": [
        (sorted_columns, ((1, 3), False, 0.0), ((2, 1), True, 100.0)),
        (channels_of_single_pixels, (3, 1, 3, 3), (3, 1, 1, 1)),
    ],
    "in-place writes": [
        (copy_to_where_the_source_lies, [0.0, 1.0, 1.0, 3.0, 1.0, 5.0], [0.0, 1.0, 1.0, 3.0, 2.0, 5.0]),
        (multiply_by_what_is_written, [0.0, 5.0, 0.0, 33.0], [0.0, 5.0, 16.0, 33.0]),
    ],
    "utils.swap_tensors": [(swap_a_leaf_before_backward, POISONED, [2.0])],
    "data": [(write_to_the_base_of_a_saved_view, [5.0, 5.0], [1.0, 1.0])],
    "bad values": [(go_on_after_a_bad_value, True, False)],
    "masked_fill_": [(fill_an_expanded_tensor, [5.0, 5.0, 5.0], REFUSAL)],
    "tensors on meta": [
        (multiply_data_by_none, (2, 2), NO_DATA),
        (look_up_at_places_without_data, (2, 2), NO_DATA),
        (add_what_has_no_data, (2, 2), NO_DATA),
    ],
    "matrices with nan": [(eigenvalues_of_a_nan, "[0.0, -0.0, 1.0]", "[nan, nan, nan]")],
    "matrices with infinities": [(determinant_of_an_infinity, "inf", "nan")],
    "linalg.cholesky_ex": [(factor_of_no_definite_matrix, ("[2.0, -3.0]", 2), ("[nan, nan]", 2))],
    "sparse gradients": [
        (gradient_of_a_sparse_lookup, True, False),
        (row_without_a_gradient, [-0.67, 1.0, 1.0], [0.0, 1.0, 1.0]),
        (
            sparse_lookup_and_adam,
            "Adam does not support sparse gradients, please consider SparseAdam instead",
            "stepped",
        ),
    ],
    "from_numpy": [
        (write_by_numpy_to_a_long_array, 1.0, 0.0),
        (write_to_the_array_of_a_long_tensor, 1.0, "assignment destination is read-only"),
    ],
}
"""For each entry its examples: what is done, PyTorch's result, and the shim's or the start of its refusal."""


def outcome(example):
    try:
        return example()
    except RuntimeError as error:
        return str(error).partition(". ")[0]


@pytest.mark.parametrize(
    "example, pytorchs, ours",
    [row for rows in DIFFERENCES.values() for row in rows],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_known_difference(example, pytorchs, ours):
    assert outcome(example) == ours != pytorchs


def test_every_entry_without_a_sample_is_shown():
    without = {name for name, entries in KNOWN.items() if any(entry["samples"] == [] for entry in entries)}
    assert {name for name in without if not name.startswith(SHOWN_ELSEWHERE)} == DIFFERENCES.keys()


def test_within_64_kib_memory_is_shared_with_numpy_both_ways():
    array, x = array_of(64)
    array[0] = 1.0
    x[1] = 2.0
    assert (x[0].item(), array[1]) == (1.0, 2.0)


def test_writes_by_the_shim_reach_a_long_array():
    array, x = array_of(65)
    x[1] = 2.0
    assert array[1] == 2.0
