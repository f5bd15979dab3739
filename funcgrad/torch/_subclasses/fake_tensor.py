"""torch._subclasses.fake_tensor: tensors without data that PyTorch's compiler traces with: no tensor is one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._absent import stand_in as _stand_in

_PATH, _ADVICE = "torch._subclasses.fake_tensor", 'Make tensors without data with device="meta".'

FakeTensor: Any = _stand_in(_PATH, "FakeTensor", _ADVICE)
FakeTensorMode: Any = _stand_in(_PATH, "FakeTensorMode", _ADVICE)


@contextmanager
def unset_fake_temporarily() -> Generator[None]:
    """A block in which tensors are made with data, as they are everywhere."""
    yield


def is_fake(x: Any) -> bool:
    """Whether a tensor stands for what a program would make: none does."""
    return False


__getattr__ = _missing_from(__name__)
