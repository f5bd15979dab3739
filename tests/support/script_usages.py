"""Usages found in training scripts of others: each takes a torch module and gives plain data or tensors."""

import importlib
import math
import warnings
import weakref

import numpy as np


def sub(torch, path):
    """A submodule by its path below `torch`."""
    return importlib.import_module(f"{torch.__name__}.{path}")


def error(call):
    """Type and text of what a call raises."""
    try:
        call()
    except Exception as raised:
        return [type(raised).__name__, str(raised)]
    return None


def functions_that_write(torch):
    x = torch.tensor([0.25, 1.0, 4.0])
    same = torch.sqrt_(x) is x
    torch.clamp_(x, max=1.5)
    torch.neg_(x)
    filled = torch.index_put_(torch.zeros(3), (torch.tensor([1]),), torch.tensor(2.0))
    return same, x, filled, torch.relu_(torch.tensor([-1.0, 1.0]))


def forked_generator(torch):
    torch.manual_seed(0)
    with torch.random.fork_rng():
        inside = torch.rand(2)
    with torch.random.fork_rng(enabled=False):
        after = torch.rand(2)
    return inside, after, torch.rand(2)


def hooks_on_the_last_node(torch):
    nn, shown = torch.nn, []

    def hook(module, grad_input, grad_output):
        shown.append((type(module).__name__, grad_input, grad_output))

    torch.manual_seed(0)
    cases = [
        (nn.Conv2d(2, 3, 3), torch.randn(1, 2, 5, 5)),
        (nn.Linear(4, 3), torch.randn(2, 4)),
        (nn.Linear(4, 3, bias=False), torch.randn(2, 4)),
        (nn.ReLU(), torch.randn(2, 2, requires_grad=True)),
        (nn.Sequential(nn.Linear(4, 3), nn.Tanh()), torch.randn(2, 4)),
    ]
    for module, x in cases:
        handle = module.register_backward_hook(hook)
        module(x).pow(2).sum().backward()
        handle.remove()
        module.zero_grad()  # or the sum goes into the hooked gradient, which PyTorch keeps as .grad
        module(x).sum().backward()
    full = nn.Linear(1, 1)
    full.register_full_backward_hook(hook)
    return shown, error(lambda: full.register_backward_hook(hook)), len(full._backward_hooks)


def hooks_in_a_module(torch):
    layer = torch.nn.Linear(1, 1)
    layer.register_forward_pre_hook(print)
    layer.register_forward_hook(max, with_kwargs=True)
    return list(layer._forward_pre_hooks.values()) == [print], list(layer._forward_hooks.values()) == [max]


def norms_with_zeros_and_of_complex_numbers(torch):
    """Values, and gradients by real parameters, of every kind of norm."""
    found = []
    for p in (0.5, 1, 1.5, 2, 3, math.inf, -math.inf):
        x = torch.tensor([[1.0, -0.5, 0.0], [0.25, 0.0, -2.0]], requires_grad=True)
        turned = torch.complex(x, 0.5 * x.flip(0))
        values = torch.linalg.vector_norm(x, p), torch.linalg.vector_norm(turned, p), torch.dist(turned, -turned, p)
        found += [(value, torch.autograd.grad(value, x, retain_graph=True)[0]) for value in values]
    return found, torch.linalg.vector_norm(turned, 0), torch.linalg.vector_norm(turned, 0).dtype == torch.float32


