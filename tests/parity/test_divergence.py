"""The comparison of real PyTorch's runs: the recorder on its hooks, the known causes, and the shim beside it."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_run

import funcgrad.torch as shim
from funcgrad.divergence import recorder
from funcgrad.divergence.comparison import compare_runs
from funcgrad.divergence.run import load

RECORDED = Path(__file__).parents[1] / "support" / "recorded"


@pytest.mark.parametrize("cause", torch_run.CAUSES)
def test_causes_in_pytorch(tmp_path, cause):
    a, b = (
        load(torch_run.train(torch, tmp_path / f"{name}.npz", **settings))
        for name, settings in zip("ab", torch_run.CAUSES[cause], strict=True)
    )
    assert compare_runs(a, b, 16).explanation.cause == compare_runs(b, a, 16).explanation.cause == cause


@pytest.mark.parametrize("name", torch_run.TRAININGS)
def test_the_recorded_runs_are_those_of_pytorch(tmp_path, name):
    live = load(torch_run.train(torch, tmp_path / "run.npz", **torch_run.TRAININGS[name]))
    found = compare_runs(load(str(RECORDED / f"divergence_{name}.npz")), live, 16)
    assert found.agrees
    assert live.library.startswith("torch 2.")


@pytest.mark.parametrize("name", torch_run.TRAININGS)
@pytest.mark.usefixtures("eager")
def test_pytorch_and_the_shim_tell_the_same(tmp_path, name):
    theirs, ours = (
        load(torch_run.train(module, tmp_path / f"{module.__name__}.npz", **torch_run.TRAININGS[name]))
        for module in (torch, shim)
    )
    assert ours.quantities.keys() == theirs.quantities.keys()
    assert ours.modules == theirs.modules
    numbers = [
        [{name: value for name, value in options.items() if name in other} for name, options in step.options.items()]
        for step in ours.steps
        for other in [theirs.steps[0].options["0.weight"]]
    ]
    assert numbers == [[*step.options.values()] for step in theirs.steps]
    assert compare_runs(theirs, ours, 16).agrees


def test_pytorch_does_not_feel_the_recorder(tmp_path):
    def trained(watch):
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        recording = watch(model, optimizer)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(8, 3)).square().sum().backward()
            optimizer.step()
        return copy.deepcopy(model.state_dict()), model, recording

    plain, _, _ = trained(lambda model, optimizer: None)
    watched, model, recording = trained(lambda *both: recorder.record(*both, str(tmp_path / "run.npz"), steps=2))
    assert recording.is_closed
    assert not model._forward_hooks
    assert not model._forward_pre_hooks
    for name, value in plain.items():
        np.testing.assert_array_equal(watched[name].numpy(), value.numpy())


def test_other_hooks_of_an_optimizer_stay(tmp_path):
    w = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([w], lr=1.0)
    calls = []
    optimizer.register_step_post_hook(lambda *_: calls.append("before"))
    recorder.record(None, optimizer, str(tmp_path / "run.npz"), steps=1)
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    for _ in range(2):
        w.sum().backward()
        optimizer.step()
    assert calls == ["before", "after"] * 2
    assert len(load(str(tmp_path / "run.npz")).steps) == 1


def test_bfloat16_of_pytorch_is_kept_exactly(tmp_path):
    w = torch.nn.Parameter(torch.tensor([1.0078125], dtype=torch.bfloat16))
    optimizer = torch.optim.SGD([w], lr=1.0)
    recorder.record(None, optimizer, str(tmp_path / "run.npz"), steps=1)
    w.sum().backward()
    optimizer.step()
    kept = load(str(tmp_path / "run.npz")).get(0, "param", "parameter 0")
    assert (kept.dtype, kept.values.tolist()) == ("bfloat16", [1.0078125])


SCRIPT = """
import torch
from record_run import record

torch.manual_seed(0)
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
recorder = record(model, optimizer, "run.npz")
for step in range(3):
    optimizer.zero_grad()
    loss = model(torch.randn(8, 4)).square().mean()
    recorder.loss(loss)
    loss.backward()
    optimizer.step()
"""


def test_the_printed_recorder_works_without_funcgrad(tmp_path):
    (tmp_path / "record_run.py").write_text(Path(recorder.__file__).read_text(encoding="utf-8"))
    (tmp_path / "train.py").write_text(SCRIPT + "import sys; assert 'funcgrad' not in sys.modules\n")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True)
    ported = "\n".join(line for line in SCRIPT.splitlines() if "record" not in line)
    (tmp_path / "port.py").write_text(ported)
    done = subprocess.run(
        [sys.executable, "-m", "funcgrad", "compare", "run.npz", "port.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The runs agree for 3 steps" in done.stdout
