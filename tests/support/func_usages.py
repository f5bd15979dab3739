"""What people do with torch.func: functions of the torch module that give trees of tensors, or texts of errors."""

import copy

import numpy as np

USAGES = {}


def usage(function):
    USAGES[function.__name__] = function
    return function


def array(torch, *shape, seed=0):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def said(call, *args, **kwargs):
    """Type and text of what a call raises."""
    try:
        call(*args, **kwargs)
    except Exception as error:
        return type(error).__name__, str(error)
    return "nothing", ""


def mlp(torch, seed=0, outputs=2):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, outputs))


def detached(model):
    return {name: p.detach() for name, p in model.named_parameters()}


@usage
def gradients_of_each_sample(torch):
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(2, 3))
    x, y = array(torch, 4, 1, 4, 4), torch.tensor([0, 2, 1, 1])

    def loss(parameters, buffers, sample, target):
        made = torch.func.functional_call(model, (parameters, buffers), (sample.unsqueeze(0),))
        return nn.functional.cross_entropy(made, target.unsqueeze(0))

    buffers = {name: b.detach() for name, b in model.named_buffers()}
    return torch.func.vmap(torch.func.grad(loss), in_dims=(None, None, 0, 0))(detached(model), buffers, x, y)


@usage
def ensemble(torch):
    models = [mlp(torch, seed) for seed in range(3)]
    parameters, buffers = torch.func.stack_module_state(models)
    base = copy.deepcopy(models[0])

    def call(parameters, buffers, x):
        return torch.func.functional_call(base, (parameters, buffers), (x,))

    x = array(torch, 3, 5, 3)
    each = torch.vmap(call)(parameters, buffers, x)
    same = torch.vmap(call, in_dims=(0, 0, None))(parameters, buffers, x[0])
    kinds = {name: (p.requires_grad, p.is_leaf) for name, p in parameters.items()}
    return each, same, parameters, kinds


@usage
def texts_about_stacking(torch):
    state = torch.func.stack_module_state
    mixed = [mlp(torch), mlp(torch).eval()]
    frozen = [mlp(torch), mlp(torch).requires_grad_(False)]
    return said(state, []), said(state, mixed), said(state, [mlp(torch), torch.nn.Linear(3, 4)]), said(state, frozen)


def predict(torch):
    def of(weight, bias, x):
        return torch.nn.functional.linear(x, weight, bias).tanh()

    return of, (array(torch, 4, 4).double(), array(torch, 4, seed=1).double(), array(torch, 4, seed=2).double())


@usage
def jacobians_in_both_modes(torch):
    of, given = predict(torch)
    both = [by(of, argnums=2)(*given) for by in (torch.func.jacrev, torch.func.jacfwd)]
    more = torch.func.jacrev(of, argnums=(0, 1))(*given)
    return both, more, torch.func.jacfwd(of, argnums=(1, 2))(*given)


@usage
def hessians(torch):
    of, given = predict(torch)
    func = torch.func
    by_rows = func.hessian(of, argnums=2)(*given)
    return (
        by_rows,
        func.jacfwd(func.jacfwd(of, argnums=2), argnums=2)(*given),
        func.jacrev(func.jacrev(of, 2), 2)(*given),
    )


@usage
def jacobians_of_a_batch(torch):
    of, (weight, bias, _) = predict(torch)
    batch = array(torch, 5, 4, seed=3).double()
    by_item = torch.func.vmap(torch.func.jacrev(of, argnums=2), in_dims=(None, None, 0))
    second = torch.func.vmap(torch.func.hessian(of, argnums=2), in_dims=(None, None, 0))
    return by_item(weight, bias, batch), second(weight, bias, batch)


@usage
def products_with_the_hessian(torch):
    func, x, v = torch.func, array(torch, 5), array(torch, 5, seed=1)

    def f(x):
        return x.sin().sum() ** 2

    forward = func.jvp(func.grad(f), (x,), (v,))
    value, pull = func.vjp(func.grad(f), x)
    return forward, value, pull(v)


def kernel_network(torch):
    model = mlp(torch)
    parameters = detached(model)

    def single(parameters, x):
        return torch.func.functional_call(model, parameters, (x.unsqueeze(0),)).squeeze(0)

    return single, parameters, array(torch, 3, 3), array(torch, 2, 3, seed=5)


@usage
def tangent_kernel_by_contraction(torch):
    single, parameters, x, y = kernel_network(torch)
    of = torch.func.vmap(torch.func.jacrev(single), (None, 0))
    first = [j.flatten(2) for j in of(parameters, x).values()]
    second = [j.flatten(2) for j in of(parameters, y).values()]
    kernels = [torch.einsum("Naf,Mbf->NMab", a, b) for a, b in zip(first, second, strict=True)]
    return torch.stack(kernels).sum(0)


