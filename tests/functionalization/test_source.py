"""Written steps: JAX and optax source that runs without funcgrad and gives the same losses."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from functionalized_proofs import PROOFS, first, stateful_run
from small_steps import STEPS, X, Y, build, stateful_losses

import funcgrad.torch as torch
from funcgrad import functionalize
from funcgrad.functionalization import FunctionalizationError, check_source
from funcgrad.tolerances import tolerance

nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.usefixtures("eager")  # the stateful steps: their programs are common to all

ALONE = """
import sys
import numpy as np
import written
given = np.load("given.npz")
part = lambda name: {key.partition("/")[2]: given[key] for key in given if key.startswith(name + "/")}
state, losses = written.init(part("arrays")), []
for batch in zip(*part("batch").values(), strict=True):
    state, loss = written.step(state, *batch)
    losses.append(float(loss))
np.save("losses.npy", losses)
print([name for name in sys.modules if name.partition(".")[0] in ("funcgrad", "torch")])
"""


def run_alone(folder, source, arrays, batches):
    """The losses of a written step in a process of its own, which must not load funcgrad."""
    given = {f"arrays/{n}": x for n, x in arrays.items()}
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
    losses = run_alone(tmp_path, pure.source(), pure.arrays(), case.batches)
    dtype = "bfloat16" if name == "GPT" else "float32"
    np.testing.assert_allclose(losses, stateful_run(case), **tolerance(dtype))


needs_ruff = pytest.mark.skipif(shutil.which("ruff") is None, reason="ruff comes with the extra dev")


@needs_ruff
@pytest.mark.parametrize("name", PROOFS)
def test_a_written_step_is_formatted(name):
    case = PROOFS[name](1)
    assert_formatted(functionalize(case.step, *first(case), certify=0, **case.owners).source())


def assert_formatted(source):
    command = ["ruff", "format", "--check", "--line-length", "120", "--isolated", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + source


def losses_of(pure, steps=STEPS):
    """The losses of the written step, run here."""
    written = {}
    exec(compile(pure.source(), "written", "exec"), written)
    state, losses = written["init"](pure.arrays()), []
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
        lambda ps: torch.optim.Adadelta(ps, 1.0, weight_decay=0.01),
        lambda ps: torch.optim.Adamax(ps, 0.01),
        lambda ps: torch.optim.AdamW(
            [{"params": ps[::2], "weight_decay": 0.1}, {"params": ps[1::2], "lr": 0.02}], 0.01
        ),
    ],
    ids=["SGD", "Adam", "RMSprop", "Adadelta", "Adamax", "groups"],
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
    "CosineAnnealingLR": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 4, 0.01),
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


def with_ends_of_the_graph():
    """A pure step that uses `detach` and `no_grad`."""
    owners, _ = build("mlp")
    model, optimizer = owners["model"], owners["optimizer"]

    def step(x, y):
        optimizer.zero_grad()
        prediction = model(x)
        with torch.no_grad():
            other = torch.tanh(model(x) * 2)
        loss = (prediction - y - other).pow(2).mean() * prediction.detach().abs().mean()
        loss.backward()
        optimizer.step()
        return loss

    return functionalize(step, X, Y, certify=0, **owners)


@needs_ruff
def test_a_written_end_of_the_graph_is_formatted():
    assert_formatted(with_ends_of_the_graph().source())


def test_where_the_graph_ends_no_gradient_goes_on():
    """JAX is told."""
    pure = with_ends_of_the_graph()
    check_source(pure.source(), pure, [X, Y], 3)
    without = re.sub(r"jax\.lax\.stop_gradient\((output)\)", r"\1", pure.source())
    with pytest.raises(
        FunctionalizationError, match=r"the written step differs: result is .* in step 2.*mistake of fun"
    ):
        check_source(without, pure, [X, Y], 3)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.norm = nn.Linear(3, 3), nn.LayerNorm(3)

    def forward(self, x):
        return x + torch.relu(self.inner(self.norm(x)))


def test_equal_blocks_share_a_function():
    model = nn.Sequential(Residual(), Residual(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    source = functionalize(step, X, Y, certify=0, model=model, optimizer=optimizer).source()
    assert source.count("def residual(params, prefix, x):") == 1
    assert 'inner = linear(norm, params[f"{prefix}.inner.weight"], params[f"{prefix}.inner.bias"])' in source
    assert 'residual(params, "0", x)' in source
    assert 'residual(params, "1", ' in source


class Masked(nn.Module):
    """A buffer that is read, a layer that drops, and dropout without a layer."""

    def __init__(self):
        super().__init__()
        self.inner, self.drop = nn.Linear(3, 3), nn.Dropout(0.5)
        self.register_buffer("kept", torch.tensor([1.0, 0.0, 1.0]))

    def forward(self, x):
        scores = self.inner(x).masked_fill(self.kept == 0, float("-inf")).softmax(-1)
        return F.dropout(self.drop(scores), 0.5)


def test_masks_and_buffers_stand_under_the_names_of_their_layers():
    torch.manual_seed(0)
    model = nn.Sequential(Masked(), Masked(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(x, y):
        optimizer.zero_grad()
        losses = [F.mse_loss(model(a), b) for a, b in zip(x.chunk(2), y.chunk(2), strict=True)]
        for loss in losses:
            loss.backward()
        optimizer.step()
        return losses[0] + losses[1]

    pure = functionalize(step, X, Y, certify=0, model=model, optimizer=optimizer)
    source = pure.source()
    check_source(source, pure, [X, Y], 3)
    assert "def masked(params, buffers, masks, prefix, x):" in source
    assert 'MASKS = {"0.drop": (0.5, (3, 3)), "0.dropout": (0.5, (3, 3)), "1.drop": ' in source
    assert 'buffers[f"{prefix}.kept"]' in source
    assert "masks_2, random = dropout_masks(random, MASKS)" in source
    assert source.count("def loss_fn") == 1


def test_slices_that_take_everything():
    owners, train = build("linear")
    pure = functionalize(lambda x, y: train(x[:9] * 2, y[:, -1:]), X, Y, certify=0, **owners)
    check_source(pure.source(), pure, [X, Y], 3)


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
    owners, step = build("linear", lambda ps: torch.optim.Adam(ps, 0.1, amsgrad=True))
    refused(step, "Adam with amsgrad", **owners)


def test_an_operator_without_a_row_is_named():
    owners, _ = build("linear")

    def step(x, y):
        owners["optimizer"].zero_grad()
        loss = (owners["model"](x) - y).asinh().sum()
        loss.backward()
        owners["optimizer"].step()
        return loss

    refused(step, "there is no row for 'asinh'", **owners)


def test_gradients_that_are_touched_one_by_one_are_refused():
    owners, _ = build("linear")

    def step(x, y):
        owners["optimizer"].zero_grad()
        F.mse_loss(owners["model"](x), y).backward()
        for p in owners["model"].parameters():
            p.grad.mul_(2)
        owners["optimizer"].step()

    refused(step, "works on single gradients", **owners)


def test_hooks_that_change_gradients_are_refused():
    owners, step = build("mlp")
    owners["model"][0].weight.register_hook(lambda gradient: gradient * 0.5)
    refused(step, "'mul' changes a gradient on its way back, as a hook does", **owners)


def test_random_numbers_other_than_masks_are_refused():
    owners, train = build("linear")
    refused(
        lambda x, y: train(x + torch.randn_like(x), y), r"draws random numbers .normal.*Draw them outside", **owners
    )


def test_two_modules_are_refused():
    owners, step = build("linear")
    refused(step, "2 owners of the kind Module, and one is expected", other=nn.Linear(1, 1), **owners)
