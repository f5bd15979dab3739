"""Usages found in libraries of others: each takes a torch module and gives plain data or tensors."""

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


USAGES = {f.__name__: f for f in (values_of_other_shapes_put_by_index, companions_of_checkpoint)}
