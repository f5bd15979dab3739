"""The list of PyTorch's names that `funcgrad support` reads."""

import json

import pytest
from record import pytorch_names


@pytest.mark.filterwarnings("ignore")
def test_names_are_those_of_pytorch():
    listed = json.loads(pytorch_names.FILE.read_text())
    assert {path: names.split() for path, names in listed.items()} == pytorch_names.names()
