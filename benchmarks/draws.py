"""How long random draws take: PyTorch's own against funcgrad's, which are the same numbers.

Run it from the development environment with PyTorch installed (`pip install -e '.[dev,parity]'`), on a machine that
does nothing else:
    python benchmarks/draws.py [--threads default] [--rounds 15] [--out draws.json]

PyTorch (A), funcgrad (B) and PyTorch again (the control) take turns in one process, a block of equal draws each, after
the draws that make funcgrad compile. A ratio is the median of B / A within a round, so that what slows both cancels:
below 1 funcgrad is faster. The control is A / A in the same way: a ratio may be as wrong as it is far from 1.
"""

import json
import time
from contextlib import nullcontext
from functools import partial

import numpy as np
from steps import arguments, conditions, medians, one_processor

BLOCK_SECONDS = 0.02
WORDS_TO_COMPILE = 2**24

FILLED = {
    "randn": lambda torch, n: partial(torch.randn, n),
    "rand": lambda torch, n: partial(torch.rand, n),
    "randint": lambda torch, n: partial(torch.randint, 0, 10, (n,)),
    "normal_": lambda torch, n: partial(torch.empty(n).normal_, 0.5, 2.0),
    "bernoulli_": lambda torch, n: partial(torch.empty(n).bernoulli_, 0.3),
    "bernoulli of a tensor": lambda torch, n: partial(torch.bernoulli, torch.full((n,), 0.3)),
    "dropout": lambda torch, n: partial(torch.nn.functional.dropout, torch.ones(n), 0.3),
    "multinomial, 1 draw": lambda torch, n: partial(torch.multinomial, torch.ones(n), 1),
    "multinomial, 10 draws": lambda torch, n: partial(torch.multinomial, torch.ones(n), 10, True),
}
DRAWS = {(name, n): make for name, make in FILLED.items() for n in (10, 1000, 1_000_000)} | {
    ("randperm", n): lambda torch, n: partial(torch.randperm, n) for n in (10, 1000, 60_000, 1_000_000)
}
"""How to draw, by what and how much. What funcgrad's dropout multiplies is left to the step that it is part of."""


def compare(a, b, rounds):
    """Medians of seconds a draw, and of the ratios within each round."""
    draws = max(1, round(BLOCK_SECONDS / block(a, 3)))
    block(b, draws)
    turns = [(block(a, draws), block(b, draws), block(a, draws)) for _ in range(rounds)]
    return {"draws_in_a_block": draws, **medians(turns)}


def block(draw, draws):
    """Seconds a draw."""
    start = time.perf_counter()
    for _ in range(draws):
        draw()
    return (time.perf_counter() - start) / draws


def check_equal(pytorch, funcgrad):
    """Both sides draw the same numbers, or their times say nothing."""
    for torch in (pytorch, funcgrad):
        torch.manual_seed(0)
    for (name, n), make in DRAWS.items():
        ours, theirs = make(funcgrad, n)(), make(pytorch, n)()
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs), f"{name} of {n}")


def warm_up(funcgrad):
    """Draw as much as it takes until everything is compiled that ever will be."""
    for n in (1000, 1_000_000):
        for _ in range(WORDS_TO_COMPILE // n):
            funcgrad.randn(n)


def measured(rounds):
    import torch as pytorch  # here: both count the processors when they are imported

    import funcgrad.torch as funcgrad

    check_equal(pytorch, funcgrad)
    warm_up(funcgrad)
    results = {}
    print(f"{'draw':36}{'PyTorch':>14}{'funcgrad':>14}{'ratio':>8}{'control':>8}")
    for (name, n), make in DRAWS.items():
        result = compare(make(pytorch, n), make(funcgrad, n), rounds)
        results[f"{name} of {n}"] = result
        times = f"{result['a'] * 1e6:11.1f} µs{result['b'] * 1e6:11.1f} µs"
        print(f"{name:26}{n:10}{times}{result['ratio']:8.3f}{result['control']:8.3f}", flush=True)
    return results


def main():
    args = arguments(__doc__, "all")
    with one_processor() if args.threads == "one" else nullcontext():
        results = {"conditions": conditions(args.threads), **measured(args.rounds)}
    if args.out:
        args.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
