"""torch._dynamo: switches of PyTorch's compiler, accepted; every step is compiled by XLA anyway."""

from types import SimpleNamespace as _Switches

from funcgrad.errors import missing_from as _missing_from

config = _Switches()


def reset() -> None:
    """Accepted: nothing was compiled by PyTorch's compiler."""


__getattr__ = _missing_from(__name__)
