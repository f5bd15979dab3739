"""Modules beyond the recorded items of behaviour (`test_semantics.py`): hooks in detail, containers, casts."""

import re

import pytest

import funcgrad.torch as torch

nn = torch.nn


def raises(text, kind):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


def test_item_76_hooks_with_keywords_and_in_front():
    class Scale(nn.Module):
        def forward(self, x, by=1):
            return x * by

    model, order = Scale(), []
    model.register_forward_pre_hook(lambda m, args: order.append("second"))
    model.register_forward_pre_hook(lambda m, args, kw: (args, {"by": 3}), with_kwargs=True)
    model.register_forward_pre_hook(lambda m, args: order.append("first"), prepend=True)
    assert model(torch.tensor(2.0), by=1).item() == 6
    assert order == ["first", "second"]


def linear():
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[2.0, 3.0]]))
    return model


def test_backward_hooks_in_front_and_their_handles():
    model, order = linear(), []
    model.register_full_backward_hook(lambda m, i, o: order.append("second"))
    handle = model.register_full_backward_hook(lambda m, i, o: order.append("first"), prepend=True)
    x = torch.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    handle.remove()
    model(x).sum().backward()
    assert order == ["first", "second", "second"]
    with torch.no_grad():
        assert model(x).grad_fn is None


@pytest.mark.parametrize(
    "hang, needs_grad, text",
    [
        (lambda m: m.register_full_backward_hook(lambda m, i, o: (i[0], i[0])), True, "Backward hook returned an invalid number of grad_input, got 2, but expected 1"),
        (lambda m: m.register_full_backward_pre_hook(lambda m, o: (o[0], o[0])), True, "Backward pre hook returned an invalid number of grad_output, got 2, but expected 1"),
        (lambda m: m.register_full_backward_hook(lambda m, i, o: (o[0],)), False, "Backward hook for Modules where no input requires gradient should always return None or None for all gradients."),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_what_a_backward_hook_must_return(hang, needs_grad, text):
    model = linear()
    hang(model)
    x = torch.ones(1, 2, requires_grad=needs_grad)
    with raises(text, RuntimeError):
        model(x).sum().backward()


def test_backward_hooks_of_several_inputs_and_outputs():
    class Swap(nn.Module):
        def forward(self, x, factor, y):
            return y * factor, x * 1

    model, log = Swap(), []
    model.register_full_backward_hook(
        lambda m, i, o: log.append([[None if g is None else g.item() for g in gs] for gs in (i, o)])
    )
    x, y = torch.tensor(1.0, requires_grad=True), torch.tensor(2.0)
    a, b = model(x, 3, y)
    (b * 5 + a).backward()
    assert log == [[[5, None, 0], [None, 5]]]


def test_module_list():
    layers = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1), nn.ReLU()])
    last = layers[-1]
    assert repr(layers) == (
        "ModuleList(\n  (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)\n  (2): ReLU()\n)"
    )
    assert len(layers[:2]) == 2
    assert layers.pop(2) is last
    layers.insert(0, nn.Tanh())
    layers += [nn.ReLU()]
    assert [type(m).__name__ for m in layers] == ["Tanh", "Linear", "Linear", "ReLU"]
    assert [name for name, _ in layers.named_children()] == ["0", "1", "2", "3"]
    del layers[0]
    layers[0] = nn.ReLU()
    assert repr(nn.ModuleList()) == "ModuleList()"


@pytest.mark.parametrize(
    "act, kind, text",
    [
        (lambda: nn.ModuleList([nn.ReLU()])[7], IndexError, "index 7 is out of range"),
        (lambda: nn.ModuleList([1]), TypeError, "int is not a Module subclass"),
        (lambda: nn.ModuleList()(1), NotImplementedError, 'Module [ModuleList] is missing the required "forward" function'),
        (lambda: nn.ModuleList().extend(nn.ReLU()), TypeError, "ModuleList.extend should be called with an iterable, but got ReLU"),
        (lambda: nn.ModuleDict().update(3), TypeError, "ModuleDict.update should be called with an iterable of key/value pairs, but got int"),
        (lambda: nn.ModuleDict([("a",)]), ValueError, "ModuleDict update sequence element #0 has length 1; 2 is required"),
        (lambda: nn.ParameterList()(1), RuntimeError, "ParameterList should not be called."),
        (lambda: nn.ParameterList([torch.ones(1)])[9], IndexError, "index 9 is out of range"),
        (lambda: nn.ParameterList([torch.tensor([1])]), RuntimeError, "Only Tensors of floating point and complex dtype can require gradients"),
    ],
)  # fmt: skip
def test_texts_of_containers(act, kind, text):
    with raises(text, kind):
        act()


