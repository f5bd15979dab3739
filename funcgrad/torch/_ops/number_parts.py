"""Parts of numbers: sign bit, mantissa and exponent; common divisors and multiples of integers."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from funcgrad.torch._dispatch import apply
from funcgrad.torch._ops.labels import NOT_DIFFERENTIABLE
from funcgrad.torch._ops.promotion import common, refuse, scalar_name, to_float
from funcgrad.torch._ops.results import named_result
from funcgrad.torch._ops.rows import Row, of_tensors, unary
from funcgrad.torch._tensor import Tensor
from funcgrad.trace import Op

FREXP = named_result("frexp", "mantissa", "exponent")


def _signbit(x: Any) -> Any:
    return jnp.signbit(x) if jnp.issubdtype(x.dtype, np.floating) else x < 0


def _is_real(x: Any) -> Any:
    return x.imag == 0 if jnp.iscomplexobj(x) else jnp.ones(x.shape, np.bool_)


def _frexp(x: Any) -> tuple[Any, Any]:
    if not jnp.issubdtype(x.dtype, np.floating):
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    mantissa, exponent = jnp.frexp(x)
    return mantissa, exponent


def _of_integers(name: str, function: Any) -> Any:
    def checked(x: Any, y: Any) -> Any:
        if not jnp.issubdtype(x.dtype, np.integer):
            raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{scalar_name(x.dtype)}'")
        return function(x, y)

    return common(checked)


def _ldexp(x: Any, y: Any) -> Any:
    if y.dtype == np.bool_ and jnp.issubdtype(x.dtype, np.floating):
        raise NotImplementedError(""""ldexp_cpu_exp" not implemented for 'Bool'""")
    return to_float(lambda x, y: x * jnp.exp2(y))(x, y)


SIGNBIT = Op("signbit", refuse("signbit_cpu", "c", _signbit))
ISREAL = Op("isreal", _is_real)
FREXP_OP = Op("frexp", _frexp)
GCD = Op("gcd", _of_integers("gcd", jnp.gcd), label=NOT_DIFFERENTIABLE)
LCM = Op("lcm", _of_integers("lcm", jnp.lcm), label=NOT_DIFFERENTIABLE)
LDEXP = Op("ldexp", _ldexp)


def frexp(input: Tensor) -> Any:
    """Mantissas of a size from 0.5 to 1, and int32 exponents: `input = mantissa * 2 ** exponent`."""
    return FREXP(apply(FREXP_OP, (), input))


ROWS = (
    unary("signbit", SIGNBIT, inplace=False),
    unary("isreal", ISREAL, inplace=False),
    Row("frexp", frexp),
    of_tensors("ldexp", LDEXP, inplace=True),
    of_tensors("gcd", GCD, inplace=True),
    of_tensors("lcm", LCM, inplace=True),
)
