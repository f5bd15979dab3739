"""Graphs of many layers and operators, drawn by walking `next_functions`, and what their nodes saved."""

from scenarios import error


def drawn(node):
    """A node and all that it passes gradients to, as text."""
    if node is None:
        return "None"
    if hasattr(node, "variable"):
        return f"leaf {list(node.variable.shape)}"
    below = (drawn(each) + f" {k}" * bool(k) for each, k in node.next_functions)
    return f"{type(node).__name__}({', '.join(below)})"


def results(torch):
    """One result of each operator."""
    nn, F = torch.nn, torch.nn.functional

    def leaf(*shape):
        return torch.ones(*shape, requires_grad=True)

    x, h, cube = torch.ones(2, 4), leaf(2, 4) * 1, leaf(5, 2, 4) * 1
    layer, plain = nn.Linear(4, 3), nn.Linear(4, 3, bias=False)
    without = {name: nn.Linear(4, 3) for name in ("weight", "bias")}
    for name, frozen in without.items():
        getattr(frozen, name).requires_grad_(False)
    return {
        "linear": layer(x),
        "linear_of_node": layer(h),
        "linear_without_bias": plain(h),
        "linear_of_cube": layer(cube),
        "linear_of_cube_without_bias": plain(cube),
        "linear_of_vector": layer(h[0]),
        "linear_of_vector_without_bias": plain(h[0]),
        "linear_with_frozen_weight": without["weight"](h),
        "linear_with_frozen_bias": without["bias"](h),
        "two_layers": nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))(x).sum(),
        "addmm": torch.addmm(leaf(3), h, leaf(4, 3)),
        "product": h @ leaf(4, 3),
        "product_of_cube": cube @ leaf(4, 3),
        "product_of_cubes": cube @ leaf(5, 4, 3),
        "cross_entropy": F.cross_entropy(h, torch.tensor([0, 1])),
        "nll_loss": F.nll_loss(h, torch.tensor([0, 1])),
        "mse_loss": F.mse_loss(h, x),
        "smooth_l1_loss": F.smooth_l1_loss(h, x),
        "dropout": F.dropout(h, 0.5, True),
        "embedding": nn.Embedding(3, 2)(torch.tensor([1])),
        "number_minus": 1 - h,
        "row": h[0],
        "columns": h[:, 1:3],
        "rows": h[torch.tensor([0])],
        "clamp": h.clamp(0, 1),
        "where": torch.where(h > 0, h, -h),
        "pad": F.pad(h, (1, 1)),
        "leaky_relu": F.leaky_relu(h),
        "attention": F.scaled_dot_product_attention(leaf(1, 1, 2, 4), leaf(1, 1, 2, 4), leaf(1, 1, 2, 4)),
        "convolution": nn.Conv2d(1, 2, 3)(leaf(1, 1, 5, 5) * 1),
        "batch_norm": nn.BatchNorm1d(4)(h),
        "layer_norm": nn.LayerNorm(4)(h),
        "in_place": (h * 1).add_(1),
    }


def graphs(torch):
    return {name: drawn(result.grad_fn) for name, result in results(torch).items()}


_SAVED = ("self", "other", "result", "mat1", "mat2", "vec", "tensor", "target", "condition", "mask", "index", "indices")


