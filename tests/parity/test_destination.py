"""What `to` takes and refuses, of tensors and modules: the same results and texts as PyTorch's."""

import pytest
import torch as real

import funcgrad.torch as shim

FORMS = (
    "float", "int", "bool", "torch.float32, False, True", "", "copy=True", "'cpu', None", "None, torch.float64",
    "dtype=float", "device='cpu', dtype=torch.int32", "torch.ones(1).int()", "torch.ones(1).int(), copy=True",
    "tensor=torch.ones(1).int()", "other=torch.ones(1)", "3", "foo=1", "[]", "torch.float64, 'cpu'", "'float64'",
    "'cpu', torch.float32, False, True", "torch.float32, None", "torch.channels_last", "torch.float32, device='cpu'",
    "memory_format=torch.preserve_format", "'cpu', dtype=torch.float64", "dtype=None", "1, 2", "'cpu', device='cpu'",
    "other=3", "dtype='float32'", "torch.float64, non_blocking=True", "torch.device('cpu'), non_blocking=1",
)  # fmt: skip


def outcome(torch, source, form):
    """The dtype of the result and whether it is the thing itself; or the error."""
    x = eval(source, {"torch": torch})
    try:
        made = eval(f"x.to({form})", {"torch": torch, "x": x})
    except (RuntimeError, TypeError) as error:
        return type(error).__name__, str(error).splitlines()[0]
    return str(getattr(made, "weight", made).dtype), made is x


@pytest.mark.parametrize("source", ["torch.ones(3)", "torch.nn.Linear(2, 2)"])
@pytest.mark.parametrize("form", FORMS)
def test_forms(source, form):
    assert outcome(shim, source, form) == outcome(real, source, form)
