"""Subclasses of `Tensor` and objects that take functions over, against PyTorch's recorded behaviour."""

import copy
import io
import pickle
import subprocess
import sys

import pytest
import subclass_scenarios
from scenarios import replay

import funcgrad.torch as torch

pytestmark = pytest.mark.filterwarnings("ignore:The use of `x.T` on tensors")
test_item = replay(torch, subclass_scenarios.SCENARIOS, "subclass_scenarios")


class Kept(torch.Tensor):
    pass


def test_attributes_go_along_with_copies_and_pickles():
    x = Kept([1.0, 2.0])
    x.note = [1]
    for same in (copy.copy(x), pickle.loads(pickle.dumps(x))):
        assert type(same) is Kept
        assert (same.tolist(), same.note) == ([1.0, 2.0], [1])
    with pytest.raises(RuntimeError, match="implement new_empty"):
        copy.deepcopy(x)


PROBE = """
import funcgrad.torch as torch
from funcgrad.torch import sin
from funcgrad.torch._overriding import Overridable

class Weight(torch.nn.Parameter): pass
before = [type(torch.sin) is Overridable, type(torch.Tensor.sin) is Overridable]
class K(torch.Tensor): pass
print(*before, type(torch.sin) is Overridable, type(torch.Tensor.sin) is Overridable, type(sin(K([1.0]))).__name__)
"""


def test_nothing_is_looked_for_until_a_class_overrides():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True", "True", "K"]


def test_functions_are_saved_as_before():
    file = io.BytesIO()
    torch.save({"act": torch.nn.functional.relu, "fn": torch.sin}, file)
    file.seek(0)
    same = torch.load(file, weights_only=False)
    assert same == {"act": torch.nn.functional.relu, "fn": torch.sin}
    assert copy.deepcopy(torch.sin) is torch.sin
    assert pickle.loads(pickle.dumps(torch.nn.functional.relu)) is torch.nn.functional.relu


def test_functions_that_a_module_class_has_stay_functions_where_classes_override_them():
    class Net(torch.nn.Module):
        act = torch.tanh

    assert Net().act(torch.zeros(1)).tolist() == [0.0]
    assert Net.act is torch.tanh


def test_a_namespace_keeps_its_own_form_of_a_function_that_another_compares_with_signatures():
    class Own(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    F = torch.nn.functional
    assert F.batch_norm(x, x[0], x[1]).tolist() == F.batch_norm(x.as_subclass(Own), x[0], x[1]).tolist()
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        F.softmax(x, axis=0)
    with pytest.raises(TypeError, match="missing 6 required positional argument"):
        torch.batch_norm(x, None, None)
