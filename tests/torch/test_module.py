"""Modules, by item of PyTorch's observed semantics (D, H, I): values and texts recorded from PyTorch 2.13."""

import copy
import re
from collections import OrderedDict

import numpy as np
import pytest

import funcgrad.torch as torch

nn = torch.nn


def raises(text, kind):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2, bias=False)
        self.second = nn.Linear(2, 2, bias=False)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


# D: clearing.


def test_items_32_and_34_zero_grad_of_a_module():
    model = nn.Linear(2, 1)
    model.register_buffer("seen", torch.zeros(1))
    model.bias.requires_grad_(False)
    for x in (model.weight, model.bias, model.seen):
        x.grad = torch.ones(x.shape)
    model.zero_grad()
    assert model.weight.grad is None
    assert model.bias.grad is None
    assert model.seen.grad is not None


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph")
def test_item_33_zeros_in_place():
    model = nn.Linear(2, 1)
    model(torch.ones(1, 2)).pow(2).sum().backward(create_graph=True)
    kept = model.weight.grad
    model.zero_grad(set_to_none=False)
    assert model.weight.grad is kept
    assert (kept.requires_grad, kept.grad_fn) == (False, None)
    assert kept.tolist() == [[0, 0]]
    fresh = nn.Linear(2, 1)
    fresh.zero_grad(set_to_none=False)
    assert fresh.weight.grad is None


def test_item_39_deepcopy_of_a_module_drops_gradients():
    model = nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    made = copy.deepcopy(model)
    assert made.weight.grad is None
    assert model.weight.grad is not None
    with torch.no_grad():
        made.weight.zero_()
    assert model.weight.abs().sum() > 0


# H: forward hooks.


def test_item_76_forward_hooks():
    model, seen = nn.Identity(), []
    model.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    model.register_forward_pre_hook(lambda m, args: args[0] * 10)
    model.register_forward_hook(lambda m, args, out: seen.append((args[0].item(), out.item())))
    handle = model.register_forward_hook(lambda m, args, out: out + 5)
    assert model(torch.tensor(1.0)).item() == 25
    assert seen == [(20, 20)]
    handle.remove()
    assert model(torch.tensor(1.0)).item() == 20


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


# H: full backward hooks.


def linear():
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[2.0, 3.0]]))
    return model


def test_item_77_the_pre_hook_comes_first_and_the_hook_sees_both_gradients():
    model, log = linear(), []
    model.register_full_backward_hook(lambda m, i, o: log.append(("hook", m is model, i[0].tolist(), o[0].tolist())))
    model.register_full_backward_pre_hook(lambda m, o: log.append(("pre", o[0].tolist())))
    x = torch.ones(1, 2, requires_grad=True)
    y = model(x)
    assert y.grad_fn.name() == "BackwardHookFunctionBackward"
    (y * 4).sum().backward()
    assert log == [("pre", [[4]]), ("hook", True, [[8, 12]], [[4]])]
    assert x.grad.tolist() == [[8, 12]]


def test_item_77_without_an_input_that_requires_grad():
    model, log = linear(), []
    model.register_full_backward_hook(lambda m, i, o: log.append((i, o[0].tolist())))
    loss = model(torch.ones(1, 2)).sum()
    with pytest.warns(
        UserWarning, match="^Full backward hook is firing when gradients are computed with respect to module"
    ):
        loss.backward()
    assert log == [((None,), [[1]])]
    assert model.weight.grad.tolist() == [[1, 1]]


def test_item_77_it_may_replace_grad_input_and_leaves_parameters():
    model = linear()
    model.register_full_backward_hook(lambda m, i, o: (i[0] * 10,))
    model.register_full_backward_hook(lambda m, i, o: (i[0] + 1,))
    x = torch.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    assert x.grad.tolist() == [[21, 31]]
    assert model.weight.grad.tolist() == [[1, 1]]


def test_a_pre_hook_may_replace_grad_output():
    model = linear()
    model.register_full_backward_pre_hook(lambda m, o: (o[0] * 10,))
    x = torch.ones(1, 2, requires_grad=True)
    model(x).sum().backward()
    assert x.grad.tolist() == [[20, 30]]
    assert model.weight.grad.tolist() == [[10, 10]]


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


# I: parameters and modules.


