"""Written steps: JAX and optax source that runs without funcgrad and gives the same losses."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from functionalized_proofs import PROOFS, first, stateful_run
from small_steps import STEPS, X, Y, build, stateful_losses

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError
from funcgrad.tolerances import tolerance

nn, F = torch.nn, torch.nn.functional

ALONE = """
import sys
import numpy as np
import written
given = np.load("given.npz")
part = lambda name: {key.partition("/")[2]: given[key] for key in given if key.startswith(name + "/")}
random = [part("random")] if part("random") else []
state, losses = written.init(part("model"), *random), []
for batch in zip(*part("batch").values(), strict=True):
    state, loss = written.step(state, *batch)
    losses.append(float(loss))
np.save("losses.npy", losses)
print([name for name in sys.modules if name.partition(".")[0] in ("funcgrad", "torch")])
"""


def run_alone(folder, source, state, batches):
    """The losses of a written step in a process of its own, which must not load funcgrad."""
    given = {f"model/{n}": np.asarray(x) for n, x in state["model"].items()}
    given |= {f"random/{n}": np.asarray(x) for n, x in state.get("random", {}).items()}
    given |= {f"batch/{k}": batch for k, batch in enumerate(batches)}
    np.savez(folder / "given.npz", **given)
    (folder / "written.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-c", ALONE]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    return np.load(folder / "losses.npy")


@pytest.mark.parametrize("name", PROOFS)
def test_a_written_step_gives_the_same_losses(name, tmp_path):
    case = PROOFS[name](6)
    pure = functionalize(case.step, *first(case), certify=0, **case.owners)
    losses = run_alone(tmp_path, pure.source(), pure.state(), case.batches)
    dtype = "bfloat16" if name == "GPT" else "float32"
    np.testing.assert_allclose(losses, stateful_run(case), **tolerance(dtype))


@pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff comes with the extra dev")
@pytest.mark.parametrize("name", PROOFS)
def test_a_written_step_is_formatted(name):
    case = PROOFS[name](1)
    source = functionalize(case.step, *first(case), certify=0, **case.owners).source()
    command = ["ruff", "format", "--check", "--line-length", "120", "--isolated", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + source


def losses_of(pure, steps=STEPS):
    """The losses of the written step, run here."""
    written = {}
    exec(compile(pure.source(), "written", "exec"), written)
    state, losses = written["init"]({n: np.asarray(x) for n, x in pure.state()["model"].items()}), []
    for _ in range(steps):
        state, loss = written["step"](state, X, Y)
        losses.append(float(loss))
    return losses


@pytest.mark.parametrize("order", ["zero_first", "zero_last", "never_zero"])
@pytest.mark.parametrize(
    "make",
    [
        lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
        lambda ps: torch.optim.Adam(ps, 0.01, weight_decay=0.01),
        lambda ps: torch.optim.RMSprop(ps, 0.01),
    ],
    ids=["SGD", "Adam", "RMSprop"],
)
def test_optimizers_and_orders(make, order):
    owners, step = build("mlp", make, order)
    losses = losses_of(functionalize(step, X, Y, certify=0, **owners))
    np.testing.assert_allclose(losses, stateful_losses(step), rtol=1e-5)


SCHEDULERS = {
    "StepLR": lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5),
    "ExponentialLR": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.8),
    "MultiStepLR": lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [1, 3], 0.3),
    "LinearLR": lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.25, total_iters=3),
    "PolynomialLR": lambda o: torch.optim.lr_scheduler.PolynomialLR(o, 6, 2.0),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedules(name):
    owners, train = build("linear", "sgd", "zero_first")
    scheduler = SCHEDULERS[name](owners["optimizer"])

    def step(x, y):
        loss = train(x, y)
        scheduler.step()
        return loss

    losses = losses_of(functionalize(step, X, Y, certify=0, scheduler=scheduler, **owners), 6)
    np.testing.assert_allclose(losses, stateful_losses(step, 6), rtol=1e-5)


# What cannot be written is said.


def refused(step, text, **owners):
    pure = functionalize(step, X, Y, certify=0, **owners)
    with pytest.raises(FunctionalizationError, match=text):
        pure.source()


def test_what_optax_does_otherwise_is_refused():
    owners, step = build("linear", lambda ps: torch.optim.Rprop(ps))
    refused(step, "optax has no Rprop that is PyTorch's. Use the pure step itself", **owners)
    owners, step = build("linear", lambda ps: torch.optim.SGD(ps, 0.1, momentum=0.9, dampening=0.1))
    refused(step, "SGD with dampening", **owners)
    owners, step = build("linear", lambda ps: torch.optim.SGD([{"params": ps[:1]}, {"params": ps[1:]}], 0.1))
    refused(step, "an optimizer with several groups of parameters|updates 2 times", **owners)


def test_an_operator_without_a_row_is_named():
    owners, _ = build("linear")

    def step(x, y):
        owners["optimizer"].zero_grad()
        loss = (owners["model"](x) - y).erf().sum()
        loss.backward()
        owners["optimizer"].step()
        return loss

    refused(step, "there is no row for 'erf'", **owners)


def test_gradients_that_are_touched_one_by_one_are_refused():
    owners, _ = build("linear")

    def step(x, y):
        owners["optimizer"].zero_grad()
        F.mse_loss(owners["model"](x), y).backward()
        for p in owners["model"].parameters():
            p.grad.mul_(2)
        owners["optimizer"].step()

    refused(step, "works on single gradients", **owners)


def test_two_modules_are_refused():
    owners, step = build("linear")
    refused(step, "2 owners of the kind Module, and one is expected", other=nn.Linear(1, 1), **owners)
