"""torch.jit.annotations: where old code imports the words of annotations from."""

from typing import Any as Any
from typing import Optional as Optional
from typing import Union as Union

from funcgrad.errors import missing_from as _missing_from

List, Dict, Tuple = list, dict, tuple

__getattr__ = _missing_from(__name__)
