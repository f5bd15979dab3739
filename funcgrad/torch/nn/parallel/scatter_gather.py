"""torch.nn.parallel.scatter_gather: batches split over GPUs, which can be imported and not called."""

from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._absent import stand_in as _stand_in

__all__ = ["gather", "scatter", "scatter_kwargs"]

_ADVICE = "Train in one process with the module itself; JAX uses all cores."

gather: Any = _stand_in(__name__.removeprefix("funcgrad."), "gather", _ADVICE)
scatter: Any = _stand_in(__name__.removeprefix("funcgrad."), "scatter", _ADVICE)
scatter_kwargs: Any = _stand_in(__name__.removeprefix("funcgrad."), "scatter_kwargs", _ADVICE)

__getattr__ = _missing_from(__name__)
