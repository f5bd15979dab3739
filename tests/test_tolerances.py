import jax.numpy as jnp
import numpy as np
import pytest

from funcgrad.tolerances import tolerance


def test_a_gradient_may_be_further_off_than_a_value():
    for dtype in (np.float64, np.float32, np.float16, jnp.bfloat16):
        eps = float(jnp.finfo(dtype).eps)
        assert eps < tolerance(dtype, "value")["rtol"] < tolerance(dtype, "gradient")["rtol"] < 1e4 * eps


def test_it_unpacks_into_an_assertion():
    wanted = np.float32(1)
    np.testing.assert_allclose(wanted + np.float32(5e-7), wanted, **tolerance("float32", "update"))
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(wanted + np.float32(5e-6), wanted, **tolerance("float32", "update"))


def test_complex_numbers_have_the_bounds_of_their_parts():
    assert tolerance(np.complex64, "gradient") == tolerance(np.float32, "gradient")


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool"])
def test_integers_are_exact(dtype):
    assert tolerance(dtype) == {"rtol": 0, "atol": 0}


def test_an_unknown_kind_is_an_error():
    with pytest.raises(KeyError, match="loss"):
        tolerance("float32", "loss")
