from typing import TypeVar

import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, get_worker_info
from funcgrad.torch.utils.data._utils import fetch
from funcgrad.torch.utils.data.dataloader import _DatasetKind, _SingleProcessDataLoaderIter
from funcgrad.trace import current, stats, synchronize


class Rows(Dataset):
    """What `TensorDataset` is, as users write it: one sample at a time."""

    def __init__(self, *tensors):
        self.tensors = tensors

    def __len__(self):
        return len(self.tensors[0])

    def __getitem__(self, i):
        return tuple(x[i] for x in self.tensors)


def tensors(n=10):
    return torch.arange(2.0 * n).reshape(n, 2), torch.arange(n)


def lists(batches):
    return [[part.tolist() for part in batch] for batch in batches]


@pytest.mark.parametrize("indices", [None, [7, 1, -1, 3, 0]])
def test_whole_batches_are_the_batches_of_samples(indices):
    given = tensors()
    whole, single = TensorDataset(*given), Rows(*given)
    if indices is not None:
        whole, single = Subset(whole, indices), Subset(single, indices)
    for dataset in (whole, single):
        torch.manual_seed(1)
        batches = list(DataLoader(dataset, batch_size=3, shuffle=True))
        assert type(batches[0]) is list
        if dataset is whole:
            first = lists(batches)
    assert lists(batches) == first


def test_whole_batches_make_no_tensor_per_sample(monkeypatch):
    monkeypatch.setattr(TensorDataset, "__getitem__", lambda self, i: pytest.fail("read one sample"))
    synchronize("test")
    (x, _), *_ = list(DataLoader(TensorDataset(*tensors()), batch_size=4))
    assert x._storage.value.array is not None
    assert not current().results


def test_a_changed_dataset_is_read_as_it_is_now():
    x, y = tensors(4)
    loader = DataLoader(TensorDataset(x, y), batch_size=4)
    x[1] = -1.0
    assert next(iter(loader))[0][1].tolist() == [-1, -1]


def test_a_subclass_that_reads_its_own_way_is_asked_for_samples():
    class Doubled(TensorDataset):
        def __getitem__(self, i):
            return tuple(2 * part for part in super().__getitem__(i))

    assert lists(DataLoader(Doubled(torch.arange(3)), batch_size=3)) == [[[0, 2, 4]]]


def test_tensors_that_require_grad_keep_their_graph():
    x = torch.ones(4, 2, requires_grad=True)
    (batch,) = next(iter(DataLoader(TensorDataset(x), batch_size=2)))
    batch.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 1], [0, 0], [0, 0]]


def test_inference_mode_marks_the_batches():
    with torch.inference_mode():
        (batch,) = next(iter(DataLoader(TensorDataset(torch.ones(2)))))
    assert batch.is_inference()


def test_the_getitems_protocol_reads_a_batch_at_once():
    class Many(Dataset):
        def __getitems__(self, indices):
            return [10 * i for i in indices]

        def __len__(self):
            return 3

    assert [batch.tolist() for batch in DataLoader(Many(), batch_size=2)] == [[0, 10], [20]]


def test_an_evaluation_loop_makes_one_program():
    weights = [torch.rand(4, 4) for _ in range(6)]

    def model(x):
        for w in weights:
            x = (x @ w).tanh()
        return x

    loader = DataLoader(TensorDataset(torch.ones(200, 4)), batch_size=5)
    total = torch.zeros(())
    with torch.no_grad():
        for k, (x,) in enumerate(loader):
            if k == 10:
                before, pending = stats.programs, len(current().results)
            for _ in range(5):
                total = total + model(x).sum()
    assert stats.programs == before
    assert len(current().results) <= pending + fetch._LONG
    assert stats.causes["batch"] > 0


def test_samples_of_a_long_batch_are_computed_in_portions():
    class Scaled(Rows):
        def __getitem__(self, i):
            return self.tensors[0][i] / 2 + 1

    longest = stats.causes["length"]
    (batch,) = DataLoader(Scaled(torch.arange(1000.0)), batch_size=1000)
    assert stats.causes["length"] == longest
    np.testing.assert_array_equal(batch.numpy(), np.arange(1000, dtype=np.float32) / 2 + 1)


