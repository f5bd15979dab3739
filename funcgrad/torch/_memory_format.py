"""Memory formats: names of orders in which elements lie in PyTorch's memory; what follows from them: `_order.py`."""

from __future__ import annotations


class memory_format:
    """An order of elements in memory, for example `torch.channels_last`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
