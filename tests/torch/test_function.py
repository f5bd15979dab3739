"""Custom functions (item 54 of PyTorch's observed semantics), with values and texts recorded from PyTorch 2.13."""

import re

import pytest

import funcgrad.torch as torch

Function = torch.autograd.Function


def raises(text, kind=RuntimeError):
    return pytest.raises(kind, match=f"^{re.escape(text)}$")


@pytest.fixture
def x():
    return torch.tensor(2.0, requires_grad=True)


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


def returning(*gradients):
    """A function whose backward returns these gradients."""

    class Given(Cube):
        @staticmethod
        def backward(ctx, g):
            return gradients

    return Given


def test_item_54_a_wrong_count(x):
    one = torch.ones(())
    with raises("function GivenBackward returned an incorrect number of gradients (expected 1, got 2)"):
        returning(one, one).apply(x).backward()
    returning(one, None, None).apply(x).backward()
    assert x.grad.item() == 1


def test_what_a_gradient_must_be(x):
    with raises("expected Variable or None (got int)"):
        returning(3).apply(x).backward()
    text = "Function GivenBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible with [2]"
    with raises(text):
        returning(torch.ones(3)).apply(torch.zeros(2, requires_grad=True)).sum().backward()


def test_a_gradient_is_summed_to_its_inputs_shape():
    wide = torch.zeros(2, 1, requires_grad=True)
    returning(torch.ones(4, 2, 3)).apply(wide).sum().backward()
    assert wide.grad.tolist() == [[12], [12]]


def test_a_second_backward_is_refused_where_something_was_saved(x):
    y = Cube.apply(x)
    y.backward()
    with pytest.raises(RuntimeError, match=r"^Trying to backward through the graph a second time"):
        y.backward()


def test_a_saved_tensor_that_was_changed_is_refused(x):
    z = x * 1
    y = Cube.apply(z)
    with torch.no_grad():
        z.mul_(2)
    text = "[torch.FloatTensor []], which is output 0 of Mul, is at version 1; expected version 0 instead."
    with pytest.raises(RuntimeError, match=re.escape(text)):
        y.backward()


def test_double_backward(x):
    (g,) = torch.autograd.grad(Cube.apply(x), x, create_graph=True)
    assert (g.item(), g.grad_fn.name()) == (12, "MulBackward0")
    assert torch.autograd.grad(g, x)[0].item() == 12


def test_a_saved_result_can_be_differentiated(x):
    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    (g,) = torch.autograd.grad(Exp.apply(x), x, create_graph=True)
    (second,) = torch.autograd.grad(g, x)
    assert second.item() == pytest.approx(g.item())


class Several(Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        is_positive = x > 0
        ctx.mark_non_differentiable(is_positive)
        return x * factor, is_positive, "text"

    @staticmethod
    def backward(ctx, g, g_positive, g_text):
        ctx.seen = g_positive.dtype, g_text
        return g * ctx.factor, None


def test_several_results(x):
    y, is_positive, text = Several.apply(x, 5)
    assert (y.item(), is_positive.item(), text) == (10, True, "text")
    assert y.requires_grad
    assert not is_positive.requires_grad
    y.backward()
    assert x.grad.item() == 5


def test_unused_results_get_zeros_or_none(x):
    seen = []

    class Pair(Function):
        materializes = True

        @classmethod
        def of(cls, materializes, x):
            cls.materializes = materializes
            return cls.apply(x)

        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(Pair.materializes)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, a, b):
            seen.append(b if b is None else b.item())
            return a * 2

    for materializes in (True, False):
        Pair.of(materializes, x)[0].backward()
    assert seen == [0, None]


def test_setup_context(x):
    class Square(Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    y = Square.apply(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (4, 4)


def test_an_input_that_is_returned_keeps_its_own_place(x):
    class Reversed(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return -g

    y = Reversed.apply(x)
    assert y is not x
    assert x.is_leaf
    y.backward()
    assert x.grad.item() == -1


def test_a_result_that_is_a_changed_input(x):
    class Double(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    z = x * 1
    y = Double.apply(z)
    assert y is z
    y.backward()
    assert x.grad.item() == 2
    with raises("a leaf Variable that requires grad has been used in an in-place operation."):
        Double.apply(x)


def test_a_result_that_was_a_leaf_of_its_own_becomes_the_functions(x):
    class Detached(Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                inner = x.detach().requires_grad_() * 2
            return inner.detach().requires_grad_(inner.requires_grad)

        @staticmethod
        def backward(ctx, g):
            return g * 3

    y = Detached.apply(x)
    assert not y.is_leaf
    y.backward()
    assert x.grad.item() == 3


def test_what_is_not_defined(x):
    class Empty(Function):
        pass

    class Forward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

    with raises("You must implement the forward function for custom autograd.Function.", NotImplementedError):
        Empty.apply(x)
    text = (
        "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward"
    )
    with pytest.raises(NotImplementedError, match=f"^{text}"):
        Forward.apply(x).backward()


def test_without_grad_there_is_no_node(x):
    with torch.no_grad():
        assert not Cube.apply(x).requires_grad
    assert not Cube.apply(torch.tensor(2.0)).requires_grad


def test_inside_a_model(x):
    (Cube.apply(x * 2) + Cube.apply(x)).backward()
    assert x.grad.item() == 2 * 3 * 16 + 12


def test_an_instance_of_old_is_made_with_a_warning_and_refuses_to_be_called():
    class Old(Function):
        def forward(self, x):
            return x * 2

    with pytest.warns(DeprecationWarning, match="Old'> should not be instantiated"):
        old = Old()
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward method is deprecated"):
        old(torch.ones(1))


def test_a_function_under_its_old_name():
    class Sign(torch.autograd.function.InplaceFunction):
        @staticmethod
        def forward(ctx, x):
            return x.sign()

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    x = torch.tensor([-2.0, 3.0], requires_grad=True)
    Sign.apply(x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_nodes_type_is_of_no_module(x):
    node = (x * 2).grad_fn
    assert repr(type(node)) == "<class 'MulBackward0'>"
    assert repr(type(node.next_functions[0][0])) == "<class 'AccumulateGrad'>"


def test_the_node_of_a_function_shows_what_forward_left_on_its_context():
    class Left(Cube):
        @staticmethod
        def forward(ctx, x):
            ctx.power = 3
            return Cube.forward(ctx, x)

    x = torch.tensor(2.0, requires_grad=True)
    node = Left.apply(x).grad_fn
    assert repr(type(node)) == "<class 'torch.autograd.function.LeftBackward'>"
    assert repr(node).startswith("<torch.autograd.function.LeftBackward object at 0x")
    assert (node.power, node.saved_tensors[0] is x, node.needs_input_grad) == (3, True, (True,))
    with pytest.raises(AttributeError, match="'LeftBackward' object has no attribute 'nothing'"):
        node.nothing  # noqa: B018


def test_what_is_changed_in_place_must_be_returned(x):
    class Changed(Cube):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x * 2

    for given in (x * 1, torch.ones(2)):
        with pytest.raises(RuntimeError, match="Some elements marked as dirty during the forward method were not"):
            Changed.apply(given)


def test_only_tensors_are_saved(x):
    class Saved(Cube):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, None, [x])
            return x * 2

    with raises("save_for_backward can only save variables, but argument 2 is of type list", TypeError):
        Saved.apply(x)
    assert Saved.apply(torch.ones(1)).item() == 2
