"""Keywords: what PyTorch's type stubs name, the functions and methods of the same names take.

`out`, `layout`, `device` and the like are taken in one place for all operators, and left out here.
"""

import ast
import inspect
from collections import defaultdict
from pathlib import Path

import pytest
import torch

import funcgrad.torch as shim

STUBS = Path(torch.__file__).parent / "_C"
COMMON = {"self", "out", "names", "layout", "device", "dtype", "generator", "pin_memory", "memory_format"}
COMMON |= {"requires_grad", "size_average", "reduce"}
NOT_TAKEN = {
    "asarray": {"obj", "copy"},  # the first is given by position; NumPy's memory is shared by from_numpy
    "from_numpy": {"ndarray"},  # PyTorch itself takes it by position only
    "set_num_threads": {"num"},  # likewise
    "set_num_interop_threads": {"num"},
    "isin": {"element", "test_element"},  # the forms with one number, given by position
    "result_type": {"tensor", "scalar", "other", "scalar1", "scalar2"},
    "hsplit": {"indices", "sections"},
    "vsplit": {"indices", "sections"},
    "dsplit": {"indices", "sections"},
    "tensor_split": {"tensor_indices_or_sections"},
    "orgqr": {"input", "input2"},  # torch.linalg.householder_product is its present name
    "copy_": {"other"},  # `src`, as PyTorch's documentation has it
    "map_": {"other"},
    "requires_grad_": {"mode"},  # `requires_grad`, as PyTorch takes it
    "resize_as_": {"input"},
}


def overloads(path, owner=None):
    """Parameter names by function, from a stub file or one of its classes."""
    body = ast.parse(path.read_text()).body
    if owner:
        body = next(node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner)
    found = defaultdict(set)
    for node in body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            found[node.name] |= {a.arg for a in arguments if not a.arg.startswith("_")}
    return found


def taken(call):
    """The keywords that a function takes; None if it takes any, or says nothing."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    return {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def missing(names, owner):
    """`{function: keywords}` that `owner` has under the name of a stub and that lack keywords of it."""
    found = {}
    for name, keywords in names.items():
        accepted = taken(getattr(owner, name, None))
        if accepted is not None and (lacking := keywords - accepted - COMMON - NOT_TAKEN.get(name, set())):
            found[name] = lacking
    return found


@pytest.mark.parametrize(
    "stub, owner, ours",
    [("_VariableFunctions.pyi", None, shim), ("__init__.pyi", "TensorBase", shim.Tensor)],
    ids=["functions", "methods"],
)
def test_keywords_of_pytorch_are_taken(stub, owner, ours):
    assert missing(overloads(STUBS / stub, owner), ours) == {}


def test_a_lacking_keyword_is_found():
    assert missing({"flip": {"input", "dims", "turned"}}, shim) == {"flip": {"turned"}}