def saved(torch):
    """The saved tensors of one node of each kind, by name."""
    F = torch.nn.functional
    a = torch.tensor([[0.5, 0.25], [0.75, 1.0]], requires_grad=True)
    b = torch.tensor([[2.0, 3.0], [4.0, 5.0]], requires_grad=True)
    target = b.detach()
    of_one = ("exp log sin tanh sigmoid sqrt reciprocal relu abs expm1 log1p erf", "gelu silu elu softplus leaky_relu")
    made = {name: getattr(torch, name)(a) for name in of_one[0].split()}
    made |= {name: getattr(F, name)(a) for name in of_one[1].split()}
    made |= {"softmax": a.softmax(0), "log_softmax": a.log_softmax(0), "square": a**2, "clamp": a.clamp(min=0)}
    made |= {"mul": a * b, "mul_constant": a * target, "mul_number": a * 2, "div": a / b, "maximum": a.maximum(b)}
    made |= {"mm": a @ b, "mm_constant": a @ target, "addmm": torch.addmm(a, a, b), "linear": F.linear(a, b, b[0])}
    made |= {
        "linear_without_bias": F.linear(a, b),
        "mv": a.mv(b[0]),
        "dot": a[0].dot(b[0]),
        "bmm": a[None].bmm(b[None]),
    }
    made |= {"mse": F.mse_loss(a, target), "where": torch.where(target > 2, a, b), "fill": a.masked_fill(target > 2, 0)}
    made |= {"select": a.index_select(0, torch.tensor([0]))}
    made |= {"embedding": F.embedding(torch.tensor([0]), a)}
    nodes = {name: result.grad_fn for name, result in made.items()}
    return {
        name: {part: getattr(node, f"_saved_{part}") for part in _SAVED if f"_saved_{part}" in dir(node)}
        for name, node in nodes.items()
    }


def packing(torch):
    """What hooks on saved tensors are called with, and what becomes of what they give."""
    graph, F, log = torch.autograd.graph, torch.nn.functional, []

    def noted(word):
        def hook(x):
            log.append([word, x.tolist(), x.requires_grad, x.is_leaf])
            return x

        return hook

    def outcome(call):
        log.clear()
        return error(call), list(log)

    both = noted("pack"), noted("unpack")
    a = torch.tensor([1.0, 2.0], requires_grad=True)

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, None)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

    def of(make, twice=False):
        def call():
            with graph.saved_tensors_hooks(*both):
                y = make()
            if twice:
                y.sum().backward(retain_graph=True)
            y.sum().backward()

        return outcome(call)

    def nested():
        with graph.saved_tensors_hooks(*both), graph.saved_tensors_hooks(noted("inner"), noted("inner out")):
            y = a * a
        y.sum().backward()

    def wrong_type():
        with graph.saved_tensors_hooks(lambda x: x.tolist(), lambda x: x):
            y = a * a
        y.sum().backward()

    def changes():
        with graph.saved_tensors_hooks(lambda x: x.add_(1), lambda x: x):
            torch.ones(2) * a

    def disabled():
        with graph.disable_saved_tensors_hooks("not here"), graph.saved_tensors_hooks(*both):
            pass

    def disabled_within():
        with graph.saved_tensors_hooks(*both), graph.disable_saved_tensors_hooks("not here"):
            pass

    def scaled():
        with graph.saved_tensors_hooks(lambda x: (x * 3,), lambda x: x[0] * 3):
            y = a * a
        (first,) = torch.autograd.grad(y.sum(), a, create_graph=True)
        return first, torch.autograd.grad(first.sum(), a)

    def looked_at():
        with graph.saved_tensors_hooks(*both):
            node = (a * a).grad_fn
        return [node._saved_self.tolist(), *log]

    return {
        "product": of(lambda: a * (a.detach() + 1)),
        "product_of_two": of(lambda: a * (a * 1)),
        "result": of(lambda: a.exp()),
        "number": of(lambda: a * 2),
        "matrices": of(lambda: (a[None] * 1) @ torch.ones(2, 2)),
        "loss": of(lambda: F.mse_loss(a, torch.zeros(2))),
        "function": of(lambda: Square.apply(a)),
        "twice": of(lambda: a * a, twice=True),
        "without_grad": of(lambda: a.detach().requires_grad_() + torch.ones(2) * torch.ones(2)),
        "nested": outcome(nested),
        "wrong_type": outcome(wrong_type),
        "changes": outcome(changes)[0][0],
        "disabled": outcome(disabled),
        "disabled_within": outcome(disabled_within),
        "scaled": scaled(),
        "gradient": a.grad,
        "looked_at": (log.clear(), looked_at())[1],
    }
