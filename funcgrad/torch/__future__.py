"""torch.__future__: which tensors a module has after a conversion, and after `load_state_dict`."""

from funcgrad.errors import missing_from as _missing_from

_overwrite_module_params_on_conversion = False
_swap_module_params_on_conversion = False


def set_overwrite_module_params_on_conversion(value: bool) -> None:
    """Choose whether a conversion gives a module new parameters, in place of other data for those it has."""
    global _overwrite_module_params_on_conversion
    _overwrite_module_params_on_conversion = value


def get_overwrite_module_params_on_conversion() -> bool:
    """Whether a conversion gives a module new parameters."""
    return _overwrite_module_params_on_conversion


def set_swap_module_params_on_conversion(value: bool) -> None:
    """Choose whether conversions and `load_state_dict` swap parameters with new ones; this goes before overwriting."""
    global _swap_module_params_on_conversion
    _swap_module_params_on_conversion = value


def get_swap_module_params_on_conversion() -> bool:
    """Whether conversions and `load_state_dict` swap parameters with new ones."""
    return _swap_module_params_on_conversion


__getattr__ = _missing_from(__name__)
