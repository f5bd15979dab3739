"""`torch.FloatStorage` and its kin beside the real PyTorch."""

import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


def facts(torch):
    made = torch.FloatStorage([1, 2, 3])
    return [
        *(f(torch) for f in (lambda t: t.FloatStorage(3).size(), lambda t: t.LongStorage((1, 2)).tolist())),
        (str(made), made.type(), str(made.dtype), torch.FloatStorage().size()),
        [isinstance(x, torch.FloatStorage) for x in (made, torch.ones(2).storage(), torch.ones(2).long().storage())],
        (issubclass(torch.HalfStorage, torch.TypedStorage), torch.Storage is torch.FloatStorage),
        (torch.FloatStorage.__name__, torch.FloatStorage.__module__, repr(torch.FloatStorage)),
        torch.FloatStorage(wrap_storage=made.untyped()).tolist(),
        torch.DoubleStorage(wrap_storage=torch.ones(2, dtype=torch.float64).untyped_storage()).tolist(),
        torch.FloatTensor(made).tolist(),
        torch.ones(2, dtype=torch.bfloat16).storage_type().__name__,
    ]


def test_a_storage_of_a_type():
    assert facts(shim) == facts(real)


@pytest.mark.parametrize(
    "call",
    [
        lambda torch: torch.FloatStorage(1, 2),
        lambda torch: torch.FloatStorage(2.5),
        lambda torch: torch.FloatStorage(device="cpu"),
        lambda torch: torch.FloatStorage(x=1),
        lambda torch: torch.FloatStorage(1, wrap_storage=torch.ones(1).untyped_storage()),
    ],
)
def test_what_makes_no_storage(call):
    errors = []
    for torch in (real, shim):
        with pytest.raises((TypeError, RuntimeError)) as raised:
            call(torch)
        errors.append((type(raised.value), str(raised.value)))
    assert errors[1] == errors[0]
