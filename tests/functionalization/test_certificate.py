"""The certificate: a pure step that is not the stateful one is refused, with the first difference named."""

import numpy as np
import pytest
from small_steps import X, Y, build

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import Certificate, FunctionalizationError
from funcgrad.functionalization.certificate import Place, compared

nn = torch.nn


def test_a_certificate_says_what_was_compared():
    owners, step = build("mlp", "adam", "never_zero")
    pure = functionalize(step, X, Y, certify=3, **owners)
    assert str(pure.certificate) == "3 steps, 22 arrays each: equal bits"
    assert functionalize(step, X, Y, certify=0, **owners).certificate is None


def test_what_an_attribute_remembers_is_a_difference():
    """A host array that the step changes is a constant of the pure step."""
    model, scale = nn.Linear(3, 1), np.ones(1, np.float32)

    def step(x):
        y = (model(x) * torch.tensor(scale)).sum()
        scale[0] *= 2
        return y

    with pytest.raises(FunctionalizationError, match=r"step 1: result differs by .* is allowed.*make it a buffer"):
        functionalize(step, X, model=model)


def place(name, kind="update"):
    return Place("model", name, kind)


def test_the_first_entry_that_differs_is_named_with_its_size():
    stateful = {place("a"): np.float32([1, 2]), place("b"): np.float32([1, 2])}
    near = {place("a"): np.float32([1, 2.000001]), place("b"): np.float32([1, 2])}
    certificate = compared(1, near, stateful)
    assert certificate == Certificate(1, 2, certificate.largest, "model['a']")
    assert 0.3 < certificate.largest < 0.6
    assert "of its bound, in model['a']" in str(certificate)
    far = {place("a"): np.float32([1, 2]), place("b"): np.float32([1, 2.5])}
    with pytest.raises(FunctionalizationError, match=r"step 4: model\['b'\] differs by 0.5 .its largest value is 2;"):
        compared(4, far, stateful)


def test_infinities_and_nans_are_compared_as_such():
    odd = {place("a"): np.float32([np.inf, np.nan, 1])}
    assert compared(1, odd, odd).largest == 0
    with pytest.raises(FunctionalizationError, match="differs"):
        compared(1, {place("a"): np.float32([1, np.nan, 1])}, odd)
    with pytest.raises(FunctionalizationError, match="differs"):
        compared(1, {place("a"): np.float32([np.inf, 1, 1])}, odd)


def test_entries_of_one_side_only_and_of_other_dtypes_are_named():
    one = {place("a"): np.float32([1])}
    with pytest.raises(FunctionalizationError, match=r"only the pure step has model\['a'\]"):
        compared(2, one, {})
    with pytest.raises(
        FunctionalizationError, match=r"is float32\[1\] in the pure step and float64\[1\] in the stateful"
    ):
        compared(2, one, {place("a"): np.float64([1])})
