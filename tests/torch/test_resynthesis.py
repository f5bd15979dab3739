"""The inverse short-time Fourier transform."""

import numpy as np
import pytest

import funcgrad.torch as torch

X = np.random.default_rng(0).normal(size=(2, 64)).astype(np.float32)


def window():
    return torch.hann_window(16)


def spectra(**options):
    return torch.stft(torch.from_numpy(X), 16, 4, window=window(), return_complex=True, **options)


@pytest.mark.parametrize(
    "options", [{}, {"normalized": True}, {"onesided": False}, {"normalized": True, "onesided": False}]
)
def test_it_is_the_inverse(options):
    found = torch.istft(spectra(**options), 16, 4, window=window(), **options)
    np.testing.assert_allclose(found.numpy(), X, atol=1e-6)


def test_length_and_gradient():
    given = spectra().requires_grad_()
    assert torch.istft(given, 16, 4, window=window(), length=50).shape == (2, 50)
    with pytest.warns(UserWarning, match="Result is being padded with zeros in the tail"):
        padded = torch.istft(given, 16, 4, window=window(), length=90)
    assert not padded[:, 72:].any()
    torch.istft(given, 16, 4, window=window()).pow(2).sum().backward()
    assert given.grad.abs().sum().item() > 0


@pytest.mark.parametrize(
    "change, text",
    [
        ({"center": False}, "window overlap add min: 1"),
        ({"n_fft": 18, "window": None}, "expected the frequency dimension .* but got 9"),
        ({"hop_length": 40}, "expected 0 < hop_length <= win_length"),
        ({"win_length": 8}, "Invalid window shape"),
        ({"return_complex": True}, "Cannot have onesided output"),
    ],
)
def test_what_does_not_fit(change, text):
    options = {"input": spectra(), "n_fft": 16, "hop_length": 4, "window": window()} | change
    with pytest.raises(RuntimeError, match=text):
        torch.istft(**options)


def test_real_spectra_are_refused():
    with pytest.raises(RuntimeError, match="requires a complex-valued input"):
        torch.istft(torch.from_numpy(X), 16, 4)