def forward_derivatives_of_functions(torch):
    forward_ad = sub(torch, "autograd.forward_ad")

    class Cube(torch.autograd.Function):
        """Its `jvp` is ten times too large on purpose: so it is known which rule was asked."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_forward(x)
            return x**3

        @staticmethod
        def jvp(ctx, tangent):
            return 30 * ctx.saved_tensors[0] ** 2 * tangent

    class Pair(torch.autograd.Function):
        @staticmethod
        def forward(x, y):
            return x * y, x + y

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_forward(*inputs)
            ctx.save_for_backward(*(10 * x for x in inputs))

        @staticmethod
        def jvp(ctx, a, b):
            x, y = ctx.saved_tensors
            return a * y + b * x, a + b

        @staticmethod
        def vjp(ctx, g, h):
            x, y = ctx.saved_tensors
            return g * y + h, g * x + h

    def tangents(f, *pairs):
        with forward_ad.dual_level():
            made = f(*(x if t is None else forward_ad.make_dual(x, t) for x, t in pairs))
            return [forward_ad.unpack_dual(each).tangent for each in (made if isinstance(made, tuple) else [made])]

    x, t = torch.tensor([2.0, 3.0]), torch.tensor([1.0, 0.5])
    leaf = x.clone().requires_grad_()
    return (
        tangents(Cube.apply, (x, t)),
        tangents(lambda x: (Cube.apply(x * 2) * 3).sum(), (x, t)),
        tangents(Pair.apply, (x, t), (x + 1, t * 2)),
        tangents(Pair.apply, (x, t), (x + 1, None)),
        torch.func.jvp(Pair.apply, (x, x + 1), (t, t)),
        torch.autograd.grad(sum(each.sum() for each in Pair.apply(leaf, x + 1)), leaf),
        error(lambda: Cube.apply(leaf).sum().backward()),
        error(lambda: torch.autograd.Function.jvp(None)),
    )


def segments(torch):
    x = torch.tensor([1.0, 2.0, 2.0, 4.0, 5.0, 6.0], requires_grad=True)
    lengths, weights, found = torch.tensor([3, 0, 3]), torch.tensor([1.0, 2.0, 3.0]), []
    for reduce in ("sum", "mean", "max", "min", "prod"):
        for options in (
            {"lengths": lengths},
            {"lengths": lengths.int(), "initial": 2.0},
            {"offsets": torch.tensor([0, 3, 3, 6])},
            {"lengths": torch.tensor([1, 2, 0]), "unsafe": True},
        ):
            y = torch.segment_reduce(x, reduce, **options)
            found += [y, torch.autograd.grad((y * weights).nan_to_num(0, 0, 0).sum(), x)[0]]
    table = torch.arange(12.0).view(2, 6)
    found.append(torch.segment_reduce(table, "sum", lengths=torch.tensor([[1, 5], [2, 4]]), axis=1))
    found.append(torch.segment_reduce(table, "amax", offsets=torch.tensor([1, 2])))
    pair = torch.tensor([1, 1])
    return found, [
        error(lambda: torch.segment_reduce(table, "sum")),
        error(lambda: torch.segment_reduce(table, "median", lengths=pair)),
        error(lambda: torch.segment_reduce(table, "sum", lengths=torch.tensor([1, 2]))),
        error(lambda: torch.segment_reduce(table, "sum", lengths=torch.tensor([-1, 3]))),
        error(lambda: torch.segment_reduce(table, "sum", lengths=pair, axis=1)),
        error(lambda: torch.segment_reduce(table, "sum", lengths=pair, axis=2)),
        error(lambda: torch.segment_reduce(table, "sum", indices=pair)),
    ]


def modules_without_draws(torch):
    torch.manual_seed(0)
    layer = torch.nn.utils.skip_init(torch.nn.Linear, 2, 3, bias=False)
    layer.weight.data.fill_(0.5)

    class WithoutDevice(torch.nn.Module):
        def __init__(self):
            super().__init__()

    return (
        (layer.weight, repr(layer), torch.rand(2)),
        error(lambda: torch.nn.utils.skip_init(WithoutDevice)),
        error(lambda: torch.nn.utils.skip_init(dict)),
    )


def points_that_fill_a_cube(torch):
    engine_of, found = torch.quasirandom.SobolEngine, []
    for engine in (engine_of(5), engine_of(3, scramble=True, seed=7), engine_of(40, True, 1)):
        found += [engine.draw(3), engine.draw(5, dtype=torch.float64), repr(engine), engine.num_generated]
        found += [engine.fast_forward(100).draw(2), engine.reset().draw(dtype=torch.float64), engine.draw(1)]
        found += [engine.reset().draw_base2(4), error(lambda engine=engine: engine.draw_base2(3))]
    torch.manual_seed(3)
    drawn = engine_of(2, scramble=True).draw(4), torch.rand(2)
    out = torch.empty(0)
    engine_of(1).draw(2, out=out)
    return found, drawn, out, error(lambda: engine_of(0)), error(lambda: engine_of(21202))


def masks_without_dimensions(torch):
    x, yes, no = torch.arange(4.0), torch.tensor(True), torch.tensor(0.0) > 1
    written = x.clone()
    written[yes] = 2.0
    written[no] = 5.0
    one, matrix = torch.tensor(3.0), torch.ones(2, 2)
    matrix[yes] = torch.zeros(1, 2, 2)
    return (
        x[yes],
        x[no],
        x[yes, 1:],
        one[yes],
        one[no],
        written,
        matrix,
        yes[yes],
        torch.tensor(1, dtype=torch.uint8) > 0,
    )


def functorch_of_old(torch):
    functorch = importlib.import_module("functorch") if torch.__name__ == "torch" else sub(torch, "_functorch")
    torch.manual_seed(0)
    models = [torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).eval() for _ in range(2)]
    x = torch.randn(4, 2)
    call, params = functorch.make_functional(models[0][0])
    gradient = functorch.grad(lambda params: call(params, x).pow(2).sum())(params)
    full, frozen, buffers = functorch.make_functional_with_buffers(models[0], disable_autograd_tracking=True)
    together, stacked, means = functorch.combine_state_for_ensemble(models)
    each = functorch.vmap(together, in_dims=(0, 0, None))(stacked, means, x)
    wrong = error(lambda: functorch.make_functional(models[0])), error(lambda: functorch.combine_state_for_ensemble([]))
    curvature = functorch.hessian(lambda x: x.pow(3).sum())(x[0])
    needs = [p.requires_grad for p in (*params, *frozen, *stacked)]
    return gradient, full(frozen, buffers, x), each, [s.shape for s in stacked], needs, curvature, str(call), wrong


def functorch_warnings(torch):
    functorch = importlib.import_module("functorch") if torch.__name__ == "torch" else sub(torch, "_functorch")
    stateless, old = sub(torch, "nn.utils.stateless"), sub(torch, "cuda.amp")
    calls = [
        *(lambda: functorch.vmap(torch.sin), lambda: functorch.jacrev(torch.sin)),
        *(lambda: functorch.make_functional(torch.nn.Linear(1, 1)), lambda: old.custom_fwd(torch.sin)),
        *(lambda: old.custom_bwd(torch.sin), lambda: stateless.functional_call(torch.nn.ReLU(), {}, torch.ones(1))),
    ]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for call in calls:
            call()
    return [(w.category.__name__, str(w.message)) for w in caught]


def names_that_are_imported(torch):
    flat, back = sub(torch, "_utils")._flatten_dense_tensors, sub(torch, "_utils")._unflatten_dense_tensors
    parts = [torch.arange(6.0).view(2, 3), torch.ones(2)]
    handle = torch.nn.Linear(1, 1).register_forward_hook(print)
    compiler = sub(torch, "compiler")
    return (
        *(flat(parts), back(flat(parts), parts), isinstance(handle, sub(torch, "utils.hooks").RemovableHandle)),
        *(compiler.disable(len) is len or compiler.disable(len)([1]), compiler.is_compiling()),
        hasattr(sub(torch, "optim.optimizer"), "ParamsT"),
        *(hasattr(sub(torch, "utils.data.dataloader"), f"_{name}_fn_t") for name in ("collate", "worker_init")),
    )


def names_of_recurrent_weights(torch):
    """Forget gates set by name, and a dropped-out weight in a parameter's place."""
    torch.manual_seed(0)
    lstm, x = torch.nn.LSTM(2, 3, 2, bidirectional=True), torch.ones(4, 1, 2)
    for name in (name for names in lstm._all_weights for name in names if "bias" in name):
        bias = getattr(lstm, name)
        bias.data[bias.size(0) // 4 : bias.size(0) // 2].fill_(1.0)
    rnn = torch.nn.RNN(2, 3)
    raw = torch.nn.Parameter(rnn.weight_hh_l0.data)
    del rnn._parameters["weight_hh_l0"]
    rnn.weight_hh_l0 = raw * 0.5
    rnn(x)[0].sum().backward()
    halved = [weight * 0.5 for weight in rnn._flat_weights]
    return lstm._all_weights, lstm._flat_weights_names, lstm._flat_weights, lstm(x)[0], raw.grad, halved


def differentiable_once(torch):
    once = sub(torch, "autograd.function").once_differentiable

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @once
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            return 2 * x * grad

    x, y = torch.tensor(3.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    Square.apply(x).backward()
    (slope,) = torch.autograd.grad(Square.apply(x) * y, x, create_graph=True)
    return x.grad, slope, slope.requires_grad, error(slope.backward)


def pruning(torch):
    prune = sub(torch, "nn.utils.prune")
    torch.manual_seed(0)
    conv, shown = torch.nn.Conv2d(2, 4, 3), []
    prune.random_unstructured(conv, name="weight", amount=0.3)
    prune.l1_unstructured(conv, name="bias", amount=2)
    shown.append((list(dict(conv.named_parameters())), dict(conv.named_buffers()), conv.weight, conv.bias))
    prune.ln_structured(conv, name="weight", amount=0.5, n=2, dim=0)
    prune.random_structured(conv, name="weight", amount=1, dim=1)
    container = next(h for h in conv._forward_pre_hooks.values() if h._tensor_name == "weight")
    shown.append((conv.weight, [type(h).__name__ for h in container], len(container)))
    conv(torch.ones(1, 2, 3, 3)).sum().backward()
    shown.append((conv.weight_orig.grad, prune.is_pruned(conv)))
    prune.remove(conv, "weight")
    shown.append((list(dict(conv.named_parameters())), conv.weight, type(conv.weight).__name__))
    return shown, error(lambda: prune.remove(conv, "weight")), error(lambda: prune.L1Unstructured(1.5))


def pruning_of_several(torch):
    prune = sub(torch, "nn.utils.prune")
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 2))

    class EveryOther(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    pairs = [(layer, "weight") for layer in model]
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=0.4)
    EveryOther.apply(model[1], "bias")
    EveryOther.apply(model[1], "weight")
    return [x for layer in model for x in (layer.weight, layer.bias)], sorted(model.state_dict())


