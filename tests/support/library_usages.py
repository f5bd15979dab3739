"""Usages found in libraries of others: each takes a torch module and gives plain data or tensors."""

import copy
import io
import pickle

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
    return put, wrong, x.index_put((rows, rows), torch.ones(2, 4), accumulate=True)


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


USAGES = {
    f.__name__: f
    for f in (
        values_of_other_shapes_put_by_index,
        companions_of_checkpoint,
        attributes_of_tensors,
        parameters_registered_by_name,
        hooks_of_saved_tensors_as_a_class,
    )
}
