"""Layers fused with the batch norm after them compute what the two compute, with PyTorch's recorded numbers."""

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.nn.utils import fuse_conv_bn_eval, fuse_linear_bn_eval


def norm(kind, features):
    bn = kind(features).eval()
    bn.running_mean.copy_(torch.arange(features) * 0.5)
    bn.running_var.copy_(torch.arange(features) + 1.0)
    torch.nn.init.constant_(bn.weight, 2.0)
    torch.nn.init.constant_(bn.bias, -1.0)
    return bn


@pytest.mark.parametrize("transpose", [False, True])
def test_a_convolution_does_what_the_norm_did(transpose):
    torch.manual_seed(0)
    kind = torch.nn.ConvTranspose2d if transpose else torch.nn.Conv2d
    conv, bn = kind(2, 3, 3, bias=False).eval(), norm(torch.nn.BatchNorm2d, 3)
    fused, x = fuse_conv_bn_eval(conv, bn, transpose), torch.randn(1, 2, 5, 5)
    np.testing.assert_allclose(fused(x).detach().numpy(), bn(conv(x)).detach().numpy(), rtol=1e-5, atol=1e-5)
    assert (fused.weight.requires_grad, fused.bias.requires_grad, conv.bias) == (True, False, None)


def test_a_linear_layer_does_what_the_norm_did():
    linear, bn = torch.nn.Linear(2, 2).eval(), norm(torch.nn.BatchNorm1d, 2)
    torch.nn.init.constant_(linear.weight, 0.5)
    torch.nn.init.constant_(linear.bias, 0.25)
    fused = fuse_linear_bn_eval(linear, bn)
    np.testing.assert_allclose(fused.weight.detach().numpy(), [[0.999995, 0.999995], [0.707105, 0.707105]], rtol=1e-6)
    np.testing.assert_allclose(fused.bias.detach().numpy(), [-0.5000025, -1.3535526], rtol=1e-6)
    assert fused.bias.requires_grad


def test_what_cannot_be_fused():
    linear = torch.nn.Linear(2, 3)
    with pytest.raises(AssertionError, match="Fusion only for eval!"):
        fuse_linear_bn_eval(linear, torch.nn.BatchNorm1d(3))
    with pytest.raises(AssertionError, match=r"To fuse, .* got linear\.out_features=3 and bn\.num_features=2"):
        fuse_linear_bn_eval(linear.eval(), torch.nn.BatchNorm1d(2).eval())
