import json
from pathlib import Path

import numpy as np
import pytest
from printing_cases import RECORDED

from funcgrad.torch import _printing

TEXTS = json.loads((Path(__file__).parents[1] / "support" / "recorded" / "printing.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def default_print_options():
    yield
    _printing.set_printoptions(profile="default")


def text(values, dtype="float32", **options):
    return _printing.tensor_text(np.array(values, dtype), dtype_name=f"torch.{dtype}", **options)


@pytest.mark.parametrize("case, recorded", list(zip(RECORDED, TEXTS, strict=True)))
def test_the_text_is_pytorchs(case, recorded):
    _printing.set_printoptions(**case.options)
    assert _printing.tensor_text(case.array, **case.arguments) == recorded


@pytest.mark.parametrize(
    "values, printed",
    [
        ([1, 2], "tensor([1., 2.])"),
        ([1, np.nan, np.inf], "tensor([1., nan, inf])"),
        ([1e-5, 1], "tensor([1.0000e-05, 1.0000e+00])"),
        ([1000.5, 0.5], "tensor([1.0005e+03, 5.0000e-01])"),
        ([1e-4], "tensor([1.0000e-04])"),
        ([1001, 1.5], "tensor([1001.0000,    1.5000])"),
        ([1e8, 1], "tensor([1.0000e+08, 1.0000e+00])"),
        (16777216, "tensor(16777216.)"),
        ([0.5, 500], "tensor([  0.5000, 500.0000])"),
        ([0, -0.0], "tensor([0., -0.])"),
    ],
)
def test_when_numbers_are_integral_or_scientific(values, printed):
    assert text(values) == printed


def test_rows_wrap_and_blocks_are_apart():
    assert text(range(23), "int64").splitlines()[1] == "        18, 19, 20, 21, 22])"
    assert text([0.5 - 0.5j] * 5, "complex64").endswith("0.5000-0.5000j,\n        0.5000-0.5000j])")
    assert text(np.zeros((2, 1, 1)), "float32") == "tensor([[[0.]],\n\n        [[0.]]])"


def test_more_than_a_thousand_elements_are_summarised():
    assert text(range(1000), "int64").count(",") == 999
    assert text(range(1001), "int64") == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"


@pytest.mark.parametrize(
    "values, dtype, options, printed",
    [
        (np.zeros((0, 3)), "float32", {}, "tensor([], size=(0, 3))"),
        ([], "int64", {}, "tensor([], dtype=torch.int64)"),
        ([1], "float64", {"requires_grad": True}, "tensor([1.], dtype=torch.float64, requires_grad=True)"),
        ([1e-4], "float64", {}, "tensor([0.0001], dtype=torch.float64)"),
        (6, "float32", {"grad_fn_name": "MulBackward0", "requires_grad": True}, "tensor(6., grad_fn=<MulBackward0>)"),
        (1, "float32", {"device": "cuda:0"}, "tensor(1., device='cuda:0')"),
        (1j, "complex64", {"default_dtype_name": "torch.float64"}, "tensor(0.+1.j, dtype=torch.complex64)"),
        ([2, 3], "int64", {"prefix": "Tagged("}, "Tagged([2, 3])"),
    ],
)
def test_suffixes_stand_in_order(values, dtype, options, printed):
    assert text(values, dtype, **options) == printed


def test_a_suffix_that_would_pass_the_line_stands_on_its_own():
    assert text([0.5] * 7, requires_grad=True).endswith("0.5000],\n       requires_grad=True)")


def test_sci_mode_is_automatic_again_after_the_next_call():
    _printing.set_printoptions(sci_mode=True)
    assert text([1.5]) == "tensor([1.5000e+00])"
    _printing.set_printoptions(precision=2)
    assert text([1.5]) == "tensor([1.50])"


def test_a_profile_comes_before_the_other_options():
    _printing.set_printoptions(profile="short", edgeitems=1)
    assert text(np.arange(1001) / 2 + 1.5) == "tensor([  1.50,  ..., 501.50])"
