"""Usages found in libraries of others: each takes a torch module and gives plain data or tensors."""

import copy
import io
import math
import pickle
import sys

import numpy as np
from script_usages import error, sub


def values_of_other_shapes_put_by_index(torch):
    mask = torch.tensor([[True, False, True], [False, False, True]])
    rows, x, put = torch.tensor([0, 1]), torch.zeros(2, 3, 4), []

    def write(index, *shape):
        filled, value = x.clone(), torch.ones(shape, requires_grad=True)
        filled[index] = value
        (filled * 2).sum().backward()
        return filled, value.grad

    for index in (mask, rows, (0, mask[1]), (slice(None), rows)):
        put += [write(index, *shape) for shape in ((1, 1, 4), (1, 1, 1, 1), (4,))]
    wrong = [
        error(lambda: write(mask, 1, 2, 1, 4)),
        error(lambda: x.index_put((mask,), torch.ones(1, 1, 4))),
        error(lambda: x.index_put((rows,), torch.ones(4).double())),
        error(lambda: x.index_put((rows,), 3.0)),
        error(lambda: x.index_put((None, rows), torch.ones(4))),
        error(lambda: x.index_put((rows,) * 4, torch.ones(4))),
        error(lambda: x.index_put((rows.float(),), torch.ones(4))),
        error(lambda: torch.zeros(3).fill_(torch.ones(1))),
    ]
    listed = torch.arange(6).view(2, 3)[[[0, 1], [1, 2]]]  # which stands for a tuple, with a warning
    return put, wrong, listed, x.index_put((rows, rows), torch.ones(2, 4), accumulate=True)


def companions_of_checkpoint(torch):
    module, x = sub(torch, "utils.checkpoint"), torch.ones(2, requires_grad=True)
    states = module.get_device_states(x)
    module.set_device_states(*states)
    leaf, other = module.detach_variable((x * 2, 3))
    wrong = error(lambda: module.detach_variable([x]))
    return (
        states,
        leaf.is_leaf,
        leaf.requires_grad,
        other,
        wrong,
        len(module.noop_context_fn()),
        torch.cuda._initialized,
    )


def attributes_of_tensors(torch):
    found = []
    for x in (torch.ones(2), torch.nn.Parameter(torch.ones(2))):
        x.kind, x._own = "row", [1]
        vars(x).update(more=2)
        other = torch.zeros(2)
        for name, value in x.__dict__.items():
            setattr(other, name, value)
        loaded, file = pickle.loads(pickle.dumps(x)), io.BytesIO()
        torch.save(x, file)
        file.seek(0)
        read = torch.load(file, weights_only=False)
        found.append([other, dict(vars(x)), dict(vars(loaded)), dict(vars(read)), dict(vars(copy.copy(x)))])
        found.append([len(vars(x)), str(x.__dict__), "kind" in dir(x), x.__dict__.pop("more"), hasattr(x, "more")])
    other = torch.zeros(2)
    other.__dict__ = copy.copy(x.__dict__)
    other.kind = "column"
    found.append([dict(vars(other)), x.kind, type(copy.deepcopy(vars(x))).__name__, repr(other)])
    other.__dict__ = {}
    try:
        other.__dict__ = 3
    except TypeError as error:
        found.append([dict(vars(other)), str(error)])
    return found, torch.Tensor.__bases__[0].__name__


def parameters_registered_by_name(torch):
    class Named(torch.nn.Module):
        def register_parameter(self, name, param):
            seen.append(name)
            super().register_parameter(name, param)

    seen, module = [], Named()
    module.first, module.second = torch.nn.Parameter(torch.ones(1)), torch.nn.Linear(1, 1)
    module.first = torch.nn.Parameter(torch.zeros(1))
    module.register_buffer("third", torch.ones(1))
    module.third = torch.nn.Parameter(torch.ones(1))
    return seen, list(module.state_dict()), dict(module.named_buffers())


def hooks_of_saved_tensors_as_a_class(torch):
    class Halved(sub(torch, "autograd.graph").saved_tensors_hooks):
        def __init__(self):
            super().__init__(self.pack, lambda packed: packed / 2)

        def pack(self, x):
            self.sizes = [*getattr(self, "sizes", []), x.numel()]
            return x

    block, x = Halved(), torch.arange(3.0, requires_grad=True)
    with block as entered:
        y = (x * x).sum()
    y.backward()
    return block.sizes, x.grad, entered, error(lambda: block.unpack_hook(1, 2))[0]


