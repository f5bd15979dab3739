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


def set_to_other_memory(torch):
    x, y, found = torch.zeros(3), torch.arange(4.0).reshape(2, 2), []
    found.append([x.set_(y) is x, x.tolist(), x.data_ptr() == y.data_ptr()])
    for source, place in ((y, (1, (2,), (2,))), (y.untyped_storage(), (1, (3,))), (y.untyped_storage(), ())):
        x.set_(source, *place)
        x[0] = 8.0
        found.append([x.tolist(), x.storage_offset(), x.stride(), y.tolist()])
    found.append(list(x.set_().shape))
    return found


def test_a_tensor_is_set_to_other_memory():
    assert set_to_other_memory(shim) == set_to_other_memory(real)


@pytest.mark.parametrize("requires_grad, source", [(False, [1, 2]), (True, [1.0, 2.0])])
def test_what_a_tensor_is_not_set_to(requires_grad, source):
    def refused(torch):
        with pytest.raises(RuntimeError) as error:
            torch.zeros(3, requires_grad=requires_grad).set_(torch.tensor(source))
        return str(error.value)

    assert refused(shim) == refused(real)
