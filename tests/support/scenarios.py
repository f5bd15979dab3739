"""Scenarios: what a piece of PyTorch code shows, as plain data, for either torch: the real one or the face.

A scenario is a function of the torch module. It is recorded with the real one and replayed with the face.
"""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

RECORDED = Path(__file__).parent / "recorded"


def scenarios_in(namespace):
    """The scenarios of a module, by name; a name begins with the number of the item of behaviour that it shows."""
    return {name: f for name, f in namespace.items() if name.startswith("item_")}


def error(call, *args, **kwargs):
    """Type and text of what a call raises."""
    try:
        call(*args, **kwargs)
    except Exception as raised:
        text = raised.args[0] if isinstance(raised, KeyError) else str(raised)
        return [type(raised).__name__, text]
    return ["nothing", ""]


def warned(call, *args, **kwargs):
    """Category and text of each warning of a call, without the place in PyTorch's own C++ where it arose."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(*args, **kwargs)
    return [[w.category.__name__, re.sub(r" \(Triggered internally at .*\)$", "", str(w.message))] for w in caught]


def record(torch, scenarios, name):
    """Write what the scenarios show with the real torch."""
    shown = {key: scenario(torch) for key, scenario in scenarios.items()}
    (RECORDED / f"{name}.json").write_text(json.dumps(shown, indent=1) + "\n")


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_text())


def assert_same(actual, expected, rtol, path=""):
    """Numbers within a relative tolerance, all else equal."""
    if isinstance(expected, dict):
        assert [*map(str, actual)] == list(expected), path
        for key, value in actual.items():
            assert_same(value, expected[str(key)], rtol, f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list | tuple), path
        assert len(actual) == len(expected), f"{path}: {actual} is not {expected}"
        for k, value in enumerate(actual):
            assert_same(value, expected[k], rtol, f"{path}[{k}]")
    elif isinstance(expected, float):
        assert isinstance(actual, float), path
        np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol / 10, err_msg=path)
    else:
        assert actual == expected, f"{path}: {actual!r} is not {expected!r}"


def replay(torch, scenarios, name, rtol=1e-6):
    """A test of every scenario against its recording."""
    expected = recorded(name)

    @pytest.mark.parametrize("scenario", scenarios)
    def test(scenario):
        assert_same(scenarios[scenario](torch), expected[scenario], rtol)

    assert expected.keys() == scenarios.keys(), f"record {name} again"
    return test
