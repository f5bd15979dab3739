"""Names of the nodes of gradients that are themselves differentiated: of the last operator in PyTorch's formula.

By the operator whose gradient it is; one that is not here shows its own name again.
"""

from __future__ import annotations


def _shared(label: str, *names: str) -> dict[str, str]:
    return {name: f"{label}Backward0" for line in names for name in line.split()}


def _own(*names: str) -> dict[str, str]:
    """Operators whose backward pass is an operator itself, and has its node."""
    return {
        name: "".join(part.capitalize() for part in name.split("_")) + "BackwardBackward0"
        for line in names
        for name in line.split()
    }


NODES = {
    **_shared(
        "Mul",
        "abs acos acosh asin asinh atan2 cos cosh dist digamma erf erfc erfinv exp expm1 gaussian_nll_loss",
        "copysign hinge_embedding_loss i0 kl_div l1_loss lgamma logsumexp mish pairwise_distance pow pow_constant prod",
        "reciprocal rsqrt silu sin sinh special_i0e special_i1 special_log_ndtr special_ndtri square std tan",
        "triplet_margin_loss var vector_norm",
    ),
    **_shared("Div", "atan atanh cumprod hypot log log10 log1p log2 sqrt xlogy"),
    **_shared(
        "Add",
        "cosine_embedding_loss cosine_similarity margin_ranking_loss multilabel_soft_margin_loss normalize",
        "poisson_nll_loss rms_norm",
    ),
    **_shared("LogSoftmaxBackwardData", "cross_entropy log_softmax soft_cross_entropy"),
    **_shared("EluBackward", "celu elu selu"),
    **_shared("Where", "logit renorm sinc"),
    **_shared("LinalgSolveEx", "det slogdet"),
    **_own(
        "binary_cross_entropy cdist gelu glu hardshrink hardswish hardtanh huber_loss leaky_relu mse_loss nll_loss",
        "log_sigmoid sigmoid smooth_l1_loss soft_margin_loss softplus softshrink tanh",
    ),
    **dict.fromkeys(("hardsigmoid", "multi_margin_loss", "multilabel_margin_loss"), "torch::autograd::NotImplemented"),
    "batch_norm": "NativeBatchNormBackwardBackward0",
    "binary_cross_entropy_with_logits": "DivBackward1",
    "exp2": "MulBackward1",
    "float_power": "ToCopyBackward0",
    "group_norm": "ViewBackward0",
    "inv": "NegBackward0",
    "layer_norm": "NativeLayerNormBackwardBackward0",
    "logcumsumexp": "SubBackward0",
    "prelu": "PreluKernelBackwardBackward0",
    "rrelu": "RreluWithNoiseBackwardBackward0",
    "relu": "ThresholdBackwardBackward0",
    "softmax": "SoftmaxBackwardDataBackward0",
}

KERNELS = frozenset(
    {
        *("max_pool", "avg_pool", "adaptive_max_pool", "adaptive_avg_pool", "pad", "convolution", "conv_transpose"),
        *("grid_sample", "interpolate", "batch_norm_running", "celu", "elu", "selu", "threshold", "rrelu"),
        *("multi_margin_loss", "multilabel_margin_loss", "hardsigmoid"),
    }
)
"""Further operators whose backward pass is an operator itself; its name is that of theirs with another `Backward`."""

OF_SIGNS = frozenset({"abs", "copysign", "dist", "l1_loss", "vector_norm"})
"""Operators whose gradient has the sign of an operand, which PyTorch differentiates though its derivative is zero."""
