"""Names that PyTorch's files import for themselves, and that scripts import from there."""

import importlib

import pytest

import funcgrad.torch as torch
from funcgrad.errors import UnsupportedNameError

BORROWED = {
    "functional": "F Tensor",
    "nn.modules.activation": "F Module Parameter Tensor xavier_uniform_",
    "nn.modules.conv": "F Module Parameter Tensor init",
    "nn.modules.module": "Parameter RemovableHandle Tensor",
    "nn.modules.normalization": "Module Size",
    "nn.modules.rnn": "PackedSequence",
    "nn.modules.transformer": "Dropout F LayerNorm Linear Module ModuleList MultiheadAttention Tensor",
    "optim.lr_scheduler": "Optimizer Tensor",
    "utils.data.dataloader": "Dataset Sampler",
}
MODULES = {"F": torch.nn.functional, "init": torch.nn.init}
HOMES = (torch, torch.nn, torch.nn.init, torch.nn.utils.rnn, torch.optim, torch.utils.data, torch.utils.hooks)


@pytest.mark.parametrize("path, names", BORROWED.items())
def test_a_name_is_found_where_pytorchs_file_imports_it(path, names):
    module = importlib.import_module(f"funcgrad.torch.{path}")
    for name in names.split():
        own = MODULES.get(name) or next(vars(home)[name] for home in HOMES if name in vars(home))
        assert getattr(module, name) is own


def test_others_are_missing_as_before():
    with pytest.raises(UnsupportedNameError, match=r"torch\.nn\.modules\.flatten\.F"):
        importlib.import_module("funcgrad.torch.nn.modules.flatten").F  # noqa: B018


def test_a_prefix_is_taken_away_from_a_state():
    from funcgrad.torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

    model = torch.nn.Sequential(torch.nn.Linear(2, 1))
    state = torch.nn.ModuleDict({"module": model}).state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["0.weight", "0.bias"]
    assert sorted(state._metadata) == ["", "0"]
    model.load_state_dict(state)


def test_no_tensor_is_fake_in_a_block_without_fakes():
    from funcgrad.torch._subclasses.fake_tensor import unset_fake_temporarily

    with unset_fake_temporarily():
        assert torch.ones(1).item() == 1
