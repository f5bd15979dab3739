"""torch.special: special functions, most of them operators of `torch` under another name."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch import _ops
from funcgrad.torch._ops.activation import log_softmax as log_softmax
from funcgrad.torch._ops.activation import softmax as softmax
from funcgrad.torch._ops.special import FUNCTIONS as _FUNCTIONS
from funcgrad.torch._ops.special import xlog1py as xlog1py
from funcgrad.torch._ops.special import zeta as zeta

_OF_TORCH = {
    **{name: name for name in ("digamma", "erf", "erfc", "erfinv", "exp2", "expm1", "i0", "log1p", "logit")},
    **{name: name for name in ("logsumexp", "polygamma", "round", "sinc", "xlogy")},
    "expit": "sigmoid",
    "gammainc": "igamma",
    "gammaincc": "igammac",
    "gammaln": "lgamma",
    "multigammaln": "mvlgamma",
    "psi": "digamma",
}
"""Names here, and what `torch` calls the same function."""

_CALLS = {row.name: row.call for row in _ops.ROWS if row.function}
globals().update(_FUNCTIONS, **{name: _CALLS[known] for name, known in _OF_TORCH.items()})

__getattr__ = _missing_from(__name__)
