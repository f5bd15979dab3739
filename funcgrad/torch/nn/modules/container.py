"""torch.nn.modules.container: modules and parameters in lists and dictionaries."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._containers import ModuleDict as ModuleDict
from funcgrad.torch.nn._containers import ModuleList as ModuleList
from funcgrad.torch.nn._containers import Sequential as Sequential
from funcgrad.torch.nn._parameter_containers import ParameterDict as ParameterDict
from funcgrad.torch.nn._parameter_containers import ParameterList as ParameterList

__getattr__ = _borrowing(__name__, "Module Parameter")
