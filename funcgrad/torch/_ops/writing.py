"""Functions that write to their first argument: `torch.sin_(x)` is `x.sin_()`. PyTorch has them for these names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from funcgrad.torch._ops.rows import renamed
from funcgrad.torch._tensor import Tensor

NAMES = (
    *("abs_", "acos_", "acosh_", "addmv_", "arccos_", "arccosh_", "arcsin_", "arcsinh_", "arctan_", "arctanh_"),
    *("asin_", "asinh_", "atan_", "atanh_", "ceil_", "clamp_", "clamp_max_", "clamp_min_", "clip_", "conj_physical_"),
    *("cos_", "cosh_"),
    *("deg2rad_", "detach_", "erf_", "erfc_", "exp2_", "exp_", "expm1_", "fill_", "fix_", "floor_", "frac_", "gcd_"),
    *("i0_", "index_put_", "lcm_", "ldexp_", "log10_", "log1p_", "log2_", "log_", "logit_", "nan_to_num_", "neg_"),
    *("negative_", "rad2deg_", "reciprocal_", "relu_", "round_", "rsqrt_", "sigmoid_", "sin_", "sinc_", "sinh_"),
    *("sqrt_", "square_", "tan_", "tanh_", "trunc_", "xlogy_"),
)


def functions() -> dict[str, Callable[..., Any]]:
    """The functions by name, once the methods are attached to `Tensor`."""
    made = {name: getattr(Tensor, name) for name in NAMES}
    return made | {name: renamed(made[name], self="input") for name in ("detach_", "fill_")}
