"""torch.nn._reduction: how losses are reduced, as numbers and by the two old keywords."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.errors import warn as _warn
from funcgrad.torch._ops.loss_reduction import REDUCTIONS as _REDUCTIONS
from funcgrad.torch._ops.loss_reduction import checked_reduction as _checked_reduction
from funcgrad.torch._ops.loss_reduction import old_keywords as _old_keywords


def get_enum(reduction: str) -> int:
    """The number of a reduction.

    Raises:
        ValueError: There is no such reduction.
    """
    if reduction == "elementwise_mean":
        _warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.")
        reduction = "mean"
    return _REDUCTIONS.index(_checked_reduction(reduction))


def legacy_get_string(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """The reduction that the two old keywords ask for; None stands for True."""
    return _old_keywords(size_average, reduce, emit_warning)


def legacy_get_enum(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> int:
    """Its number."""
    return get_enum(legacy_get_string(size_average, reduce, emit_warning))


__getattr__ = _missing_from(__name__)
