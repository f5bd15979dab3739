"""Shared storages beyond the recorded items of behaviour (`test_semantics.py`): views outside and inside the graph."""

import ctypes

import numpy as np

import funcgrad.torch as torch


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def test_a_detached_view_stays_outside_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 1
    d = y[0].detach()
    y.mul_(3)
    assert d.item() == 3
    assert not d.requires_grad
    d.fill_(9)
    assert y.tolist() == [9, 6]


def test_a_view_of_a_leaf_made_under_no_grad_tells_that_its_base_requires_grad():
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        v = x[0]
    assert (v.requires_grad, v.is_leaf, v.grad_fn) == (True, True, None)
    assert repr(v) == "tensor(1., requires_grad=True)"


def test_a_look_under_no_grad_leaves_a_view_in_its_graph():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:1]
    y.mul_(3)
    with torch.no_grad():
        assert v.tolist() == [3]
    v.sum().backward()
    assert x.grad.tolist() == [3, 0]


def test_values_leave_as_the_array_they_were():
    x = torch.tensor([1.0, 2.0])
    array = x.numpy()
    x.mul_(1)
    np.testing.assert_array_equal(array, [1, 2])


def test_values_can_be_read_at_the_address():
    """As libraries do that save tensors; after an in-place change the address is the same."""
    x = torch.arange(4.0) * 2
    address = x.data_ptr()
    assert read(address, 4) == [0.0, 2.0, 4.0, 6.0]
    x += 1
    assert x.data_ptr() == x.untyped_storage().data_ptr() == address
    assert read(address, 4) == [1.0, 3.0, 5.0, 7.0]
    assert x[2:].data_ptr() == address + 8
    assert read(x[2:].data_ptr(), 2) == [5.0, 7.0]
    assert x.clone().data_ptr() != address
    assert x.numpy().ctypes.data == x.data_ptr()
    assert torch.empty(0).data_ptr() == torch.ones(2, device="meta").data_ptr() == 0


def read(address, count):
    return list((ctypes.c_float * count).from_address(address))


def test_strides_over_memory_that_is_seen_as_another_dtype():
    """The values are those of PyTorch: 0x3F800000 is 1.0 in float32."""
    bits = torch.ones(2).view(torch.int32)
    assert bits.as_strided((2,), (1,)).tolist() == [0x3F800000] * 2
    pair = torch.view_as_real(torch.tensor([1 + 2j, 3 + 4j])).as_strided((2,), (3,), 0)
    assert pair.tolist() == [1.0, 4.0]
