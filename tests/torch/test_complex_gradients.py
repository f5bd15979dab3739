"""Gradients of complex numbers point uphill: ∂f/∂x + i ∂f/∂y, which is the conjugate of JAX's."""

import numpy as np
import pytest

import funcgrad.torch as torch

Z = np.random.default_rng(0).normal(size=(3, 3, 2)) @ np.array([1, 1j])
FUNCTIONS = {
    "square of the size": lambda z: (z * z.conj()).real.sum(),
    "real part of a square": lambda z: (z * z).real.sum(),
    "imaginary part of a product": lambda z: (z @ z).imag.pow(3).sum(),
    "size": lambda z: z.abs().sum(),
    "angle": lambda z: z.angle().sum(),
    "exponential, from its result": lambda z: z.exp().imag.sum(),
    "quotient": lambda z: ((1 + 2j) / z).real.pow(2).sum(),
    "inverse transform": lambda z: torch.fft.irfft(z).pow(3).sum(),
    "solution": lambda z: torch.linalg.solve(z, z * z).imag.sum(),
    "direction": lambda z: z.sgn().imag.sum(),
    "variance": lambda z: z.var() + z.std(dim=1).sum(),
    "logarithm of the determinant": lambda z: torch.logdet(z).imag,
    "inner product": lambda z: torch.vdot(z[0], z[1]).imag,
    "power": lambda z: torch.float_power(z, 1.5 + 1j).real.sum(),
    "conjugate transpose": lambda z: (z @ z.mH).abs().sum() + (z @ z.mT).imag.sum(),
    "element": lambda z: (z[0, 0] * z[1, 1]).imag,
}


def value(function, z):
    return function(torch.tensor(z)).item()


def uphill(function, step=1e-6):
    """The gradient by central differences."""
    found = np.zeros_like(Z)
    for at in np.ndindex(Z.shape):
        for direction in (1, 1j):
            change = np.zeros_like(Z)
            change[at] = step * direction
            found[at] += direction * (value(function, Z + change) - value(function, Z - change)) / (2 * step)
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_the_direction_of_steepest_ascent(name):
    z = torch.tensor(Z, requires_grad=True)
    FUNCTIONS[name](z).backward()
    np.testing.assert_allclose(z.grad.numpy(), uphill(FUNCTIONS[name]), rtol=1e-6, atol=1e-6)


def test_a_step_down_the_gradient_lowers_the_loss():
    z = torch.tensor(Z, requires_grad=True)
    optimizer = torch.optim.SGD([z], lr=0.1)
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = (z - (1 + 2j)).abs().pow(2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 1e-6 * losses[0]


def test_given_and_hooked_gradients_have_the_same_convention():
    z, seen = torch.tensor([1 + 2j], requires_grad=True), []
    w = z * (3 - 1j)
    w.register_hook(lambda g: seen.append(g.item()))
    (found,) = torch.autograd.grad(w, z, torch.tensor([2 + 1j]))
    assert seen == [2 + 1j]
    assert found.item() == (2 + 1j) * (3 + 1j)


def test_a_gradient_of_a_gradient():
    z = torch.tensor([0.5 + 1j], requires_grad=True, dtype=torch.complex128)
    (first,) = torch.autograd.grad((z**3).real.sum(), z, create_graph=True)
    np.testing.assert_allclose(first.item(), np.conj(3 * (0.5 + 1j) ** 2))
    (second,) = torch.autograd.grad(first.real.sum(), z)
    np.testing.assert_allclose(second.item(), np.conj(6 * (0.5 + 1j)))


def test_what_is_real_of_complex_numbers():
    z = torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex64)
    assert z.var().dtype == z.std().dtype == torch.float32
    assert torch.var_mean(z)[1].dtype == torch.complex64
    np.testing.assert_allclose(z.var().item(), 6.5)
    assert torch.vdot(z, z).item() == 15
    assert z.reshape(1, 2).mH.tolist() == z.reshape(1, 2).adjoint().tolist() == [[1 - 2j], [3 + 1j]]
    assert z.reshape(1, 2).mT.tolist() == [[1 + 2j], [3 - 1j]]
    assert torch.float_power(z, 2).dtype == torch.complex128