@usage
def tangent_kernel_by_products(torch):
    single, parameters, xs, ys = kernel_network(torch)
    func = torch.func

    def one(x, y):
        def at_x(parameters):
            return single(parameters, x)

        def at_y(parameters):
            return single(parameters, y)

        out, pull = func.vjp(at_y, parameters)

        def product(v):
            return func.jvp(at_x, (parameters,), pull(v))[1]

        return func.vmap(product)(torch.eye(out.numel()))

    return func.vmap(func.vmap(one, (None, 0)), (0, None))(xs, ys)


@usage
def meta_learning(torch):
    model, func = mlp(torch, outputs=1), torch.func
    x, y, later_x, later_y = (array(torch, *shape, seed=k) for k, shape in enumerate([(2, 6, 3), (2, 6, 1)] * 2))

    def loss(parameters, x, y):
        return torch.nn.functional.mse_loss(func.functional_call(model, parameters, (x,)), y)

    def after(parameters, x, y, later_x, later_y):
        grads = func.grad(loss)(parameters, x, y)
        moved = {name: p - 0.1 * grads[name] for name, p in parameters.items()}
        return loss(moved, later_x, later_y)

    def of_all(parameters):
        return func.vmap(after, in_dims=(None, 0, 0, 0, 0))(parameters, x, y, later_x, later_y).mean()

    return func.grad_and_value(of_all)(detached(model))


@usage
def training_through_a_transform(torch):
    """`.backward()` through `torch.func`, with parameters that the function captures."""
    model, x = mlp(torch, outputs=1), array(torch, 5, 3)
    slopes = torch.func.vmap(torch.func.grad(lambda x: model(x).sum()))(x)
    (slopes.norm(dim=1) - 1).pow(2).mean().backward()
    return slopes.detach(), {name: p.grad for name, p in model.named_parameters()}


@usage
def places_of_the_batch(torch):
    x, y = array(torch, 2, 3, 4), array(torch, 4, 2)
    vmap = torch.func.vmap
    return (
        vmap(lambda a, b: (a.sum(0), a + b[0]), in_dims=(-1, 0), out_dims=(0, 1))(x, y),
        vmap(lambda d, n: d["a"] * n, in_dims=({"a": 1}, None))({"a": x}, 3),
        vmap(lambda pair, z: {"r": pair[0] @ pair[1] + z}, in_dims=((0, None), None))((x, x[0].T), 1.0),
        vmap(vmap(lambda a, b: (a - b).norm(), (None, 0)), (0, None))(y, y + 1),
        vmap(lambda a: a * 2, out_dims=-1)(y),
        vmap(lambda a, *, k: a * k)(y, k=y[0]),
        vmap(lambda a: torch.tensor(3.0))(y),
    )


@usage
def texts_about_batches(torch):
    x, vmap = array(torch, 2, 3), torch.func.vmap
    return (
        said(vmap(lambda a, b: a + b), x, x[0]),
        said(vmap(lambda a: a, in_dims=None), x),
        said(vmap(lambda a: a), 3.0),
        said(vmap(lambda a: a, in_dims=2), x),
        said(vmap(lambda a: torch.rand_like(a)), x),
        said(vmap(lambda a: 3.0), x),
    )


@usage
def pieces_of_a_batch(torch):
    x = array(torch, 5, 3)
    pieces = torch.func.vmap(lambda a: a.sin(), chunk_size=2)(x)
    return pieces, torch.func.jacrev(lambda a: a.sin(), chunk_size=1)(x[0])


@usage
def more_than_a_gradient(torch):
    func, x = torch.func, array(torch, 4)
    of = func.grad_and_value(lambda a, b: ((a * b).sum(), {"more": a + b}), argnums=(0, 1), has_aux=True)
    value, pull, more = func.vjp(lambda a: (a**2, a.sum()), x, has_aux=True)
    tree, back = func.vjp(lambda d: {"y": d["a"].sin(), "z": (d["a"] * 2, d["b"])}, {"a": x, "b": x + 1})
    cotangent = {"y": x, "z": (torch.ones(4), x)}
    return of(x, x + 1), value, pull(x), more, tree, back(cotangent), func.grad(lambda a, b: a @ b, -1)(x, x + 1)


@usage
def texts_about_gradients(torch):
    func, x = torch.func, array(torch, 4)
    return (
        said(func.grad(lambda a: a), x),
        said(func.grad(lambda a: 3.0), x),
        said(func.grad(lambda a: a.sum(), argnums=1), x),
        said(func.grad(lambda a: (a.sum(), a)), x),
        said(func.grad(lambda a: a.sum(), has_aux=True), x),
        said(func.jvp, lambda a: a, x, x),
        said(func.jvp, lambda a: a, (x,), (x[:2],)),
        said(func.jvp, lambda a: 3.0, (x,), (x,)),
        said(func.jacrev(lambda a: 3.0), x),
        said(func.grad(lambda d: d["a"].sum()), {"a": 3.0}),
        said(func.grad(lambda a: a.sum()), torch.ones(2, dtype=torch.int64)),
    )


