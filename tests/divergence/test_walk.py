"""The walk: distances in ulp, the order of quantities, what is missing, and what does not compare."""

import math

import numpy as np
import pytest
from numpy_run import train

from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.pairing import pair
from funcgrad.divergence.recorder import Recorder
from funcgrad.divergence.run import Key, Quantity, load
from funcgrad.divergence.ulp import distance
from funcgrad.divergence.walk import walk


def quantity(values, dtype="float32", stride=1):
    array = np.asarray(values)
    array = array.astype({"bfloat16": "float32"}.get(dtype, dtype))
    return Quantity(array.ravel()[::stride], array.shape, dtype, stride, float(np.linalg.norm(array)))


DISTANCES = [
    ([1.0, 2.0], [1.0, 2.0], "float32", 0),
    ([1.0], [1 + 2.0**-23], "float32", 1),
    ([1.0, 1e-8], [1.0, 2e-8], "float32", 1e-8 / 2**-23),  # at the scale of the largest
    ([1.0], [1 + 2.0**-52], "float64", 1),
    ([1.0], [1 + 2.0**-10], "float16", 1),
    ([1.0], [1 + 2.0**-7], "bfloat16", 1),
    ([np.nan, np.inf], [np.nan, np.inf], "float32", 0),
    ([np.nan], [1.0], "float32", math.inf),
    ([np.inf], [-np.inf], "float32", math.inf),
    ([0.0], [-0.0], "float32", 0),
    ([3], [4], "int64", math.inf),
    ([1 + 1j], [1 + 1j + 2.0**-23], "complex64", 1),
    ([], [], "float32", 0),
]


@pytest.mark.parametrize("a, b, dtype, ulp", DISTANCES)
def test_distances(a, b, dtype, ulp):
    assert distance(quantity(a, dtype), quantity(b, dtype), 1).ulp == pytest.approx(ulp)


def test_two_dtypes_compare_in_the_coarser_one():
    assert distance(quantity([1.0], "float64"), quantity([1 + 2.0**-23]), 1).ulp == 1


def test_thinned_quantities_compare_where_both_are():
    values = np.arange(16.0)
    other = values.copy()
    other[[1, 8]] = 100
    assert distance(quantity(values, stride=2), quantity(values, stride=8), 1).ulp == 0
    found = distance(quantity(values), quantity(other, stride=4), 1)
    assert (found.place, found.stride, found.beyond, found.size) == (2, 4, 1, 4)


def runs(tmp_path, a, b):
    return [load(train(tmp_path / f"{name}.npz", **changes)) for name, changes in (("a", a), ("b", b))]


def test_the_first_quantity_is_named_with_place_values_and_dtype(tmp_path):
    a, b = runs(tmp_path, {}, {})
    key = Key(3, "sum", "second.weight")
    values = b.quantities[key].values.copy()
    values[16 * 5 + 7] += 1
    b.quantities[key] = b.quantities[key]._replace(values=values)
    first = walk(pair(a, b), 16).first
    assert (first.key, first.place, first.dtypes) == (key, (5, 7), ("float32", "float32"))
    assert first.values[1] - first.values[0] == pytest.approx(1)
    assert (first.beyond, first.size) == (1, 256)


def test_a_step_is_walked_in_the_order_of_its_computation(tmp_path):
    a, b = runs(tmp_path, {"options": {"momentum": 0.9}}, {"options": {"momentum": 0.9}})
    for kind in reversed(("input.0.0", "loss.0", "buffer", "sum", "grad", "param")):
        for key in [key for key in a.quantities if (key.step, key.kind) == (2, kind)]:
            b.quantities[key] = b.quantities[key]._replace(values=b.quantities[key].values + 1)
        assert walk(pair(a, b), 16).first.key.kind == kind


def test_the_largest_distances_are_kept_up_to_the_first_difference(tmp_path):
    found = walk(pair(*runs(tmp_path, {"schedule": "cosine"}, {"schedule": "late"})), 16)
    assert [*found.largest] == [0, 1, 2]
    assert found.largest[1]["param"] == 0
    assert found.largest[2]["option"] > 16 > found.largest[2]["grad"]


def test_runs_of_two_lengths_are_compared_as_far_as_both_go(tmp_path):
    found = compare_runs(*runs(tmp_path, {"steps": 2}, {"steps": 5}), 0)
    assert found.agrees
    assert [*found.walk.largest] == [0, 1, 2]


def test_what_one_run_has_not_told_is_not_compared(tmp_path):
    found = compare_runs(*runs(tmp_path, {}, {"tells": ()}), 0)
    assert found.agrees
    assert {"loss", "input", "sum", "option"}.isdisjoint(found.walk.largest[1])


def record_one(path, params, grads):
    Recorder(str(path), 1).start(params).step(params=params, grads=grads)
    return load(str(path))


def test_parameters_without_partner_are_told(tmp_path):
    one = {"w": np.ones(3, np.float32)}
    a = record_one(tmp_path / "a.npz", {**one, "extra": np.ones((2, 2), np.float32)}, one)
    b = record_one(tmp_path / "b.npz", one, one)
    assert pair(a, b).only_a == ("extra",)
    assert pair(b, a).only_b == ("extra",)
    assert not compare_runs(a, b, 0).agrees


def test_layouts_of_convolutions_are_turned(tmp_path):
    kernel = np.random.default_rng(0).normal(size=(3, 5, 2, 4)).astype(np.float32)  # (height, width, in, out)
    a = record_one(
        tmp_path / "a.npz", {"weight": kernel.transpose(3, 2, 0, 1)}, {"weight": kernel.transpose(3, 2, 0, 1)}
    )
    b = record_one(tmp_path / "b.npz", {"kernel": kernel}, {"kernel": kernel})
    assert compare_runs(a, b, 0).agrees


def test_a_square_weight_of_another_name_is_laid_out_as_it_began(tmp_path):
    square = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
    a = record_one(tmp_path / "a.npz", {"weight": square}, {"weight": square})
    b = record_one(tmp_path / "b.npz", {"kernel": square.T}, {"kernel": square.T})
    assert compare_runs(a, b, 0).agrees


HOSTILE = [np.nan, np.inf, 0.0, 1e38, 1e-45]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("kind", ["param", "sum", "grad", "loss.0", "buffer", "input.0.0"])
def test_no_values_break_the_search_for_a_cause(tmp_path, kind, value):
    a, b = runs(tmp_path, {"steps": 3, "optimizer": "Adam"}, {"steps": 3, "optimizer": "Adam"})
    for key in [key for key in b.quantities if key.kind == kind and key.step >= 2]:
        b.quantities[key] = b.quantities[key]._replace(values=np.full_like(b.quantities[key].values, value))
    with np.errstate(all="ignore"):
        assert compare_runs(a, b, 16).walk.first.key.kind == kind
        compare_runs(b, a, 16)
