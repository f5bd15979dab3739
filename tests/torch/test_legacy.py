"""Legacy forms: old constructors, `Variable`, tensor types, methods of dense tensors that scripts still call."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.autograd import Variable


@pytest.mark.parametrize(
    "made, values, dtype",
    [
        (lambda: torch.Tensor([1, 2]), [1, 2], "float32"),
        (lambda: torch.Tensor(np.array([1, 2])), [1, 2], "float32"),
        (lambda: torch.Tensor(range(3)), [0, 1, 2], "float32"),
        (lambda: torch.Tensor(torch.tensor([1, 2])), [1, 2], "int64"),
        (lambda: torch.Tensor(), [], "float32"),
        (lambda: torch.FloatTensor([1, 2]), [1, 2], "float32"),
        (lambda: torch.LongTensor([1.5, 2]), [1, 2], "int64"),
        (lambda: torch.ByteTensor([1, 0]), [1, 0], "uint8"),
        (lambda: torch.BoolTensor([1, 0]), [True, False], "bool"),
        (lambda: torch.HalfTensor([1.5]), [1.5], "float16"),
        (lambda: torch.tensor([1]).new([1.5, 2]), [1, 2], "int64"),
        (lambda: torch.ones(2).type(torch.LongTensor), [1, 1], "int64"),
        (lambda: torch.ones(2).long().type(torch.Tensor), [1, 1], "float32"),
    ],
)
def test_old_constructors_make_what_pytorchs_do(made, values, dtype):
    x = made()
    assert (x.tolist(), x.dtype) == (values, getattr(torch, dtype))


@pytest.mark.parametrize("make", [torch.Tensor, torch.FloatTensor, lambda *size: torch.ones(1).new(*size)])
def test_numbers_and_sizes_are_sizes(make):
    assert make(2, 3).shape == make(torch.Size([2, 3])).shape == (2, 3)


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: torch.Tensor(2.5), TypeError, r"new\(\): data must be a sequence \(got float\)"),
        (lambda: torch.Tensor("a"), TypeError, r"new\(\): invalid data type 'str'"),
        (lambda: torch.Tensor(-1), RuntimeError, r"Trying to create tensor with negative dimension -1: \[-1\]"),
        (lambda: torch.Tensor(2, 2.5), TypeError, "failed to unpack the object at pos 2"),
        (
            lambda: torch.Tensor([1], device="cuda"),
            RuntimeError,
            "legacy constructor expects device type: cpu but device",
        ),
        (lambda: torch.Tensor([1], dtype=torch.int64), TypeError, "received an invalid combination of arguments"),
        (lambda: torch.LongTensor(torch.ones(2)), TypeError, r"expected Long \(got Float\); write tensor.to"),
        (lambda: torch.ones(2).type(torch.cuda.FloatTensor), AssertionError, "Torch not compiled with CUDA enabled"),
        (lambda: torch.set_default_tensor_type(torch.LongTensor), TypeError, "only floating-point types are supported"),
        (
            lambda: torch.set_default_tensor_type("torch.cuda.FloatTensor"),
            TypeError,
            "torch.cuda.FloatTensor not available",
        ),
        (lambda: Variable([1, 2]), TypeError, "Variable data has to be a tensor, but got list"),
        (
            lambda: torch.ones(2, requires_grad=True).resize_(2),
            RuntimeError,
            "cannot resize variables that require grad",
        ),
        (lambda: torch.ones(2).pin_memory(), RuntimeError, "Cannot access accelerator device when none is available."),
    ],
)
def test_mistakes_are_refused_in_pytorchs_words(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_a_tensor_is_of_the_type_of_its_dtype():
    x = torch.ones(2)
    assert isinstance(x, torch.FloatTensor)
    assert not isinstance(x, torch.LongTensor | torch.cuda.FloatTensor)
    assert isinstance(x, Variable)
    assert (torch.LongTensor.dtype, torch.FloatTensor.is_cuda) == (torch.int64, False)
    assert repr(torch.FloatTensor) == "<class 'torch.FloatTensor'>"


def test_a_variable_is_a_leaf_on_the_same_memory():
    x = torch.ones(2)
    v = Variable(x, requires_grad=True)
    assert type(v) is torch.Tensor
    (v * v).sum().backward()
    assert v.grad.tolist() == [2, 2]
    v.data.mul_(3)
    assert x.tolist() == [3, 3]
    assert not Variable(torch.ones(2, requires_grad=True) * 2).requires_grad
    with pytest.warns(UserWarning, match="volatile was removed and now has no effect"):
        assert not Variable(x, volatile=True).requires_grad


@pytest.mark.filterwarnings("ignore:torch.set_default_tensor_type")
def test_the_default_tensor_type_is_a_default_dtype():
    torch.set_default_tensor_type("torch.DoubleTensor")
    assert torch.Tensor([1]).dtype is torch.ones(1).dtype is torch.float64
    torch.set_default_tensor_type(torch.FloatTensor)
    assert torch.ones(1).dtype is torch.float32


def test_range_includes_its_end():
    with pytest.warns(UserWarning, match=r"torch.range is deprecated"):
        assert torch.range(0, 3).tolist() == [0, 1, 2, 3]


def test_resizing():
    x = torch.arange(6.0)
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    assert x.resize_as_(torch.ones(4)).tolist() == [0, 1, 2, 3]
    with pytest.warns(UserWarning, match="non-inplace resize is deprecated"):
        assert x.resize(2, 2).shape == (2, 2)


def test_resizing_keeps_the_memory():
    x = torch.arange(6.0)
    by_column, tail = x.view(2, 3).t(), x[3:]
    x.resize_(3, 2)
    x[0] = 7
    assert by_column.tolist() == [[7, 3], [7, 4], [2, 5]]
    assert by_column.resize_(2, 2).tolist() == [[7, 7], [2, 3]]
    tail.resize_(2).zero_()
    assert x.tolist() == [[7, 7], [2, 0], [0, 5]]
    assert x.resize_(2).resize_(6).tolist() == [7, 7, 2, 0, 0, 5]


def test_resizing_counts_as_a_write():
    x = torch.arange(3.0)
    assert x.resize_(3)._version == 0
    loss = (x * torch.ones(3, requires_grad=True)).sum()
    x.resize_(1, 3)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        loss.backward()


@pytest.mark.parametrize("make", [torch.Tensor, torch.FloatTensor, lambda x: x.new(x)])
def test_a_tensor_made_of_a_tensor_is_its_alias(make):
    x = torch.ones(2, 3)
    made = make(x)
    made.resize_(6).zero_()
    assert not x.any()
    w = torch.ones(2, requires_grad=True)
    made = make(w)
    assert made._is_view()
    assert made.grad_fn.name() == "AliasBackward0"
    made.sum().backward()
    assert w.grad.tolist() == [1, 1]


def test_python_functions_of_elements():
    x = torch.tensor([1.0, 2.0])
    assert x.apply_(lambda a: a + 1).tolist() == [2, 3]
    assert x.map_(torch.tensor([10.0, 20.0]), lambda a, b: a * b).tolist() == [20, 60]


def test_subclasses_and_parameters_build_themselves():
    p = torch.nn.Parameter(torch.ones(2))
    assert isinstance(p, torch.FloatTensor)
    assert p.tolist() == [1, 1]
