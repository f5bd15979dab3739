"""New tensors: the dtype that data has, the forms of a call, and `out=`. Values recorded from PyTorch 2.13."""

import numpy as np
import pytest

import funcgrad.torch as torch

DTYPES = {
    "arrays": ([np.ones(2), np.ones(2)], "float64"),
    "arrays of two kinds": ([np.ones(2, np.float32), np.ones(2)], "float64"),
    "arrays of int32": ([np.ones(2, np.int32)], "int32"),
    "NumPy's float64": ([np.float64(1)], "float64"),
    "a number and a NumPy float64": ((1, np.float64(2)), "float64"),
    "NumPy's int32": ([np.int32(1), np.int32(2)], "int32"),
    "a bool and a NumPy float32": ([True, np.float32(2)], "float32"),
    "tensors of two kinds": ([torch.tensor(1.0, dtype=torch.float64), torch.tensor(2.0)], "float64"),
    "an integer tensor and a float one": ([torch.tensor(1), torch.tensor(2.0)], "float32"),
    "half": ([[torch.tensor(1.0, dtype=torch.float16)]], "float16"),
    "numbers": ([1, 2.5], "float32"),
    "numbers and a complex one": ([1.5, 2j], "complex64"),
    "bools and integers": ([True, 2], "int64"),
    "nothing": ([[], []], "float32"),
}


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
@pytest.mark.parametrize("data, dtype", DTYPES.values(), ids=DTYPES)
def test_nested_data_has_the_dtype_that_holds_all_of_it(data, dtype):
    assert torch.tensor(data).dtype is torch.as_tensor(data).dtype is getattr(torch, dtype)


def test_tensors_in_a_list_are_numbers():
    assert torch.tensor([torch.tensor([1.0]), torch.tensor([[2.0]]), 3]).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
        torch.tensor([torch.ones(2)])
    with pytest.raises(RuntimeError, match="Could not infer dtype of dict_values"):
        torch.tensor({}.values())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: torch.randint(9, (3,)),
        lambda: torch.randint(9, size=(3,)),
        lambda: torch.randint(high=9, size=(3,)),
        lambda: torch.randint(0, 9, (3,)),
        lambda: torch.randint(low=0, high=9, size=(3,)),
        lambda: torch.randint(9, (3,), out=torch.empty(0, dtype=torch.int64)),
    ],
)
def test_the_forms_of_randint(draw):
    torch.manual_seed(0)
    assert draw().tolist() == [8, 0, 2]


def test_out_takes_the_result_and_its_shape():
    place = torch.empty(0, dtype=torch.float64)
    assert torch.arange(3, out=place) is place
    assert (place.dtype, place.tolist()) == (torch.float64, [0, 1, 2])
    assert torch.zeros(1, out=place).tolist() == place.tolist() == [0]
    x = torch.tensor([3.0, 1.0, 2.0])
    total = torch.empty(0)
    torch.add(x, x, out=total)
    torch.sub(total, 1, out=total)
    assert total.tolist() == [5, 1, 3]
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    torch.topk(x, 2, out=(values, indices))
    assert (values.tolist(), indices.tolist()) == ([3, 2], [0, 2])


def test_out_of_a_leaf_is_refused():
    with pytest.raises(RuntimeError, match=r"functions with out=... arguments don't support automatic"):
        torch.add(torch.ones(1), 1, out=torch.ones(1, requires_grad=True))


def test_the_layout_is_an_object_of_its_class():
    assert repr(torch.ones(1, layout=torch.strided, pin_memory=False).layout) == "torch.strided"
    assert isinstance(torch.strided, torch.layout)


def test_masks_of_uint8():
    x = torch.arange(6.0).reshape(2, 3)
    mask = (x % 2).to(torch.uint8)
    with pytest.warns(UserWarning, match="indexing with dtype torch.uint8 is now deprecated"):
        assert x[mask].tolist() == [1, 3, 5]
    with pytest.warns(UserWarning, match=r"torch.uint8"):
        assert x[:, np.array([1, 0, 1], np.uint8)].tolist() == [[0, 2], [3, 5]]


def test_a_number_on_the_left_comes_second_in_the_graph():
    x = torch.ones(2, requires_grad=True)
    for node in ((2 * x).grad_fn, (2 + x).grad_fn):
        (first, _), (second, _) = node.next_functions
        assert first.variable is x
        assert second is None


def test_bytes_of_a_tensor():
    x = torch.ones(3, dtype=torch.float16)
    assert (x.itemsize, x.nbytes, x.is_cpu) == (2, 6, True)


def test_the_host_heeds_the_default_dtype():
    def ratio():
        return (torch.tensor([1, 2]) / 3).numpy()

    torch.set_default_dtype(torch.float64)
    assert ratio().dtype == np.float64
    torch.set_default_dtype(torch.float32)
    assert ratio().dtype == np.float32


def test_what_does_not_fit_into_a_whole_number():
    """As processors cast it; 8 and 16 bits are the last ones of 32, unsigned ones of 64."""
    x = torch.tensor([3e9, -3e9, 70000.0, -300.5, float("nan")])
    assert x.to(torch.int16).tolist() == [0, 0, 4464, -300, 0]
    assert x.to(torch.uint8).tolist() == [0, 0, 112, 212, 0]
    assert x.to(torch.int32).tolist() == [-(2**31), -(2**31), 70000, -300, -(2**31)]
    assert torch.tensor([1e20, -1e20]).long().tolist() == [-(2**63)] * 2


def test_neither_nan_nor_minus_zero_has_a_sign():
    assert str(torch.tensor([float("nan"), -0.0, -2.0]).sign()) == "tensor([ 0.,  0., -1.])"


@pytest.mark.filterwarnings("ignore:Creating a tensor from a list of numpy.ndarrays")
@pytest.mark.parametrize("create", ["from_numpy", "tensor", "as_tensor", "asarray", "FloatTensor", "Tensor"])
def test_an_array_that_is_read_backwards_is_refused(create):
    backwards = np.arange(3.0)[::-1]
    with pytest.raises(ValueError, match="At least one stride in the given numpy array is negative, and tensors with"):
        getattr(torch, create)(backwards)
    assert getattr(torch, create)(backwards.copy()).tolist() == [2, 1, 0]
    assert torch.tensor([backwards]).tolist() == [[2, 1, 0]]


def test_what_cannot_be_assigned_is_refused_under_its_full_name():
    with pytest.raises(TypeError, match=r"^can't assign a numpy\.ndarray to a torch\.FloatTensor$"):
        torch.zeros(2)[...] = np.ones(2)
