"""How long a loop takes: `fit` against the same loop by hand, step by step and in a scan, and against flax and equinox.

Run it with the extra of the examples (`pip install -e '.[examples]'`), on a machine that does nothing else:
    python benchmarks/training_loops.py [--rounds 30] [--out loops.json]

Every loop trains one model on the same batches of NumPy and looks at its losses every 100 steps; before it is timed,
its losses are compared. Loops take turns in one process, a block of steps each: A, B and A again, the control. A ratio
is the median of B / A within a round, and as good as the control is near to 1; "CPU" is the ratio in processor time.
"""

import argparse
import json
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from functional_steps import SIZES, loss_fn, problem
from steps import compare, report, timed

from funcgrad.train import TrainState, fit, make_train_step

VISIT = 100  # steps between two looks: the default of fit
OPTIMIZER = optax.sgd(0.01, momentum=0.9)


def batches(name):
    """Sixteen batches, again and again."""
    inputs, _, outputs, rows = SIZES[name]
    draw = np.random.default_rng(1).standard_normal
    return cycle([(draw((rows, inputs), np.float32), draw((rows, outputs), np.float32)) for _ in range(16)])


def by_hand(params, opt_state, count, batch):
    """A step that counts its steps, as every training does."""
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    updates, opt_state = OPTIMIZER.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, count + 1, loss


def beginning(name):
    params = problem(name)[0]
    return params, OPTIMIZER.init(params), jnp.int32(0)


def hand_loop(name):
    step, stream = jax.jit(by_hand, donate_argnums=(0, 1, 2)), batches(name)
    carry = list(beginning(name))

    def visit(group):
        losses = []
        for batch in group:
            *carry[:], loss = step(*carry, batch)
            losses.append(loss)
        return np.stack(jax.device_get(losses))

    return looped(visit, stream)


def hand_scan(name):
    stream, carry = batches(name), [beginning(name)]

    @partial(jax.jit, donate_argnums=0)
    def scan(carry, stacked):
        def body(carry, batch):
            *carry, loss = by_hand(*carry, batch)
            return tuple(carry), loss

        return jax.lax.scan(body, carry, stacked)

    def visit(group):
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *group)
        carry[0], losses = scan(carry[0], stacked)
        return jax.device_get(losses)

    return looped(visit, stream)


def fitted(name, *, scan):
    step, stream = make_train_step(loss_fn, OPTIMIZER), batches(name)
    states = [TrainState.create(problem(name)[0], OPTIMIZER)]

    def run(steps):
        state, metrics = fit(step, states.pop(), islice(stream, steps), visit_every=VISIT, scan=scan)
        states.append(state)
        return metrics.loss

    return run


def flax_loop(name):
    inputs, hidden, outputs, _ = SIZES[name]
    params, stream = problem(name)[0], batches(name)

    class Model(nnx.Module):
        def __init__(self):
            rngs = nnx.Rngs(0)
            self.first, self.last = nnx.Linear(inputs, hidden, rngs=rngs), nnx.Linear(hidden, outputs, rngs=rngs)
            self.first.kernel.value, self.first.bias.value = params["w1"], params["b1"]
            self.last.kernel.value, self.last.bias.value = params["w2"], params["b2"]

        def __call__(self, x):
            return self.last(jax.nn.relu(self.first(x)))

    model = Model()
    optimizer = nnx.Optimizer(model, OPTIMIZER, wrt=nnx.Param)

    @nnx.jit
    def step(model, optimizer, batch):
        x, y = batch
        loss, grads = nnx.value_and_grad(lambda model: ((model(x) - y) ** 2).mean())(model)
        optimizer.update(model, grads)
        return loss

    return looped(lambda group: np.stack(jax.device_get([step(model, optimizer, batch) for batch in group])), stream)


def equinox_loop(name):
    inputs, hidden, outputs, _ = SIZES[name]
    params, stream = problem(name)[0], batches(name)
    model = eqx.nn.MLP(inputs, outputs, width_size=hidden, depth=1, key=jax.random.key(0))
    places = lambda model: [leaf for layer in model.layers for leaf in (layer.weight, layer.bias)]  # noqa: E731
    model = eqx.tree_at(places, model, [params["w1"].T, params["b1"], params["w2"].T, params["b2"]])
    carry = [model, OPTIMIZER.init(eqx.filter(model, eqx.is_inexact_array))]

    @eqx.filter_jit(donate="all-except-first")
    def step(batch, model, opt_state):
        x, y = batch
        loss, grads = eqx.filter_value_and_grad(lambda model: ((jax.vmap(model)(x) - y) ** 2).mean())(model)
        updates, opt_state = OPTIMIZER.update(grads, opt_state, eqx.filter(model, eqx.is_inexact_array))
        return eqx.apply_updates(model, updates), opt_state, loss

    def visit(group):
        losses = []
        for batch in group:
            *carry[:], loss = step(batch, *carry)
            losses.append(loss)
        return np.stack(jax.device_get(losses))

    return looped(visit, stream)


def looped(visit, stream):
    """`run(steps)` from what is done between two looks at the losses."""

    def run(steps):
        left, losses = islice(stream, steps), []
        while group := list(islice(left, VISIT)):
            losses.append(visit(group))
        return np.concatenate(losses)

    return run


PAIRS = {
    "fit, in a scan / by hand": (hand_scan, partial(fitted, scan=True)),
    "fit, step by step / by hand": (hand_loop, partial(fitted, scan=False)),
    "fit, step by step / flax nnx": (flax_loop, partial(fitted, scan=False)),
    "fit, step by step / equinox": (equinox_loop, partial(fitted, scan=False)),
    "fit, in a scan / flax nnx": (flax_loop, partial(fitted, scan=True)),
    "fit, in a scan / equinox": (equinox_loop, partial(fitted, scan=True)),
}


def measured(pair, rounds):
    for name in SIZES:
        a, b, control = loops = [make(name) for make in (*pair, pair[0])]
        expected, *others = [run(100) for run in loops]
        for losses in others:
            np.testing.assert_allclose(losses, expected, rtol=1e-3)
        yield name, compare(timed(a), timed(b), timed(control), rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each side")
    parser.add_argument("--out", type=Path, help="write every measurement into this JSON file")
    args = parser.parse_args()
    results = {}
    for title, pair in PAIRS.items():
        results[title] = report(title, "other", "funcgrad", measured(pair, args.rounds))
    if args.out:
        args.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