def test_item_79_a_tied_parameter():
    model = Tied()
    assert len(list(model.parameters())) == 1
    assert [name for name, _ in model.named_parameters()] == ["first.weight"]
    assert list(model.state_dict()) == ["first.weight", "second.weight"]
    both = [name for name, _ in model.named_parameters(remove_duplicate=False)]
    assert both == ["first.weight", "second.weight"]
    x = torch.ones(1, 2)
    model(x).sum().backward()
    w = model.first.weight.detach().numpy()
    expected = np.outer(w.sum(0), [1, 1]) + np.outer([1, 1], w @ [1, 1])
    np.testing.assert_allclose(model.first.weight.grad.numpy(), expected, rtol=1e-5)


def test_item_80_what_is_registered():
    class Holder(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = torch.ones(1)
            self.hidden = [nn.Linear(1, 1)]
            self.listed = nn.ModuleList([nn.Linear(1, 1, bias=False)])
            self.weights = nn.ParameterList([torch.ones(2)])
            self.register_buffer("kept", torch.zeros(1))
            self.register_buffer("temporary", torch.zeros(1), persistent=False)

    model = Holder()
    assert [name for name, _ in model.named_parameters()] == ["listed.0.weight", "weights.0"]
    assert [name for name, _ in model.named_buffers()] == ["kept", "temporary"]
    assert sorted(model.state_dict()) == ["kept", "listed.0.weight", "weights.0"]


def assign_plain(module):
    module.weight = torch.ones(2)


def assign_early():
    class Early(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(1, 1)

    return Early()


@pytest.mark.parametrize(
    "act, kind, text",
    [
        (lambda: assign_plain(nn.Linear(1, 1)), TypeError, "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)"),
        (lambda: nn.Linear(1, 1).missing, AttributeError, "'Linear' object has no attribute 'missing'"),
        (assign_early, AttributeError, "cannot assign module before Module.__init__() call"),
    ],
)  # fmt: skip
def test_item_81_texts(act, kind, text):
    with raises(text, kind):
        act()


def test_item_81_apply_visits_children_first():
    visited = []
    nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU())).apply(lambda m: visited.append(type(m).__name__))
    assert visited == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_item_82_a_state_dict_is_live():
    model = nn.Linear(2, 1)
    state = model.state_dict()
    assert type(state) is OrderedDict
    assert not state["weight"].requires_grad
    state["weight"].fill_(7)
    assert model.weight.tolist() == [[7, 7]]


def test_item_83_loading_copies_in_place():
    model, parameter = nn.Linear(2, 1), None
    parameter = model.weight
    made = model.load_state_dict({"weight": torch.ones(1, 2), "bias": torch.zeros(1)})
    assert repr(made) == "<All keys matched successfully>"
    assert model.weight is parameter
    assert parameter.tolist() == [[1, 1]]


def test_item_83_what_does_not_fit():
    model = nn.Sequential(nn.Linear(2, 2))
    given = {"0.weight": torch.ones(3, 2), "extra": torch.ones(1)}
    with raises(
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "0.bias". \n'
        '\tUnexpected key(s) in state_dict: "extra". \n'
        "\tsize mismatch for 0.weight: copying a param with shape torch.Size([3, 2]) from checkpoint, the shape in "
        "current model is torch.Size([2, 2]).",
        RuntimeError,
    ):
        model.load_state_dict(given)
    found = model.load_state_dict({"0.weight": torch.ones(2, 2), "extra": torch.ones(1)}, strict=False)
    assert repr(found) == "_IncompatibleKeys(missing_keys=['0.bias'], unexpected_keys=['extra'])"


def test_item_84_a_parameter_that_took_no_part():
    used, unused = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([used, unused], lr=0.1, weight_decay=0.5)
    (used * 2).sum().backward()
    optimizer.step()
    assert unused.grad is None
    assert unused.item() == 1


def test_item_84_freezing_leaves_the_old_gradient():
    w = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 2).sum().backward()
    w.requires_grad_(False)
    optimizer.step()
    np.testing.assert_allclose(w.item(), 0.8, rtol=1e-6)


def test_item_86_generator_and_discriminator():
    generator, discriminator = nn.Linear(1, 1), nn.Linear(1, 1)
    fake = generator(torch.ones(1, 1))
    discriminator(fake.detach()).sum().backward()
    assert generator.weight.grad is None
    before = discriminator.bias.grad.item()
    discriminator(fake).sum().backward()
    assert generator.weight.grad is not None
    assert discriminator.bias.grad.item() == before + 1


# Containers.


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