@pytest.mark.parametrize(
    "kind, method",
    [("ModuleList", "extend"), ("ModuleDict", "update"), ("ParameterList", "extend"), ("ParameterDict", "update")],
)
def test_an_empty_container_does_not_fill_itself(kind, method):
    def refuse(self, *given):
        raise AssertionError("filled from its constructor")

    own = type("Own", (getattr(nn, kind),), {method: refuse})
    own()
    with pytest.raises(AssertionError, match="filled"):
        own([])


def test_module_dict():
    layers = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
    layers["c"] = nn.Tanh()
    assert list(layers) == list(layers.keys()) == ["a", "b", "c"]
    assert "b" in layers
    assert len(layers) == 3
    assert isinstance(layers.pop("a"), nn.ReLU)
    del layers["c"]
    assert repr(layers) == "ModuleDict(\n  (b): Linear(in_features=1, out_features=1, bias=True)\n)"


def test_parameter_list():
    weights = nn.ParameterList([torch.zeros(2), nn.Parameter(torch.ones(2, 3)), 3])
    assert repr(weights) == (
        "ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2]\n"
        "    (1): Parameter containing: [torch.float32 of size 2x3]\n    (2): Object of type: int\n)"
    )
    assert list(dict(weights.named_parameters())) == ["0", "1"]
    weights[0] = torch.ones(4)
    weights += [torch.ones(5)]
    assert [getattr(w, "shape", w) for w in weights] == [(4,), (2, 3), 3, (5,)]
    (weights[-1] * 2).sum().backward()
    assert weights[3].grad.tolist() == [2] * 5


def test_parameter_dict():
    weights = nn.ParameterDict({"w": torch.zeros(2), "k": nn.Parameter(torch.zeros(()))})
    assert repr(weights) == (
        "ParameterDict(\n    (k): Parameter containing: [torch.FloatTensor of size ]\n"
        "    (w): Parameter containing: [torch.FloatTensor of size 2]\n)"
    )
    weights["z"] = torch.ones(1)
    assert list(weights.keys()) == ["k", "w", "z"]
    assert [name for name, _ in weights.named_parameters()] == ["k", "w", "z"]
    assert weights.pop("w").shape == (2,)
    assert "w" not in weights
    assert weights.get("w") is None
    assert len(weights) == 2


def test_casting_a_module_keeps_its_parameters():
    model = nn.Linear(2, 1)
    model.register_buffer("count", torch.zeros((), dtype=torch.int64))
    parameter = model.weight
    assert model.double() is model
    assert model.weight is parameter
    assert (model.weight.dtype, model.count.dtype) == (torch.float64, torch.int64)
    assert model.bfloat16().bias.dtype == torch.bfloat16
    assert model.half().bias.dtype == torch.float16
    assert model.float().bias.dtype == torch.float32
    model(torch.ones(1, 2)).sum().backward()
    assert parameter.grad.dtype == torch.float32


def test_types_of_a_whole_module():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    parameters = list(model.parameters())
    assert model.type(torch.DoubleTensor) is model
    assert {x.dtype for x in model.state_dict().values()} == {torch.float64}
    assert all(a is b for a, b in zip(parameters, model.parameters(), strict=True))


@pytest.mark.parametrize("name", ["parameters", "named_parameters", "buffers", "named_buffers", "modules", "children"])
def test_what_walks_a_module_says_its_name(name):
    assert repr(getattr(nn.Linear(1, 1), name)()).startswith(f"<generator object Module.{name} at 0x")
