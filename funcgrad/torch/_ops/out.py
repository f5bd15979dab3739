"""Functions that put their result into a given tensor, `out=`: those that do not look for it themselves.

Methods have no `out`, so they and the operators of Python stay as they are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from funcgrad.torch._ops.filling import put

NAMES = (
    *("add", "addcdiv", "addcmul", "aminmax", "angle", "bernoulli", "bucketize", "cholesky", "cholesky_inverse"),
    *("cholesky_solve", "column_stack", "complex", "conj_physical", "cross", "cummax", "cummin", "diag", "div"),
    *("divide", "dstack", "floor_divide", "fmod", "frexp", "gather", "geqrf", "histc", "histogram", "hstack"),
    *("index_select", "inverse", "kthvalue", "lerp", "logit", "lu_solve", "lu_unpack", "masked_select"),
    *(
        "matrix_power",
        "mode",
        "multinomial",
        "nan_to_num",
        "nanquantile",
        "nonzero",
        "polar",
        "polygamma",
        "pow",
        "quantile",
    ),
    *("remainder", "renorm", "round", "row_stack", "searchsorted", "sub", "subtract", "svd", "take"),
    *("take_along_dim", "tensordot", "topk", "triangular_solve", "tril", "triu", "vstack", "where"),
)
OF_LINALG = (
    *("cholesky", "cholesky_ex", "cond", "cross", "det", "eig", "eigh", "eigvals", "eigvalsh", "householder_product"),
    *("inv", "inv_ex", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matrix_norm", "matrix_power"),
    *("matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd"),
    *("svdvals", "tensorinv", "tensorsolve", "vecdot", "vector_norm"),
)


def functions(
    namespace: Mapping[str, Any], names: Iterable[str] = NAMES, prefix: str = ""
) -> dict[str, Callable[..., Any]]:
    """The functions of these names, which now take `out` too.

    Args:
        namespace: Where they are.
        names: Which.
        prefix: What PyTorch calls them by besides: `linalg_`.
    """
    return {name: _with_out(namespace[name], prefix + name) for name in names}


def _with_out(call: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(call)
    def function(*args: Any, out: Any = None, **keywords: Any) -> Any:
        result = call(*args, **keywords) if keywords else call(*args)
        return result if out is None else put(result, out, (*args, *keywords.values()), name)

    return function
