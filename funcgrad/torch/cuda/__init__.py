"""torch.cuda: there is none here, and scripts that ask are told so.

Questions are answered as by a PyTorch built without CUDA; what would need a GPU fails with its text.
"""

from __future__ import annotations

from typing import Any, NoReturn

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._legacy import CUDA_TYPES as _CUDA_TYPES
from funcgrad.torch.cuda import amp as amp
from funcgrad.torch.cuda import nvtx as nvtx
from funcgrad.torch.cuda import random as random
from funcgrad.torch.cuda._memory import empty_cache as empty_cache
from funcgrad.torch.cuda._memory import max_memory_allocated as max_memory_allocated
from funcgrad.torch.cuda._memory import max_memory_reserved as max_memory_reserved
from funcgrad.torch.cuda._memory import memory_allocated as memory_allocated
from funcgrad.torch.cuda._memory import memory_cached as memory_cached
from funcgrad.torch.cuda._memory import memory_reserved as memory_reserved
from funcgrad.torch.cuda._memory import memory_stats as memory_stats
from funcgrad.torch.cuda._memory import memory_summary as memory_summary
from funcgrad.torch.cuda._memory import refuse as _refuse
from funcgrad.torch.cuda._memory import reset_max_memory_allocated as reset_max_memory_allocated
from funcgrad.torch.cuda._memory import reset_peak_memory_stats as reset_peak_memory_stats

current_device = get_device_name = get_device_capability = get_device_properties = mem_get_info = _refuse
synchronize = init = ipc_collect = current_stream = default_stream = get_rng_state = set_rng_state = _refuse
initial_seed = _refuse

FloatTensor = _CUDA_TYPES["FloatTensor"]
DoubleTensor = _CUDA_TYPES["DoubleTensor"]
HalfTensor = _CUDA_TYPES["HalfTensor"]
BFloat16Tensor = _CUDA_TYPES["BFloat16Tensor"]
LongTensor = _CUDA_TYPES["LongTensor"]
IntTensor = _CUDA_TYPES["IntTensor"]
ShortTensor = _CUDA_TYPES["ShortTensor"]
CharTensor = _CUDA_TYPES["CharTensor"]
ByteTensor = _CUDA_TYPES["ByteTensor"]
BoolTensor = _CUDA_TYPES["BoolTensor"]


class AcceleratorError(RuntimeError):
    """A GPU has failed: scripts catch it, and nothing here raises it."""


class OutOfMemoryError(RuntimeError):
    """A GPU's memory is full: scripts catch it, and nothing here raises it."""


class Event:
    """A mark in a GPU's queue of work.

    Raises:
        RuntimeError: There is no GPU.
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        raise RuntimeError("Tried to instantiate dummy base class Event")


class CUDAGraph:
    """Work of a GPU that was recorded.

    Raises:
        RuntimeError: There is no GPU.
    """

    def __init__(self, keep_graph: bool = False) -> None:
        raise RuntimeError("Tried to instantiate dummy base class CUDAGraph")


class Stream:
    """A GPU's queue of work.

    Raises:
        RuntimeError: There is no GPU.
    """

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


class graph:
    """A context that records a GPU's work.

    Raises:
        RuntimeError: There is no GPU.
    """

    def __init__(self, cuda_graph: Any, pool: Any = None, stream: Any = None) -> None:
        Stream()


class device:
    """A context in which a GPU is the chosen one; entering it fails.

    Args:
        device: The GPU.
    """

    def __init__(self, device: Any) -> None:
        self.idx = device

    def __enter__(self) -> NoReturn:
        raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *exception: object) -> None:
        """Nothing was entered."""


class stream:
    """A context in which work goes to a stream: without effect for None, the only stream there can be.

    Args:
        stream: None.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        """Nothing changes."""

    def __exit__(self, *exception: object) -> None:
        """Nothing changed."""


StreamContext = stream


def is_available() -> bool:
    """Whether tensors can live on a GPU."""
    return False


_initialized = False


def is_initialized() -> bool:
    """Whether a GPU was used."""
    return _initialized


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether a GPU computes in bfloat16."""
    return False


def device_count() -> int:
    """Number of GPUs."""
    return 0


def set_device(device: Any) -> None:
    """Choose a GPU.

    Raises:
        AssertionError: There is none; a negative number chooses none and is fine.
    """
    if not isinstance(device, int) or device >= 0:
        _refuse()


def get_arch_list() -> list[str]:
    """Kinds of GPUs that this build knows: none."""
    return []


def get_rng_state_all() -> list[Any]:
    """The states of all GPUs' generators: none."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Put all GPUs' generators into states: nothing to do."""


def manual_seed(seed: int) -> None:
    """Seed the GPU's generator: nothing to do."""


def manual_seed_all(seed: int) -> None:
    """Seed all GPUs' generators: nothing to do."""


def seed() -> None:
    """Seed the GPU's generator at an unpredictable place: nothing to do."""


def seed_all() -> None:
    """Seed all GPUs' generators at an unpredictable place: nothing to do."""


__getattr__ = _missing_from(__name__)
