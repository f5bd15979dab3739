"""What is said of calls that do not fit, and NumPy's names for keywords; beside PyTorch in parity/test_refusals.py."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch._signatures import Signature

ONE_OF_TWO = """sum() received an invalid combination of arguments - got (Tensor, axes=int), but expected one of:
 * (Tensor input, *, torch.dtype dtype = None)
 * (Tensor input, tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None)
"""


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


def test_a_signature_prints_as_it_is_shown():
    text = "Tensor input, ints[1]? dim, bool keepdim=False, *, dtype? dtype=None, Tensor out=None"
    assert str(Signature.parse(text)) == ONE_OF_TWO.splitlines()[2].removeprefix(" * (").removesuffix(")")
    with pytest.raises(ValueError, match="not a parameter of a known kind: 'Thing x'"):
        Signature.parse("Thing x")
