"""torch._inductor.config: switches that may be set and have no effect."""

from types import SimpleNamespace as _Switches

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._switches import patcher as _patcher

triton, cpp, trace, aot_inductor = _Switches(), _Switches(), _Switches(), _Switches()
patch = _patcher(__name__)

__getattr__ = _missing_from(__name__)