def forward_derivatives(torch):
    fw, func = sub(torch, "autograd.forward_ad"), sub(torch, "func")
    torch.manual_seed(0)
    x, t = torch.randn(3), torch.randn(3)
    layer, found = torch.nn.Linear(3, 2), []
    weights = {name: p.detach() for name, p in layer.named_parameters()}
    with fw.dual_level():
        dual = fw.make_dual(x, t)
        found += fw.unpack_dual(dual.sin() * 2 + torch.ones(3))
        found.append(fw.unpack_dual(torch.ones(3)).tangent)
        found.append(fw.unpack_dual(dual).tangent is t)
        duals = {name: fw.make_dual(p, torch.ones_like(p)) for name, p in weights.items()}
        out = func.functional_call(layer, duals, (dual,))
        found.append(fw.unpack_dual(out).tangent)
        found.append(fw.unpack_dual(torch.stack([dual.exp(), dual * dual.sum()])).tangent)
    return found, fw.unpack_dual(out).tangent, error(lambda: fw.make_dual(x, t))


def sparse_matrices(torch):
    index, values = torch.tensor([[0, 1, 1, 0], [2, 0, 2, 2]]), torch.tensor([3.0, 4.0, 5.0, 1.0])
    x = torch.arange(6.0).view(3, 2).requires_grad_()
    weight = values.clone().requires_grad_()
    made = torch.sparse_coo_tensor(index, weight, (2, 3))
    loss = (torch.sparse.mm(made, x) ** 2).sum() + (torch.spmm(made, x) + made @ x + torch.mm(made, x)).sum()
    loss.backward()
    plain = torch.sparse_coo_tensor(index, values, (2, 3))
    whole = plain.coalesce()
    facts = (
        plain.is_sparse,
        plain._nnz(),
        whole._nnz(),
        plain.shape,
        plain.dtype == torch.float32,
        plain.is_coalesced(),
    )
    dense = (plain.to_dense(), plain.t().to_dense(), torch.eye(3)[:2] + plain, (plain * 2).to_dense())
    return (
        (loss, x.grad, weight.grad, facts, dense, whole.indices(), whole.values(), repr(plain), repr(whole)),
        (torch.diag(torch.tensor([1.0, 0.0, 2.0])).to_sparse().indices(), torch.sparse.sum(plain)),
        (error(plain.indices), isinstance(plain, torch.Tensor), repr(plain.double())),
    )


