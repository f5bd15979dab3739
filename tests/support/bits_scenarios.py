"""Bits read as another dtype, `x.view(torch.int32)`: values, shared memory, and what does not fit."""

from __future__ import annotations

from scenarios import error, scenarios_in

NAMES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
LAYOUTS = {
    "slice": lambda x: x[2:6],
    "late slice": lambda x: x[1:3],
    "odd": lambda x: x[:3],
    "steps": lambda x: x[::2],
    "number": lambda x: x[0],
    "turned": lambda x: x.view(4, 2).t(),
    "columns": lambda x: x.view(2, 4)[:, 2:],
    "odd columns": lambda x: x[:6].view(2, 3)[:, :2],
    "none": lambda x: x[:0],
}


def _numbers(torch):
    return torch.tensor([1.5, -2.0, 0.0, 3.25, 1e-3, 7.0, -0.5, 96.0])


def item_001_values_of_every_dtype(torch):
    def read(own, wanted):
        x = _numbers(torch).to(getattr(torch, own)).view(getattr(torch, wanted))
        return [repr(x.dtype), list(x.shape), repr(x)]

    return {own: {wanted: read(own, wanted) for wanted in NAMES} for own in NAMES if own != "bool"}


def item_002_what_does_not_fit(torch):
    def seen(layout, name):
        kind, text = error(lambda: layout(_numbers(torch)).view(getattr(torch, name)))
        return [kind, text] if text else layout(_numbers(torch)).view(dtype=getattr(torch, name)).tolist()

    return {key: [seen(layout, name) for name in ("int64", "int32", "int16")] for key, layout in LAYOUTS.items()}


def item_003_memory_is_shared(torch):
    x = _numbers(torch)
    bits = x.view(torch.int32)
    bits[0] = 0
    x[1] = 4.0
    shown = [x.tolist(), bits.tolist()]
    halves = x.view(2, 4)[1:].view(torch.float16)
    halves[0, 1] = 2.0
    halves.view(2, 4)[1].zero_()
    pairs = x.view(torch.complex64)
    pairs[0] += 1j
    flags = torch.tensor([True, False])
    flags.view(torch.uint8)[1] = 1
    return [*shown, x.tolist(), halves.tolist(), pairs.real.tolist(), flags.tolist(), x._version]


def item_004_no_gradient_passes(torch):
    w = torch.ones(2, requires_grad=True)
    y = w * 2
    views = [y.view(torch.int32), y.view(torch.float16), y.view(torch.float32), w.view(torch.int16)]
    return [[v.requires_grad, v.is_leaf, v.grad_fn is None] for v in views] + [y.requires_grad]


SCENARIOS = scenarios_in(globals())
