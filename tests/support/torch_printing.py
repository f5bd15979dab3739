"""What the real PyTorch prints for a case of `printing_cases`."""

import ml_dtypes
import numpy as np
import torch
from printing_cases import Case


def real_tensor(array: np.ndarray) -> torch.Tensor:
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(array.copy())


def torch_text(case: Case) -> str:
    tensor = real_tensor(case.array)
    if case.graph is not None:
        tensor.requires_grad_()
    if case.graph == "node":
        tensor = tensor.clone()
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**case.options)
    torch.set_default_dtype(getattr(torch, case.default))
    try:
        return repr(tensor)
    finally:
        torch.set_printoptions(profile="default")
        torch.set_default_dtype(torch.float32)
