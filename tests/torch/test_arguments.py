"""What is said of calls that do not fit, and NumPy's names for keywords; beside PyTorch in parity/test_refusals.py."""

import enum

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch._signatures import Signature

ONE_OF_TWO = """sum() received an invalid combination of arguments - got (Tensor, axes=int), but expected one of:
 * (Tensor input, *, torch.dtype dtype = None)
 * (Tensor input, tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None)
"""


UNKNOWN = "{}() received an invalid combination of arguments - got unrecognized keyword arguments: {}"


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: torch.sum(x, axes=0), ONE_OF_TWO),
        (lambda x: torch.median(x), None),
        (lambda x: torch.median(x, axes=0), 'median() missing 1 required positional arguments: "dim"'),
        (lambda x: torch.relu(x, y=1), "relu() got an unexpected keyword argument 'y'"),
        (lambda x: torch.add(x, "a"), "add(): argument 'other' (position 2) must be Tensor, not str"),
        (lambda x: x.add("a"), "add(): argument 'other' (position 1) must be Tensor, not str"),
        (lambda x: x.exp(out=x), "TensorBase.exp() takes no keyword arguments"),
        (lambda x: x.sum(0, out=x), "sum() got an unexpected keyword argument 'out'"),
        (lambda x: np.mean(x, axis=0), "mean() got an unexpected keyword argument 'axis'"),
        (lambda x: torch.fft.fft(1), "fft_fft(): argument 'input' (position 1) must be Tensor, not int"),
        (lambda x: torch.sum(x, 0, 1), "sum(): argument 'keepdim' (position 3) must be bool, not int"),
        (lambda x: x.sum(0, keepdim=1), "sum(): argument 'keepdim' must be bool, not int"),
        (lambda x: torch.relu(x, 1), "relu() takes 1 positional argument but 2 were given"),
        (lambda x: x.float(1), "float() takes 0 positional arguments but 1 was given"),
        (lambda x: x.relu(1), "TensorBase.relu() takes no arguments (1 given)"),
        (lambda x: torch.full(2, 1), "full(): argument 'size' (position 1) must be tuple of ints, not int"),
        (lambda x: torch.zeros(2, pin_memory=1), "zeros(): argument 'pin_memory' must be bool, not int"),
        (lambda x: torch.softmax(x, 1.0), "softmax(): argument 'dim' (position 2) must be int, not float"),
        (lambda x: torch.addcmul(x, x, x, value=x), "addcmul(): argument 'value' must be Number, not Tensor"),
        (lambda x: x.add(x, y=1, z=2), UNKNOWN.format("add", "z, y")),
        (lambda x: x.add(x, 1, 1, alpha=1, y=2), UNKNOWN.format("add", "y, alpha")),
        (lambda x: torch.sum(x, dim=0, axis=1), "sum() got an unexpected keyword argument 'axis'"),
    ],
)
def test_a_call_that_does_not_fit(call, text):
    x = torch.ones(2, 2)
    if text is None:
        call(x)
        return
    with pytest.raises(TypeError) as raised:
        call(x)
    assert str(raised.value) == text


def test_an_error_of_a_call_that_fits_stays():
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch.sum(torch.ones(2), 3)


def test_numpys_names_stand_for_pytorchs():
    x, out = torch.arange(6.0).view(2, 3), torch.zeros(3)
    assert torch.sum(x=x, axis=0, keepdims=True).tolist() == [[3, 5, 7]]
    assert torch.sum(a=x, axis=0, out=out) is out
    assert out.tolist() == [3, 5, 7]
    assert x.max(axis=1).values.tolist() == [2, 5]
    assert torch.add(x1=x, x2=x).tolist() == (x + x).tolist()
    assert torch.linalg.norm(x, axis=1, keepdims=True).shape == (2, 1)
    assert torch.fft.fft(x, axis=0).shape == (2, 3)
    assert torch.fft.fftshift(x=x, axis=1).tolist() == torch.fft.fftshift(x, 1).tolist()
    assert torch.nn.functional.cosine_similarity(x, x, axis=0).shape == (3,)
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        torch.nn.functional.softmax(x, axis=0)


def test_a_function_has_the_name_that_pytorch_gives_it():
    functions = torch.clip, torch.concat, torch.linalg.inv, torch.Tensor.clip_, torch.Tensor.abs, torch.atleast_2d
    names = [f.__name__ for f in functions]
    assert names == ["clip", "concat", "linalg_inv", "clip_", "abs", "atleast_2d"]


def test_tensors_stand_for_numbers_and_other_classes_for_anything():
    x = torch.ones(2, 2)
    assert torch.full((2,), torch.tensor(3.0)).tolist() == [3, 3]
    assert torch.add(x, x, alpha=torch.tensor(2)).tolist() == [[3, 3], [3, 3]]
    for _ in range(2):
        with pytest.raises(TypeError, match="'alpha' must be Number, not Tensor"):
            torch.add(x, x, alpha=x)
    assert torch.sum(x, np.int64(0), np.bool_(True)).shape == (1, 2)


class Level(enum.IntEnum):
    TWO = 2


class Rate(float):
    pass


def test_a_number_of_a_subclass_or_of_numpys_is_the_number_that_it_stands_for():
    x, n = torch.tensor([1.0, 3.0]), torch.tensor([1, 3])
    assert (x * Level.TWO).tolist() == [2, 6]
    assert (Level.TWO - n).tolist() == [1, -1]
    assert (n + Rate(0.5)).tolist() == [1.5, 3.5]
    assert torch.add(x, x, alpha=Rate(2)).tolist() == [3, 9]
    assert (n * np.bool_(True)).dtype is torch.float32
    made = [torch.full((1,), k).dtype for k in (Level.TWO, Rate(2), np.int32(2), np.float64(2), np.bool_(True), True)]
    assert made == [torch.int64, torch.float32, torch.int64, torch.float32, torch.float32, torch.bool]
    assert torch.arange(Rate(2)).dtype is torch.float32
    assert torch.arange(end=3).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="combination of arguments"):
        torch.arange()


def test_whole_numbers_of_numpys_and_in_tensors_stand_for_pythons():
    x, one = torch.arange(4.0), torch.tensor(1)
    for k in (np.int64(1), one):
        assert torch.roll(x, k, k - 1).tolist() == [3, 0, 1, 2]
        assert len(torch.tensor_split(x, k)) == 1
        assert torch.repeat_interleave(x, k).tolist() == [0, 1, 2, 3]
        assert torch.linalg.matrix_power(torch.eye(2) * 3, k).tolist() == [[3, 0], [0, 3]]
    assert one.item() == 1


def test_a_signature_prints_as_it_is_shown():
    text = "Tensor input, ints[1]? dim, bool keepdim=False, *, dtype? dtype=None, Tensor out=None"
    assert str(Signature.parse(text)) == ONE_OF_TWO.splitlines()[2].removeprefix(" * (").removesuffix(")")
    with pytest.raises(ValueError, match="not a parameter of a known kind: 'Thing x'"):
        Signature.parse("Thing x")
