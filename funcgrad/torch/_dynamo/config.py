"""torch._dynamo.config: switches that may be set and have no effect."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._switches import patcher as _patcher

patch = _patcher(__name__)

__getattr__ = _missing_from(__name__)
