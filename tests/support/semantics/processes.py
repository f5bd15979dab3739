"""Memory that processes share, items 167 to 171: sent to another process and back, as `multiprocessing` pickles."""

import os
import pickle
import tempfile
from multiprocessing.reduction import ForkingPickler

import numpy as np
from scenarios import error, warned


def _received(sent):
    """What another process would get."""
    return pickle.loads(bytes(ForkingPickler.dumps(sent)))


def item_167_share_memory_moves_the_storage(torch):
    """`share_memory_()` moves a storage for good: its views, `detach()` and NumPy see it; copies are on their own."""
    x = torch.arange(6.0).reshape(2, 3)
    row, before = x[1], x.is_shared()
    same = row.share_memory_() is row
    others = [x, x.T, x.detach(), x.data, x.untyped_storage(), x.clone(), pickle.loads(pickle.dumps(x))]
    array = x.numpy()
    array[0, 0] = 9.0
    with torch.no_grad():
        x.add_(1)
    x.data = torch.ones(2)
    storage = torch.ones(2).untyped_storage()
    shown = [before, same, [other.is_shared() for other in others], row.tolist(), array.tolist(), x.is_shared()]
    empty, half = torch.empty(0).share_memory_(), torch.ones(2, dtype=torch.bfloat16).share_memory_()
    meta = error(torch.empty(2, device="meta").share_memory_)
    return [shown, storage.share_memory_() is storage, storage.is_shared(), empty.is_shared(), half.tolist(), meta]


def item_168_modules_share_parameters_and_their_gradients(torch):
    """`Module.share_memory()` shares parameters, buffers and the gradients that are there; a tensor's alone none."""
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    model[0](torch.ones(3, 2)).sum().backward()
    same = model.share_memory() is model
    shown = [p.is_shared() for p in model.parameters()], [b.is_shared() for b in model.buffers()]
    grads = [p.grad is not None and p.grad.is_shared() for p in model.parameters()]
    alone = torch.nn.Parameter(torch.ones(2))
    alone.grad = torch.ones(2)
    alone.share_memory_()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.5)
    optimizer.step()
    memory = _received(model.state_dict())["0.bias"]
    before = memory.tolist() == model[0].bias.tolist()
    optimizer.step()
    return [same, *shown, grads, alone.is_shared(), alone.grad.is_shared(), before, memory.equal(model[0].bias)]


def item_169_a_tensor_that_is_sent_is_shared(torch):
    """Sending a tensor to a process shares its memory: writes on either side are seen, views stay views of one."""
    x = torch.arange(6.0).reshape(2, 3)
    got, row, turned = _received((x, x[1], x.T))
    got[1, 0] = 50.0
    x[0, 0] = 70.0
    shown = [x.tolist(), got.tolist(), row.tolist(), row.storage_offset(), turned.tolist(), turned.stride()]
    same = [got.data_ptr() == x.data_ptr(), x.is_shared(), turned.is_shared()]
    big = torch.zeros(200, 200)
    also = _received(big)
    also[3, 4] = 1.0
    whole = _received(torch.tensor([1.0, 2.0, 3.0]).untyped_storage())
    kinds = [torch.tensor([1, 2]), torch.tensor(True), torch.tensor([1j]), torch.ones(2, dtype=torch.bfloat16)]
    kinds = [[str(y.dtype), str(y.tolist())] for y in map(_received, kinds)]
    bits = _received(torch.ones(2).view(torch.int32)).tolist()
    return [shown, same, big.sum().item(), list(whole), kinds, bits, list(_received(torch.empty(0)).shape)]


def item_170_what_is_sent_with_a_tensor(torch):
    """A sent Parameter is one and requires grad as before, without gradient and attributes; no result can be sent."""
    weight = torch.nn.Parameter(torch.ones(2))
    weight.grad, weight.note = torch.ones(2), "mine"
    count = torch.nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False)
    leaf = torch.ones(2, requires_grad=True)
    sent = [_received(x) for x in (weight, count, leaf, torch.nn.Buffer(torch.ones(2)))]
    shown = [[type(x).__name__, x.requires_grad, x.is_leaf, x.grad is None, hasattr(x, "note")] for x in sent]
    with torch.no_grad():
        weight.mul_(3)
    leaf.register_hook(np.copy)
    texts = [text.partition("<")[0] for _, text in warned(_received, leaf)]
    result = error(_received, leaf * 2)
    meta = _received(torch.empty(2, 3, device="meta"))
    return [
        shown,
        sent[0].tolist(),
        texts,
        result,
        str(meta.device),
        list(meta.shape),
        _received((leaf * 2).detach()).tolist(),
    ]


def item_171_a_process_group_of_one(torch):
    """In a process group of one process exchanges are the identity, and DistributedDataParallel is its module."""
    group = torch.distributed
    wrap = torch.nn.parallel.DistributedDataParallel
    before = [error(group.get_rank), error(group.barrier), error(wrap, torch.nn.Linear(1, 1)), group.is_initialized()]
    with tempfile.TemporaryDirectory() as folder:
        place = {"init_method": f"file://{os.path.join(folder, 'store')}", "rank": 0, "world_size": 1}
        made = group.init_process_group("gloo", **place)
        try:
            return [before, made, error(group.init_process_group, "gloo", **place), *_exchanged(torch, group, wrap)]
        finally:
            group.destroy_process_group()


def _exchanged(torch, group, wrap):
    found = [group.is_initialized(), group.get_rank(), group.get_world_size(), group.get_backend()]
    x, parts, other, names = torch.ones(2), [torch.zeros(2)], torch.zeros(2), [None]
    found += [group.all_reduce(x), group.broadcast(x, src=0), group.reduce(x, 0), group.barrier(), x.tolist()]
    found += [group.all_reduce(x, op=group.ReduceOp.MAX, async_op=True).wait(), group.all_gather(parts, x)]
    found += [parts[0].tolist(), group.scatter(other, [x + 1], src=0), other.tolist()]
    found += [group.all_gather_into_tensor(other, x * 5), other.tolist(), group.all_gather_object(names, "a"), names]
    found += [
        error(group.all_gather, [torch.zeros(3)], x),
        error(group.all_gather, parts * 2, x),
        error(group.send, x, 0),
    ]
    model = torch.nn.Linear(2, 1)
    wrapped = wrap(model, find_unused_parameters=True)
    with wrapped.no_sync():
        wrapped(torch.ones(1, 2)).sum().backward()
    found += [model.weight.grad.tolist(), wrapped.module is model, list(wrapped.state_dict()), repr(wrapped)]
    found += [error(wrap, torch.nn.ReLU()), error(wrap, model, device_ids=[0])]
    sampler = torch.utils.data.DistributedSampler(range(6), shuffle=False)
    return [*found, list(sampler), sampler.num_replicas]
