"""Rows that leave the tensor world, or that say something about memory."""

import copy
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcgrad.torch as torch
from funcgrad.torch.utils._pytree import tree_map


def test_numpy_shares_values_and_refuses_a_graph():
    x = torch.tensor([1.0, 2.0])
    assert x.numpy().tolist() == [1, 2]
    assert np.asarray(x).dtype == np.float32
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead"):
        x.requires_grad_().numpy()


def test_from_numpy_keeps_the_dtype():
    assert torch.from_numpy(np.array([1, 2], np.int16)).dtype is torch.int16
    with pytest.raises(TypeError, match=r"expected np.ndarray \(got list\)"):
        torch.from_numpy([1])


def test_jax_takes_a_tensor_as_an_array():
    assert isinstance(jnp.asarray(torch.ones(2)), jax.Array)


def test_complex_of_one_element():
    assert complex(torch.tensor(1.5)) == 1.5 + 0j


def test_a_number_formats_as_one():
    assert f"{torch.tensor(1.23456):.2f}" == "1.23"


def test_repr_of_named_results():
    made = torch.tensor([1.0, 3.0]).max(0)
    assert repr(made) == "torch.return_types.max(\nvalues=tensor(3.),\nindices=tensor(1))"
    assert made.values is made[0]


def test_there_is_no_gpu():
    with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
        torch.ones(2).cuda()
    assert not torch.ones(2).is_pinned()
    assert not torch.ones(2).is_shared()


@pytest.mark.parametrize("create", [torch.empty, lambda *s: torch.ones(2).new_empty(*s)])
def test_empty_has_the_shape(create):
    assert create(2, 3).shape == (2, 3)
    assert torch.empty_like(torch.ones(2, dtype=torch.int64)).dtype is torch.int64


def test_bfloat16_is_a_cast():
    assert torch.ones(2).bfloat16().dtype is torch.bfloat16


def test_views_share_memory_and_clones_do_not():
    x = torch.ones(2, 3)
    assert x.data_ptr() == x.view(3, 2).data_ptr() == x.detach().data_ptr() != x.clone().data_ptr()
    assert x[0, 1:].data_ptr() == x.data_ptr() + x.element_size()
    assert x.is_set_to(x.view(2, 3))
    assert not x.is_set_to(x.t())


def test_legacy_constructors():
    assert torch.FloatTensor([1, 2]).tolist() == [1.0, 2.0]
    assert torch.LongTensor(2, 3).shape == (2, 3)
    assert torch.Tensor([1, 2]).dtype is torch.float32
    assert torch.Tensor(2, 3).shape == torch.Tensor(torch.Size([2, 3])).shape == (2, 3)
    assert torch.Tensor((2, 3)).tolist() == [2.0, 3.0]
    assert torch.Tensor().shape == (0,)
    assert isinstance(torch.ones(2), torch.FloatTensor)
    assert not isinstance(torch.ones(2), torch.LongTensor)
    assert torch.ones(2, dtype=torch.int64).new([3]).dtype is torch.int64
    with pytest.raises(TypeError, match=r"expected Long \(got Float\)"):
        torch.LongTensor(torch.ones(2))


@pytest.mark.parametrize("element", ["a", None, [1]])
def test_what_a_tensor_cannot_contain(element):
    with pytest.raises(RuntimeError, match="__contains__ only supports Tensor or scalar, but you passed in a <class"):
        element in torch.ones(2)  # noqa: B015


RESULTS_OF = [
    (([1, 2],), "max", None),
    ((5,), "max", "constructor requires a sequence"),
    (((1, 2, 3),), "sort", "torch.return_types.sort() takes a 2-sequence (3-sequence given)"),
    (((1,),), "linalg_svd", "torch.return_types.linalg_svd() takes a 3-sequence (1-sequence given)"),
]


@pytest.mark.parametrize("given, name, text", RESULTS_OF)
def test_the_class_of_a_named_result_takes_one_sequence(given, name, text):
    kind = getattr(torch.return_types, name)
    if text is None:
        made = kind(*given)
        assert type(made) is kind
        assert (made.values, made.indices, *made) == (1, 2, 1, 2)
    else:
        with pytest.raises(TypeError, match=re.escape(text)):
            kind(*given)


def test_a_named_result_is_copied_and_mapped_as_one():
    made = torch.tensor([[1.0, 3.0], [2.0, 1.0]]).max(1)
    for same in (copy.deepcopy(made), tree_map(lambda x: x, made)):
        assert [x.tolist() for x in same] == [[3.0, 2.0], [1, 0]]
    assert type(copy.deepcopy(made)) is type(tree_map(lambda x: x, made)) is torch.return_types.max