def numbers_before_tensors(torch):
    x, v = torch.arange(1.0, 5.0).view(2, 2), torch.tensor([1.0, 2.0])
    y, b = x + 1, torch.stack([x, x + 1])
    made = [torch.add(x, 2, y), x.clone().add_(0.5, y), x.sub(2, y), torch.add(x, 2, y, out=torch.empty(2, 2))]
    made += [x.clone().addcmul_(0.5, y, y), torch.addcdiv(x, -0.1, x, y), x.clone().add_(torch.tensor(2.0), y)]
    made += [torch.addmm(2, x, 3, y, y), torch.addmm(2, x, y, y), x.addmm(2, y, y), x.clone().addmm_(2, 3, y, y)]
    made += [torch.addmv(2, v, 3, y, v), x.clone().addr_(2, v, v), b.baddbmm(2, 3, b, b), x.addbmm(2, b, b)]
    leaf = torch.ones(2, 2, requires_grad=True)
    torch.addcmul(x, 0.5, leaf, y).sum().backward()
    wrong = [error(call)[0] for call in (lambda: x.add(y, 2), lambda: x.add(1, y, 3), lambda: x.addcmul(y, y, 0.5))]
    return made, leaf.grad, wrong, torch.torch is torch


def entries_beside_an_optimizers_own(torch):
    found = []
    for make in (
        lambda p: torch.optim.SGD(p, 0.1),
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9),
        lambda p: torch.optim.Adam(p, 0.1),
    ):
        for late in (True, False):
            x = torch.ones(2, requires_grad=True)
            optimizer = make([x])
            for i in range(3):
                if i == late:
                    optimizer.state[x]["mine"] = torch.zeros(2)
                x.grad = torch.ones(2) * (i + 1)
                found.append(error(optimizer.step))
            found.append([x, list(optimizer.state[x])])
    return found


def functions_that_a_module_class_has(torch):
    class Net(torch.nn.Module):
        act, product, convolve = torch.tanh, torch.add, torch.nn.functional.conv2d
        soft = torch.nn.functional.softplus

        def forward(self, x):
            return self.act(x), self.product(x, 2), self.soft(x), self.convolve(x, weight=torch.ones(1, 1, 2, 2))

    class Smooth(Net):
        act = torch.sigmoid

    x = torch.arange(9.0).view(1, 1, 3, 3)
    return Net()(x), Smooth()(x), Net.act(x)


def checks_of_libraries(torch):
    def refused(*calls):
        return [error(call) for call in calls]

    t = torch.tensor
    return (
        refused(lambda: torch._assert(False, "no"), lambda: torch._assert(t(True), "no")),
        refused(lambda: torch._assert_async(t(False)), lambda: torch._assert_async(t(0.0), "zero")),
        refused(lambda: torch._assert_async(t(2)), lambda: torch._assert_async(t([1, 2]))),
        refused(lambda: torch._check(True), lambda: torch._check(False), lambda: torch._check(1)),
        refused(lambda: torch._check(False, "text"), lambda: torch._check(t(True))),
        refused(lambda: torch._check_value(False, lambda: "a"), lambda: torch._check_index(False, lambda: "b")),
        refused(lambda: torch._check_type(False, lambda: "c"), lambda: torch._check_not_implemented(False)),
        refused(lambda: torch._check_with(KeyError, False, lambda: "d"), lambda: torch._check_is_size(-1)),
        refused(lambda: torch._check_tensor_all(t([True, False]), lambda: "e"), lambda: torch._check_is_size(2)),
        [torch.sym_int(-2.7), torch.sym_float(2), torch.sym_not(True), torch.sym_max(1, 2.0), torch.sym_min(1, 2.0)],
        [torch.sym_ite(False, 1, 2), torch.sym_sum([1, 2]), isinstance(3, torch.SymInt)],
        [sub(torch, "_subclasses.fake_tensor").is_fake(t(1)), torch._C._are_functorch_transforms_active()],
        [sub(torch, "fx.experimental.proxy_tensor").get_proxy_mode(), torch._C._get_tracing_state()],
        [torch.complex32.is_complex, torch.chalf.itemsize, torch._C._LinAlgError is torch.linalg.LinAlgError],
    )


def arrays_where_no_graphs_are_made(torch):
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    with torch.no_grad():
        array = x.numpy()
        array[0] = 5
        read = [x, np.asarray(x), np.array(y), y.numpy()]
    wrong = [error(lambda: x.numpy()), error(lambda: np.asarray(y)), error(lambda: x.numpy(force=True))]
    return read, wrong, sorted(torch.distributions.constraints.__all__), sorted(torch.distributions.transforms.__all__)