@usage
def products_with_the_jacobian(torch):
    func, x, v = torch.func, array(torch, 4), array(torch, 4, seed=1)
    pair = func.jvp(lambda a, b: (a * b, a.sin()), (x, v), (v, x))
    more = func.jvp(lambda d: (d["a"].exp(), d["a"] + 1), ({"a": x},), ({"a": v},), has_aux=True)
    constant = func.jvp(lambda a: torch.ones(2), (x,), (v,))
    second = func.jvp(lambda a: func.jvp(lambda b: b**3, (a,), (v,))[1], (x,), (v,))
    return pair, more, constant, second


@usage
def linear_part(torch):
    x = array(torch, 4)
    value, product = torch.func.linearize(lambda a: a.sin() * a[0], x)
    return value, product(torch.ones(4)), product(x)


@usage
def calls_with_other_state(torch):
    func, nn = torch.func, torch.nn
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    x = array(torch, 5, 3)
    zeros = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    buffers = {name: b.clone() for name, b in model.named_buffers()}
    made = func.functional_call(model, [zeros, buffers], x)
    bilinear = func.functional_call(
        nn.Bilinear(3, 3, 2), {"bias": torch.zeros(2), "weight": torch.ones(2, 3, 3)}, (x, x)
    )
    loss = func.functional_call(nn.MSELoss(), {}, (), {"input": x, "target": x + 1})
    texts = (
        said(func.functional_call, model, {"0.weight": x[:3]}, x, strict=True),
        said(func.functional_call, model, {"none": x}, x, strict=True),
        said(func.functional_call, model, 3, x),
        said(func.functional_call, model, [zeros, zeros], x)[0],
    )
    return made, buffers, dict(model.named_buffers()), bilinear, loss, texts


class Tied:
    """Makes a module with one tensor under two names."""

    def __new__(cls, torch):
        class Module(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.one = torch.nn.Linear(3, 3, bias=False)
                self.two = torch.nn.Linear(3, 3, bias=False)
                self.two.weight = self.one.weight

            def forward(self, x):
                return self.one(x) + 2 * self.two(x)

        return Module()


@usage
def calls_with_tied_weights(torch):
    model, x, call = Tied(torch), array(torch, 2, 3), torch.func.functional_call
    ones, twos = torch.ones(3, 3), torch.full((3, 3), 2.0)
    both = {"one.weight": ones, "two.weight": twos}
    return (
        call(model, {"one.weight": ones}, x),
        call(model, {"two.weight": twos}, x),
        call(model, both, x, tie_weights=False),
        said(call, model, both, x),
    )


@usage
def second_derivatives_by_parameters(torch):
    model, x = mlp(torch, outputs=1), array(torch, 5, 3)

    def loss(parameters):
        return torch.func.functional_call(model, parameters, x).pow(2).mean()

    return torch.func.jacfwd(torch.func.jacrev(loss))(detached(model))


@usage
def laplacian(torch):
    model, x = mlp(torch, outputs=1), array(torch, 4, 3)
    func = torch.func
    return func.vmap(lambda x: torch.diagonal(func.hessian(lambda z: model(z).squeeze())(x)).sum())(x)


@usage
def under_no_grad(torch):
    func, x = torch.func, array(torch, 4)

    def half(x):
        with torch.no_grad():
            c = x**2
        return (x**3 - c).sum()

    with torch.no_grad():
        outside = func.grad(lambda a: a.sin().sum())(x)
    third = func.grad(func.grad(func.grad(lambda a: a**4)))(x[0])
    return outside, func.grad(half)(x), third


@usage
def in_place_inside(torch):
    func, x = torch.func, array(torch, 3, 4)

    def f(x):
        y = x.clone()
        y[0] *= 2
        y.add_(1).tanh_()
        return y.sum()

    return func.vmap(func.grad(f))(x), func.functionalize(f)(x[0])


@usage
def batch_norm_without_statistics(torch):
    nn = torch.nn
    model = nn.Sequential(nn.Conv1d(1, 2, 2), nn.BatchNorm1d(2), nn.Flatten(), nn.Linear(4, 1))
    changed = torch.func.replace_all_batch_norm_modules_(model)
    return changed is model, model[1].running_mean, model[1].track_running_stats, sorted(model.state_dict())


@usage
def adversarial(torch):
    """FGSM for each sample, with the model's own forward pass."""
    model, x, y = mlp(torch, outputs=3), array(torch, 4, 3), torch.tensor([0, 1, 2, 1])

    def loss(x, y):
        return torch.nn.functional.cross_entropy(model(x), y)

    signs = torch.func.vmap(torch.func.grad(loss))(x, y).sign()
    return x + 0.1 * signs
