"""PyTorch's own trajectories on the problem of `optimizer_cases.py`; imports the real torch."""

from __future__ import annotations

import numpy as np
import torch
from optimizer_cases import OPTIONS, gradients, start_of


def torch_trajectory(name: str, index: int, steps: int, dtype: torch.dtype = torch.float64) -> dict[str, np.ndarray]:
    """Each parameter after each of `steps` steps, of shape (steps, *shape), and its final state as `leaf.key`."""
    start = start_of(name)
    params = {leaf: torch.tensor(value, dtype=dtype, requires_grad=True) for leaf, value in start.items()}
    optimizer = getattr(torch.optim, name)(params.values(), **OPTIONS[name][index])
    history: dict[str, list[np.ndarray]] = {leaf: [] for leaf in params}
    for step in range(steps):
        params_now = {leaf: _numpy(param) for leaf, param in params.items()}
        for leaf, grad in gradients(name, index, params_now, step).items():
            params[leaf].grad = torch.tensor(grad, dtype=dtype)
        optimizer.step()
        for leaf, param in params.items():
            history[leaf].append(_numpy(param))
    state = {
        f"{leaf}.{key}": _numpy(value)
        for leaf, param in params.items()
        for key, value in optimizer.state[param].items()
    }
    return {leaf: np.stack(values) for leaf, values in history.items()} | state


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().double().numpy().copy()