def families_that_libraries_build_on(torch):
    D = torch.distributions
    x, half = torch.ones(2, requires_grad=True), torch.tensor(0.5)

    class Counted(D.ExponentialFamily):
        def __init__(self, loc, scale):
            self.loc, self.scale = loc, scale
            super().__init__(loc.shape)

        _natural_params = property(lambda self: (self.loc / self.scale**2, -0.5 * self.scale.pow(-2)))
        _mean_carrier_measure = 0

        def _log_normalizer(self, a, b):
            return -0.25 * a.pow(2) / b + 0.5 * torch.log(-math.pi / b)

    class Own(D.MultivariateNormal):
        _unbroadcasted_scale_tril = property(lambda self: torch.eye(2) * 2, lambda self, factor: None)

    D.kl.register_kl(Counted, Usages)(lambda p, q: None)
    jacobian = D.transforms.identity_transform.log_abs_det_jacobian(x, x)
    families = [D.Normal, D.Gamma, D.Chi2, D.Bernoulli, D.ContinuousBernoulli, D.Wishart, D.Uniform]
    own = Own(torch.zeros(3, 2), covariance_matrix=torch.eye(2))
    return (
        [Counted(half, half * 3).entropy(), D.Normal(half, half * 3).entropy()],
        [issubclass(family, D.ExponentialFamily) for family in families],
        [own.scale_tril, own.variance, own.log_prob(torch.ones(2)), jacobian, jacobian.requires_grad],
        error(lambda: D.kl.register_kl(1, Counted)),
    )


class Usages:
    """A class that is no family."""


def parameters_in_texts(torch):
    number = torch.nn.Parameter(torch.tensor(0.5))
    texts = [f"{number}", f"{number.data:.2f}", f"{number * 1:.3f}", f"{torch.nn.Parameter(torch.ones(1))}"]
    return texts, error(lambda: f"{number:.2f}"), str(torch.distributions.Normal(number, 1.0))


def what_summaries_of_models_ask(torch):
    x = torch.ones(1000)
    sizes = [sys.getsizeof(x.untyped_storage()) // 1000, sys.getsizeof(x[:2].untyped_storage()) // 1000]
    views = [y._is_view() for y in (x, x[:2], x.detach(), x.view(-1), x[:2].clone())]
    return sizes, views, sub(torch, "utils._python_dispatch").is_traceable_wrapper_subclass(x)


def modules_of_amp_for_gpus(torch):
    scaling, modes = sub(torch, "cuda.amp.grad_scaler"), sub(torch, "cuda.amp.autocast_mode")
    same = [scaling.GradScaler is torch.cuda.amp.GradScaler, modes.custom_fwd is torch.cuda.amp.custom_fwd]
    return same, scaling.OptState.READY.name, issubclass(scaling.GradScaler, torch.amp.GradScaler)


def annotations_with_types_of_torchscript(torch):
    return isinstance(torch.DeviceObjType, type), (str | torch.DeviceObjType).__args__[0].__name__


def sigmoids_within_the_open_interval(torch):
    clipped = sub(torch, "distributions.transforms")._clipped_sigmoid
    return [clipped(torch.tensor([-200.0, 0.0, 200.0], dtype=kind)) for kind in (torch.float32, torch.float64)]


def saved_tensors_that_hooks_have_changed(torch):
    x = torch.ones(3, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.detach() * 2, lambda t: t):
        square, product = x.pow(2), x * (x + 1)
    seen = square.grad_fn._saved_self, product.grad_fn._saved_self, product.grad_fn._saved_other
    return [(repr(y), y.requires_grad, y.is_leaf) for y in seen]


def gradients_checked_forwards(torch):
    class Pushed(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.factor = 3.0
            return x * x * x

        @staticmethod
        def jvp(ctx, tangent):
            return tangent * ctx.factor

    x = torch.tensor([1.0, -1.0], dtype=torch.float64, requires_grad=True)
    check, forwards = torch.autograd.gradcheck, {"check_forward_ad": True, "check_backward_ad": False}
    both = check(lambda x, y: (x * y, y.sin().sum()), (x, x.detach().clone().requires_grad_()), check_forward_ad=True)
    options = {"check_undefined_grad": False, "check_batched_grad": False, **forwards}
    right = check(Pushed.apply, (x,), **options)
    wrong = error(lambda: check(lambda x: Pushed.apply(x * 2), (x,), **options))
    return both, right, wrong, error(lambda: check(torch.sin, (x,), check_backward_ad=False))


USAGES = {
    f.__name__: f
    for f in (
        values_of_other_shapes_put_by_index,
        companions_of_checkpoint,
        attributes_of_tensors,
        parameters_registered_by_name,
        hooks_of_saved_tensors_as_a_class,
        numbers_before_tensors,
        what_summaries_of_models_ask,
        families_that_libraries_build_on,
        parameters_in_texts,
        arrays_where_no_graphs_are_made,
        functions_that_a_module_class_has,
        checks_of_libraries,
        entries_beside_an_optimizers_own,
        modules_of_amp_for_gpus,
        gradients_checked_forwards,
        saved_tensors_that_hooks_have_changed,
        sigmoids_within_the_open_interval,
        annotations_with_types_of_torchscript,
    )
}