def sparse_matrices_of_old(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.sparse.FloatTensor(torch.tensor([[0, 1], [1, 0]]), torch.tensor([2.0, 3.0]), torch.Size([2, 2]))
    return torch.spmm(made, torch.ones(2, 1)), made.to_dense()


def gradients_waited_for(torch):
    graph, seen = sub(torch, "autograd.graph"), []
    a = torch.ones(2, requires_grad=True)
    b = a * 2
    handle = graph.register_multi_grad_hook([a, b], seen.append)
    (b * 3).sum().backward()
    handle.remove()
    (a * 2).sum().backward()
    with graph.save_on_cpu(pin_memory=False):
        (a * a).sum().backward()
    return seen, a.grad, graph.get_gradient_edge(b).output_nr


def tables_with_sparse_gradients(torch):
    torch.manual_seed(0)
    table = torch.nn.Embedding(6, 3, sparse=True)
    first = torch.optim.SparseAdam(list(table.parameters()), lr=0.1)
    second = torch.optim.SGD(table.parameters(), lr=0.1)
    for rows in ([0, 1, 1], [1, 2], [0, 4]):
        for optimizer in (first, second):
            optimizer.zero_grad()
            table(torch.tensor(rows)).pow(3).sum().backward()
            optimizer.step()
    state = first.state[table.weight]
    wrong = error(lambda: torch.optim.SparseAdam([torch.ones(2)], lr=-1.0))
    return table.weight, state["exp_avg"], state["exp_avg_sq"], state["step"], list(state), wrong


def numbers_that_are_tensors(torch):
    x, y, half = torch.arange(1.0, 5.0).view(2, 2), torch.ones(2, 2) * 3, torch.tensor(0.5)
    made = x.clone().add_(y, alpha=half), torch.sub(x, y, alpha=half), torch.add(x, y, alpha=torch.tensor(2))
    whole = torch.ones(2, dtype=torch.int64)
    torch.manual_seed(0)
    drawn = torch.randint_like(x, high=9), torch.randint_like(x, 9), torch.randint_like(x, 3, 9)
    weight = torch.tensor(0.5, requires_grad=True)
    wrong = error(lambda: whole.add(whole, alpha=half)), error(lambda: torch.add(x, y, alpha=weight))
    return made, wrong, drawn


def old_constructors_on_memory(torch):
    def written(create, array):
        x = create(array)
        array[0], x[1] = 7, 9
        return str(x.dtype), x, array.tolist()

    creates = torch.Tensor, torch.FloatTensor, torch.DoubleTensor, torch.LongTensor, torch.ones(1).new
    kinds = np.float32, np.float64, np.int64
    arrays = [written(create, np.ones(3, kind)) for create in creates for kind in kinds]
    turned = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    x = torch.Tensor(turned.T).mul_(2)
    rows = torch.arange(6.0).view(2, 3)
    flat = torch.Tensor(rows[1].storage())
    flat[4] = -1
    bits = torch.LongTensor(rows.double().untyped_storage())
    wrong = error(lambda: torch.LongTensor(rows.storage()))
    return arrays, turned.tolist(), x.stride(), rows, bits, wrong, rows.new(rows.storage())


def parts_of_complex_numbers(torch):
    z = torch.zeros(2, 3, dtype=torch.complex64)
    z.real = torch.ones(2, 3)
    z.imag[0] = 5
    z.real.t()[1] += 1
    torch.view_as_real(z)[1, 2] = torch.tensor([8.0, 9.0])
    pairs = torch.arange(12.0).view(2, 3, 2)
    torch.view_as_complex(pairs).mul_(1j)
    places = [
        (x.stride(), x.storage_offset(), x.is_contiguous())
        for x in (z.real, z.t().imag, z[1:].imag, torch.view_as_real(z[1]), torch.view_as_complex(pairs[1]))
    ]
    array = torch.view_as_real(z.t()).numpy()
    array[0, 0] = -1, -2
    turned = torch.zeros(2, 3).t()[:, :2], torch.zeros(3, 3)[:, :2], torch.zeros(9)[1:].view(4, 2), torch.tensor(1.0)
    return z, pairs, places, array.strides, [error(lambda x=x: torch.view_as_complex(x)) for x in turned]


def gradients_of_parts_of_complex_numbers(torch):
    w = torch.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    scaled = w * (2 - 1j)
    scaled.real.mul_(3)
    pairs = torch.view_as_real(scaled)
    pairs[0, 1] = 7.0
    scaled.abs().sum().backward()
    p = torch.ones(3, 2, requires_grad=True)
    doubled = p * 2
    c = torch.view_as_complex(doubled)
    c[0] *= 1 + 1j
    (c.abs() ** 2).sum().backward()
    names = [type(x.grad_fn).__name__ for x in (scaled, pairs, doubled, c)]
    return w.grad, p.grad, names, error(lambda: w.real.zero_())


def samples_of_classes(torch):
    torch.manual_seed(0)
    logits = torch.randn(3, 4, requires_grad=True)
    soft, hard = (torch.nn.functional.gumbel_softmax(logits, 0.5, hard=hard) for hard in (False, True))
    (soft + hard).pow(2).sum().backward()
    return soft, hard, [type(x.grad_fn).__name__ for x in (soft, hard)], logits.grad


def texts_in_the_place_of_numbers(torch):
    ctc = torch.nn.functional.ctc_loss
    calls = [lambda data=data: torch.tensor(data) for data in (["a"], "a", [1, "a"], [["ab", "c"]], [""])]
    calls += [lambda fill=fill: torch.full((2,), fill) for fill in ("a", None, [1])]
    calls.append(lambda: ctc(torch.ones(2, 1, 3), torch.tensor([[1]]), torch.tensor([5]), torch.tensor([1])))
    return [error(call) for call in calls]


def bits_as_arrays(torch):
    x = torch.arange(8.0).view(2, 4)
    bits = x.view(torch.int32)
    array = bits.numpy()
    array[0, 0] = 1065353216
    x[1, 1] = -2
    wide, flags = x[1].view(torch.float64), (x > 3).view(torch.uint8)
    return x, array, wide.numpy(), wide.storage_offset(), x[1].view(torch.int16).storage_offset(), flags.numpy()


def products_in_groups(torch):
    """Values, gradients and refusals of `grouped_mm`."""
    grouped_mm, found = torch.nn.functional.grouped_mm, []
    offs = torch.tensor([5, 16], dtype=torch.int32)
    torch.manual_seed(0)
    rows, experts, wide, cube = torch.randn(16, 16), torch.randn(2, 16, 8), torch.randn(8, 16), torch.randn(2, 8, 16)
    for dtype in (torch.float32, torch.float16):
        for a, b in ((rows, experts), (cube, rows), (wide, rows), (cube, experts)):
            a, b = a.to(dtype).clone().requires_grad_(), b.to(dtype).clone().requires_grad_()
            result = grouped_mm(a, b, offs=offs if 2 in (a.ndim, b.ndim) else None)
            result.backward(torch.ones_like(result))
            found.append((result, result.grad_fn.name(), a.grad, b.grad))
    wrong = (
        *(((rows, experts), {}), ((rows, experts), {"offs": offs.long()}), ((cube, experts), {"offs": offs})),
        *(((rows, experts[:1]), {"offs": offs}), ((rows[:, :8], experts), {"offs": offs})),
        *(((rows, experts), {"offs": offs[None]}), ((rows[0], experts), {"offs": offs}), ((cube, experts[:1]), {})),
        *(((rows.double(), experts), {"offs": offs}), ((rows, experts.int()), {"offs": offs}), ((1, rows), {})),
        *(((rows, 1), {}), ((rows, experts), {"offs": offs, "bias": rows}), ((cube, experts[..., :7].clone()), {})),
        ((rows.half(), experts.half()), {"offs": offs, "out_dtype": torch.float32}),
    )
    return found, [error(lambda a=args, k=keywords: grouped_mm(*a, **k)) for args, keywords in wrong]


def swapped_tensors(torch):
    future, nn = sub(torch, "__future__"), torch.nn
    a, b = torch.tensor([1.0, 2.0]), torch.ones(2, 2, requires_grad=True)
    b.note = "x"
    torch.utils.swap_tensors(a, b)
    p, q = nn.Parameter(torch.zeros(2)), torch.ones(3)
    torch.utils.swap_tensors(p, q)
    held = weakref.ref(q)
    wrong = [error(lambda: torch.utils.swap_tensors(p, q)), error(lambda: torch.utils.swap_tensors(q, p))]
    found = [a, b, a.note, a.is_leaf, hasattr(b, "note"), type(p).__name__, type(q).__name__, held() is q, wrong]
    for name in ("swap", "overwrite"):
        getattr(future, f"set_{name}_module_params_on_conversion")(True)
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        before = list(model.parameters())
        model(torch.ones(3, 2)).sum().backward()
        first = model[0].weight.grad
        model.double()
        empty = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).to("meta")
        weight, state = empty[0].weight, model.state_dict()
        shown = str(empty.load_state_dict(state, assign=True))
        other = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
        other.load_state_dict(state)  # the metadata of `state` still says that entries are assigned
        found += [[x is y for x, y in zip(before, model.parameters(), strict=True)], model[0].weight.grad is first]
        found += [model[0].weight, model[0].weight.grad, shown, weight is empty[0].weight, empty[0].weight]
        found += [str(other[0].bias.dtype), other[1].running_mean]
        getattr(future, f"set_{name}_module_params_on_conversion")(False)
    return found


