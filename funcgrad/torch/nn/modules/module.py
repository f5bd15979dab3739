"""torch.nn.modules.module: the base class of modules."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._global_hooks import register_module_backward_hook as register_module_backward_hook
from funcgrad.torch.nn._global_hooks import register_module_forward_hook as register_module_forward_hook
from funcgrad.torch.nn._global_hooks import register_module_forward_pre_hook as register_module_forward_pre_hook
from funcgrad.torch.nn._global_hooks import register_module_full_backward_hook as register_module_full_backward_hook
from funcgrad.torch.nn._global_hooks import (
    register_module_full_backward_pre_hook as register_module_full_backward_pre_hook,
)
from funcgrad.torch.nn._module import Module as Module
from funcgrad.torch.nn._module import indented as _addindent  # noqa: F401 - as it is named there
from funcgrad.torch.nn._state_dict import EXTRA as _EXTRA_STATE_KEY_SUFFIX  # noqa: F401 - as it is named there
from funcgrad.torch.nn._state_dict import _IncompatibleKeys as _IncompatibleKeys

__getattr__ = _borrowing(__name__, "Buffer Parameter RemovableHandle Tensor device dtype")