def test_workers_have_copies_and_tell_who_they_are():
    class Share(IterableDataset):
        part = range(0)

        def __iter__(self):
            return iter(self.part)

    def split(number):
        info = get_worker_info()
        assert (info.id, info.num_workers) == (number, 2)
        info.dataset.part = range(10 * number, 10 * number + 3)

    dataset = Share()
    loader = DataLoader(dataset, batch_size=None, num_workers=2, worker_init_fn=split)
    assert list(loader) == [0, 10, 1, 11, 2, 12]
    assert not dataset.part
    assert get_worker_info() is None


def test_a_failing_worker_gives_the_script_its_streams_back():
    class Broken(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, i):
            torch.rand(3)
            raise OSError("no such sample")

    torch.manual_seed(0)
    iterator = iter(DataLoader(Broken(), num_workers=1))
    state = torch.get_rng_state().tolist()
    with pytest.raises(OSError, match="no such sample"):
        next(iterator)
    assert torch.get_rng_state().tolist() == state
    assert get_worker_info() is None


def test_a_stream_that_is_longer_than_it_said_is_told_of():
    class Liar(IterableDataset):
        def __iter__(self):
            return iter(range(3))

        def __len__(self):
            return 1

    loader = DataLoader(Liar())
    assert len(loader) == 1
    with pytest.warns(UserWarning, match="was reported to be 1.*but [23] samples have been fetched") as warned:
        list(loader)
    assert len(warned) == 2


def test_pinned_memory_is_told_to_be_of_no_use():
    with pytest.warns(UserWarning, match="no accelerator is found"):
        list(DataLoader([1], pin_memory=True))


def test_a_subset_must_change_both_ways_of_reading():
    class Half(Subset):
        def __getitem__(self, i):
            return 0

    with pytest.raises(NotImplementedError, match=r"Half overrides __getitem__ but not __getitems__.*return \[self"):
        Half(range(3), [0])


def test_a_distributed_sampler_needs_to_know_its_place():
    with pytest.raises(ValueError, match="make sure to call init_process_group"):
        torch.utils.data.DistributedSampler(range(3))


@pytest.mark.parametrize(
    "generic",
    [
        *(torch.utils.data.Subset, torch.utils.data.ConcatDataset, torch.utils.data.StackDataset, DataLoader),
        *(torch.utils.data.ChainDataset, torch.utils.data.DistributedSampler, torch.nn.DataParallel),
        torch.distributions.Independent,
    ],
)
def test_what_holds_others_takes_their_type(generic):
    T = TypeVar("T")

    class Named(generic[T]):
        pass

    assert issubclass(Named[int].__origin__, generic)
    assert generic[int].__origin__ is generic


class Looping:
    """What a library puts in a loader's place: attributes of PyTorch's names, and batches made elsewhere."""

    dataset_kind = _dataset_kind = _DatasetKind.Iterable
    _IterableDataset_len_called, _auto_collation, drop_last, _index_sampler = None, False, False, range(9)
    generator, pin_memory, timeout, num_workers, persistent_workers = None, False, 0, 0, False

    def __init__(self, batches):
        self.batches = self.dataset = batches

    def collate_fn(self, batch):
        return batch


def test_an_epoch_reads_of_a_loader_what_pytorchs_reads():
    assert list(_SingleProcessDataLoaderIter(Looping([1, 2]))) == [1, 2]
    loader = DataLoader([1, 2, 3], 2)
    assert (loader._auto_collation, DataLoader([1], None)._auto_collation) == (True, False)


@pytest.mark.parametrize("shuffle", [False, True])
def test_the_order_is_that_of_the_dataset_that_was_given(shuffle):
    class Showing(DataLoader):
        """A loader whose `dataset` shows another one while no epoch runs, as recommenders' do."""

        dataset = property(lambda self: [1, 2, 3] if hasattr(self, "_wanted") else list(range(9)))
        dataset = dataset.setter(lambda self, given: None)

        def __iter__(self):
            self._wanted = True
            return super().__iter__()

    assert sorted(x for batch in Showing([1, 2, 3], 2, shuffle=shuffle) for x in batch.tolist()) == [1, 2, 3]