def fetchers_of_datasets(torch):
    data, loader = torch.utils.data, sub(torch, "utils.data.dataloader")

    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter(range(5))

    kind, rows = loader._DatasetKind, data.TensorDataset(torch.arange(6.0), torch.arange(6))
    whole = kind.create_fetcher(kind.Map, rows, True, loader.default_collate, False).fetch([0, 2])
    one = kind.create_fetcher(kind.Map, [3, 4, 5], False, lambda x: x, False).fetch(1)
    stream = kind.create_fetcher(kind.Iterable, Stream(), True, loader.default_collate, True)
    read = stream.fetch([0, 0]), stream.fetch([0, 0]), error(lambda: stream.fetch([0, 0]))
    return whole, one, read, data.DataLoader(rows)._dataset_kind, data.DataLoader(Stream())._dataset_kind


def gradients_that_depend_on_their_input(torch):
    """Which gradients require grad, and the names of their nodes."""
    F, found = torch.nn.functional, {}
    torch.manual_seed(0)
    y, signs = torch.rand(3, 4), torch.tensor([1.0, -1.0] * 6).view(3, 4)
    classes = torch.tensor([0, 1, 2])
    plain = "abs sign exp max min amax amin median nanmedian mode sort msort nansum nan_to_num aminmax angle prod sum"
    along = "max min median sort topk kthvalue mode amax cummax cummin cumprod softmax"
    beside = "maximum minimum fmax fmin xlogy copysign mul div sub atan2 remainder"
    layers = "relu relu6 leaky_relu elu selu celu gelu hardtanh hardsigmoid hardswish hardshrink softshrink softplus"
    losses = "mse_loss l1_loss smooth_l1_loss kl_div binary_cross_entropy poisson_nll_loss"
    calls = {
        **{name: getattr(torch, name) for name in plain.split()},
        **{
            f"{name}_dim": lambda x, n=name: getattr(torch, n)(x, *((2,) if n in ("topk", "kthvalue") else ()), dim=1)
            for name in along.split()
        },
        **{name: lambda x, n=name: getattr(torch, n)(x, y) for name in beside.split()},
        **{name: getattr(F, name) for name in layers.split()},
        **{name: lambda x, n=name: getattr(F, n)(x, y) for name in losses.split()},
        "clamp": lambda x: x.clamp(0.2, 0.7),
        "clamp_tensors": lambda x: x.clamp(y * 0.3, y + 0.2),
        "kl_of_logs": lambda x: F.kl_div(x, y.log(), log_target=True),
        "hinge": lambda x: F.hinge_embedding_loss(x, signs),
        "ranking": lambda x: F.margin_ranking_loss(x, y, signs),
        "multi_margin": lambda x: F.multi_margin_loss(x, classes),
        "cross_entropy": lambda x: F.cross_entropy(x, classes),
        "norm_1": lambda x: x.norm(1),
        "norm": lambda x: x.norm(),
        "max_pool": lambda x: F.max_pool2d(x, 2),
        "adaptive_max_pool": lambda x: F.adaptive_max_pool2d(x, 2),
        "quantile": lambda x: x.quantile(0.3),
    }
    for name, call in calls.items():
        x = torch.rand((1, 1, 4, 4) if "pool" in name else (3, 4), requires_grad=True)
        y_of_x = call(x)
        y_of_x = y_of_x[0] if isinstance(y_of_x, tuple) else y_of_x
        (gradient,) = torch.autograd.grad(y_of_x.sum(), x, create_graph=True)
        found[name] = gradient.grad_fn.name() if gradient.requires_grad else None
    return found


USAGES = {
    f.__name__: f
    for f in (
        *(functions_that_write, forked_generator, hooks_on_the_last_node, hooks_in_a_module, differentiable_once),
        *(
            pruning,
            pruning_of_several,
            forward_derivatives,
            forward_derivatives_of_functions,
            sparse_matrices,
            sparse_matrices_of_old,
        ),
        *(gradients_waited_for, tables_with_sparse_gradients, numbers_that_are_tensors, names_of_recurrent_weights),
        *(
            segments,
            modules_without_draws,
            masks_without_dimensions,
            points_that_fill_a_cube,
            norms_with_zeros_and_of_complex_numbers,
            functorch_of_old,
            functorch_warnings,
            names_that_are_imported,
            old_constructors_on_memory,
            parts_of_complex_numbers,
            gradients_of_parts_of_complex_numbers,
            bits_as_arrays,
            samples_of_classes,
            texts_in_the_place_of_numbers,
            gradients_that_depend_on_their_input,
            products_in_groups,
            swapped_tensors,
            fetchers_of_datasets,
        ),
    )
}
