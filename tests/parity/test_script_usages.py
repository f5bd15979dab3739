"""What training scripts and libraries of others do, with the real PyTorch and with the face."""

import pytest
import torch as real
from alike import assert_alike, plain
from copied_usages import USAGES as OF_COPIES
from library_usages import USAGES as OF_LIBRARIES
from script_usages import USAGES as OF_SCRIPTS

import funcgrad.torch as shim

USAGES = OF_SCRIPTS | OF_LIBRARIES | OF_COPIES
pytestmark = pytest.mark.usefixtures("eager")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", USAGES)
def test_usage(name):
    assert_alike(plain(USAGES[name](shim)), plain(USAGES[name](real)))
