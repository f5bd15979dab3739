"""Other first parameters: another law, another gain, another order of the numbers, or only another seed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from funcgrad.divergence.case import Case, Explanation, is_close
from funcgrad.divergence.run import Quantity, Run

GAINS = {math.sqrt(2.0): "√2, the gain for ReLU", 5 / 3: "5/3, the gain for tanh", math.sqrt(3.0): "√3"}
ERRORS = 4.0
"""Standard errors within which a measured spread counts as that of a law."""

OWN_LAYOUT = ("has a layout of its own",) * 2
OWN_ORDER = ("has an order of its own",) * 2
OWN_NUMBERS = ("draws its own numbers",) * 2

START_FROM_FILE = "Start both runs from the same file: save the first parameters of one and load them in the other."
SAME_LAW = "Give one run the other's law (torch.nn.init, jax.nn.initializers), or load the same first parameters."


def explain(case: Case) -> Explanation | None:
    """Say how the first parameters of the two runs are related."""
    name = case.first.key.name
    found = next(((a, b) for own, a, b in case.both(0, "param") if own == name), None)
    return found and (_relation(name, *found) or _laws(case, name, *found))


def _relation(name: str, a: Quantity, b: Quantity) -> Explanation | None:
    left, right = a.array(), b.array()
    if left.ndim == 2 and left.shape[0] == left.shape[1] and is_close(left.T, right):
        evidence = f"{name} of B is {name} of A, transposed."
        return Explanation("transposed weights", OWN_LAYOUT, evidence, "Transpose one.")
    factor = _factor(left, right)
    if factor is not None:
        larger = factor if abs(factor) >= 1 else 1 / factor
        known = next(
            (f" ({text})" for gain, text in GAINS.items() if math.isclose(abs(larger), gain, rel_tol=1e-5)), ""
        )
        texts = ["gain 1", f"gain {larger:.7g}"]
        evidence = f"One {name} is {larger:.7g}{known} times the other, entry by entry."
        return Explanation("initial gain", texts if larger is factor else texts[::-1], evidence, SAME_LAW)
    if left.size > 1 and is_close(np.sort(left.ravel()), np.sort(right.ravel())):
        evidence = f"{name} holds the same {left.size} numbers in another order."
        return Explanation("order of first numbers", OWN_ORDER, evidence, START_FROM_FILE)
    return None


def _factor(left: np.ndarray, right: np.ndarray) -> float | None:
    size = float((left * left).sum())
    factor = float((left * right).sum()) / size if size else 0.0
    return factor if factor and left.size > 1 and is_close(factor * left, right) else None


def _laws(case: Case, name: str, a: Quantity, b: Quantity) -> Explanation | None:
    ours, theirs = (list(_laws_of(run, name, each)) for run, each in ((case.a, a), (case.b, b)))
    if not ours or not theirs:
        return None
    common = [law for law in ours if law in theirs]
    if common:
        evidence = f"Both fit {common[0]}, and no number is where it is in the other."
        return Explanation("seed", OWN_NUMBERS, evidence, START_FROM_FILE)
    spreads = f"{name} spreads by {a.array().std():.4g} in A and by {b.array().std():.4g} in B."
    return Explanation("initial law", (ours[0], theirs[0]), spreads, SAME_LAW)


def _laws_of(run: Run, name: str, quantity: Quantity) -> Iterator[str]:
    """The laws that a parameter can come from, the likelier first."""
    values = quantity.array().ravel()
    largest, spread = np.abs(values).max(), values.std()
    if spread == 0:
        yield f"constant {values[0]:g}"
        return
    fans = _fans(run, name, quantity)
    if fans is None:
        return
    for law, bound in _bounds(*fans):
        is_full = largest >= bound * (1 - 8 / values.size)
        if largest <= bound * (1 + 1e-6) and is_full and _fits(spread, bound / math.sqrt(3), values.size, 0.45):
            yield law
    for law, width in _widths(*fans):
        if _fits(spread, width, values.size, 0.71) and largest > 1.9 * width:
            yield law


def _fits(measured: float, expected: float, size: int, error: float) -> bool:
    return abs(measured - expected) <= ERRORS * error * expected / math.sqrt(size)


def _bounds(inputs: int, outputs: int) -> Iterator[tuple[str, float]]:
    yield "uniform ±1/√fan_in (PyTorch's layers)", 1 / math.sqrt(inputs)
    yield "Glorot uniform", math.sqrt(6 / (inputs + outputs))
    yield "He uniform", math.sqrt(6 / inputs)
    yield "LeCun uniform", math.sqrt(3 / inputs)


def _widths(inputs: int, outputs: int) -> Iterator[tuple[str, float]]:
    yield "LeCun normal (flax's layers)", math.sqrt(1 / inputs)
    yield "He normal", math.sqrt(2 / inputs)
    yield "Glorot normal", math.sqrt(2 / (inputs + outputs))
    yield "normal of width 0.02", 0.02
    yield "normal of width 1 (PyTorch's embeddings)", 1.0


def _fans(run: Run, name: str, quantity: Quantity) -> tuple[int, int] | None:
    """Inputs and outputs of the layer; those of a bias are those of the weight beside it."""
    shape = quantity.shape
    if len(shape) == 1:
        weight = run.get(0, "param", f"{name.removesuffix('bias')}weight")
        if weight is None or len(weight.shape) < 2:
            return None
        shape = weight.shape
    if len(shape) < 2:
        return None
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field
