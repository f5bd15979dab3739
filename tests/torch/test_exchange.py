"""Memory exchanged with NumPy and JAX by DLPack, and with Python's buffers; texts are PyTorch 2.13's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch


def test_a_tensor_on_the_memory_of_an_array():
    array = np.arange(4, dtype=np.float32)
    x = torch.from_dlpack(array)
    array[0] = 9
    assert x.tolist() == [9, 1, 2, 3]
    assert torch.from_dlpack(array, copy=True).tolist() == [9, 1, 2, 3]
    assert torch.utils.dlpack.from_dlpack(jnp.arange(3)).tolist() == [0, 1, 2]


def test_an_array_on_the_memory_of_a_tensor():
    x = torch.ones(2)
    array = np.from_dlpack(x)
    x.mul_(3)
    assert array.tolist() == [3, 3]
    assert jax.dlpack.from_dlpack(torch.arange(3)).tolist() == [0, 1, 2]


def test_a_large_tensor_and_one_that_numpy_does_not_have():
    large = torch.arange(100_000, dtype=torch.float32)
    assert jax.dlpack.from_dlpack(large)[-1] == 99_999
    half = torch.ones(3, dtype=torch.bfloat16)
    assert jax.dlpack.from_dlpack(half).dtype == jnp.bfloat16
    assert torch.from_dlpack(jnp.ones(3, jnp.bfloat16)).dtype == torch.bfloat16


def test_a_bare_capsule():
    assert torch.utils.dlpack.from_dlpack(torch.utils.dlpack.to_dlpack(torch.ones(2))).tolist() == [1, 1]
    assert tuple(torch.ones(2).__dlpack_device__()) == (1, 0)
    with pytest.raises(RuntimeError, match="from_dlpack received an invalid capsule"):
        torch.from_dlpack(3)


def test_what_requires_grad_is_not_exported():
    with pytest.raises(BufferError, match=r"Can't export tensors that require gradient, use tensor.detach\(\)"):
        torch.ones(2, requires_grad=True).__dlpack__()


def test_a_tensor_on_a_buffer():
    buffer = bytearray(b"\x01\x02\x03\x04")
    x = torch.frombuffer(buffer, dtype=torch.int8)
    buffer[0] = 7
    assert x.tolist() == [7, 2, 3, 4]
    assert torch.frombuffer(buffer, dtype=torch.int8, count=2, offset=1).tolist() == [2, 3]
    assert torch.frombuffer(bytearray(8), dtype=torch.float32, requires_grad=True).requires_grad


@pytest.mark.parametrize(
    "buffer, options, text",
    [
        (bytearray(4), {"dtype": "int32", "offset": 1}, r"buffer length \(3 bytes\) after offset \(1 bytes\) must be a mul"),
        (bytearray(4), {"dtype": "int8", "count": 9}, r"requested buffer length \(9 \* 1 bytes\) after offset \(0 bytes\)"),
        (bytearray(4), {"dtype": "int8", "offset": 9}, r"offset \(9 bytes\) must be non-negative and no greater than buf"),
        (bytearray(), {"dtype": "int8"}, r"both buffer length \(0\) and count \(-1\) must not be 0"),
        ([1], {"dtype": "int8"}, "object does not implement Python buffer protocol."),
    ],
)  # fmt: skip
def test_buffers_that_do_not_fit(buffer, options, text):
    with pytest.raises(ValueError, match=text):
        torch.frombuffer(buffer, **options | {"dtype": getattr(torch, options["dtype"])})


def test_powers_of_a_vector():
    x = torch.tensor([1.0, 2, 3], requires_grad=True)
    assert torch.vander(x).tolist() == [[1, 1, 1], [4, 2, 1], [9, 3, 1]]
    assert torch.vander(x, 2, increasing=True).tolist() == [[1, 1], [1, 2], [1, 3]]
    assert torch.vander(x, 0).shape == (3, 0)
    assert type(torch.vander(x).grad_fn).__name__ == "FlipBackward0"
    assert torch.vander(torch.tensor([1, 2])).dtype == torch.int64
    with pytest.raises(RuntimeError, match=r"x must be a one-dimensional tensor\."):
        torch.vander(torch.ones(2, 2))


def test_questions_about_a_tensor():
    assert torch.is_nonzero(torch.ones(1))
    assert not torch.is_neg(torch.ones(1))
    assert not torch.is_inference(torch.ones(1))
    with torch.inference_mode():
        assert torch.is_inference(torch.ones(1))


def test_activations_in_place_under_their_own_names():
    for name, arguments in (("selu_", ()), ("celu_", ()), ("threshold_", (0.5, 0.0)), ("rrelu_", (0.1, 0.1))):
        x = torch.tensor([-1.0, 2.0])
        assert getattr(torch, name)(x, *arguments) is x
        assert x[0] != -1
    assert torch.bilinear(torch.ones(1, 2), torch.ones(1, 2), torch.ones(1, 2, 2)).tolist() == [[4.0]]


@pytest.mark.parametrize("number", [np.float64(2), np.float32(2), np.int64(2)])
def test_a_numpy_number_leaves_its_operators_to_the_tensor(number):
    x = torch.ones(3, requires_grad=True)
    results = (number - x, number * x, number + x, number / x, number**x)
    assert {type(r) for r in results} == {torch.Tensor}
    assert {r.dtype for r in results} == {torch.float32}
    sum(r.sum() for r in results).backward()
    assert (number > x).tolist() == [True] * 3
    np.testing.assert_allclose(x.grad, np.full(3, -1 + 2 + 1 - 2 + 2 * np.log(2)), rtol=1e-6)


def test_an_array_before_an_operator_divides_and_does_nothing_else():
    x, array = torch.ones(3), np.array([2.0, 1, 3])
    with pytest.raises(TypeError, match="unsupported operand type"):
        array * x
    assert (array / x).dtype == torch.float64
    assert (array / x).tolist() == [2, 1, 3]
    assert (x - array).dtype == torch.float64
    assert (x - array).tolist() == [-1, 0, -2]
    assert (x == array).tolist() == (array == x).tolist() == [False, True, False]
    with pytest.raises(TypeError, match="'<' not supported"):
        x < array  # noqa: B015
    x *= array
    assert x.tolist() == [2, 1, 3]


def test_a_function_of_numpy_returns_a_tensor():
    x = torch.tensor([1.0, 4.0])
    assert np.sqrt(x).tolist() == [1, 2]
    assert np.sqrt(x).dtype == torch.float32
    assert np.isnan(x).dtype == torch.uint8
    assert isinstance(np.exp(torch.tensor(0.0)), torch.Tensor)


def test_a_matrix_product_with_a_number():
    for product in (lambda x: x @ 2, lambda x: 2 @ x, lambda x: np.float32(2) @ x):
        with pytest.raises(TypeError, match="unsupported operand type"):
            product(torch.ones(2))
