"""The recorder: what its file holds, how large it gets, and that the run does not feel it."""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import torch_run

import funcgrad.torch as torch
from funcgrad.divergence import Recorder, record, recorder
from funcgrad.divergence.run import load
from funcgrad.trace import EAGER, LONGEST, set_longest


@pytest.fixture(autouse=True)
def eager():
    set_longest(EAGER)
    yield
    set_longest(LONGEST)


def small_run(path, steps=2, made=2, hook=lambda *_: None, **options):
    """Least squares of one weight by hand-checked steps: w, from 1, goes down 2 x (w x) with x = 1, 2, ..."""
    w = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.5, momentum=0.5)
    recording = record(None, optimizer, str(path), steps=steps, **options)
    for step in range(made):
        optimizer.zero_grad()
        loss = ((step + 1) * w).square().sum()
        recording.loss(loss)
        loss.backward()
        hook(w, recording)
        optimizer.step()
    return w, recording


def test_the_file_holds_each_quantity_of_each_step(tmp_path):
    small_run(tmp_path / "run.npz")
    run = load(str(tmp_path / "run.npz"))
    told = {key: run.quantities[key].values.tolist() for key in run.quantities}
    assert told == {
        (0, "param", "parameter 0"): [1.0],
        (1, "loss.0", ""): [1.0],
        (1, "sum.0", "parameter 0"): [2.0],
        (1, "sum", "parameter 0"): [2.0],
        (1, "grad", "parameter 0"): [2.0],
        (1, "state.momentum_buffer", "parameter 0"): [2.0],
        (1, "param", "parameter 0"): [0.0],
        (2, "loss.0", ""): [0.0],
        (2, "sum.0", "parameter 0"): [0.0],
        (2, "sum", "parameter 0"): [0.0],
        (2, "grad", "parameter 0"): [0.0],
        (2, "state.momentum_buffer", "parameter 0"): [1.0],
        (2, "param", "parameter 0"): [-0.5],
    }
    assert [(step.optimizer, step.backwards) for step in run.steps] == [("SGD", 1), ("SGD", 1)]
    assert run.steps[0].options["parameter 0"]["lr"] == 0.5
    assert run.library == "funcgrad"


def test_gradients_are_told_before_and_after_clipping(tmp_path):
    small_run(tmp_path / "run.npz", hook=lambda w, _: torch.nn.utils.clip_grad_value_([w], 0.25))
    run = load(str(tmp_path / "run.npz"))
    assert run.get(1, "sum", "parameter 0").values.tolist() == [2.0]
    assert run.get(1, "grad", "parameter 0").values.tolist() == [0.25]


def test_a_model_gives_its_names_inputs_outputs_buffers_and_settings(tmp_path):
    run = load(torch_run.train(torch, tmp_path / "run.npz", steps=2))
    assert run.parameters() == ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"]
    assert run.get(2, "input.0.0").shape == (12, 4)
    assert run.names(1, "output") == ["0", "1", "2", "3", "model"]
    assert run.names(2, "output") == []
    assert run.names(0, "buffer") == ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
    assert run.get(2, "buffer", "1.num_batches_tracked").values == 2
    assert run.modules["1"] == {
        "class": "BatchNorm1d", "num_features": 8, "eps": 1e-5, "momentum": 0.1, "affine": True,
        "track_running_stats": True,
    }  # fmt: skip


def test_the_run_is_the_same_without_recorder(tmp_path):
    w, _ = small_run(tmp_path / "run.npz", steps=2, made=4)
    other, recording = small_run(tmp_path / "other.npz", made=4, hook=lambda _, recording: recording.close())
    assert recording.is_closed
    assert w.item() == other.item()


def test_recording_ends_after_its_steps_and_takes_its_hooks_off(tmp_path):
    _, recording = small_run(tmp_path / "run.npz", steps=2, made=3)
    assert recording.is_closed
    assert len(load(str(tmp_path / "run.npz")).steps) == 2
    before = (tmp_path / "run.npz").read_bytes()
    recording.close()
    assert (tmp_path / "run.npz").read_bytes() == before


def test_a_shorter_run_is_written_when_the_process_ends(tmp_path):
    script = (
        "import numpy as np; from funcgrad.divergence.recorder import Recorder\n"
        f"recorder = Recorder({str(tmp_path / 'run.npz')!r}).start([np.ones(2)])\n"
        "recorder.step(params=[np.zeros(2)], grads=[np.ones(2)])"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert len(load(str(tmp_path / "run.npz")).steps) == 1


@pytest.mark.parametrize("megabytes, stride", [(64, 1), (1, 8), (0.25, 32)])
def test_large_arrays_are_thinned_out_to_the_bound(tmp_path, megabytes, stride):
    path = tmp_path / "run.npz"
    rng = np.random.default_rng(0)
    params = [rng.normal(size=(100, 400)).astype(np.float32), np.ones(3, np.float32)]
    recording = Recorder(str(path), steps=2, megabytes=megabytes).start(params)
    for _ in range(2):
        recording.step(params=params, grads=params, raw_grads=params, state={"m": params, "v": params})
    run = load(str(path))
    kept = run.get(1, "grad", "0")
    assert kept.stride == stride
    assert kept.norm == pytest.approx(np.linalg.norm(params[0]), rel=1e-6)
    np.testing.assert_array_equal(kept.values, params[0].ravel()[::stride])
    assert run.get(1, "grad", "1").stride == 1
    assert path.stat().st_size < megabytes * 2**20


def test_an_entry_of_each_array_is_kept_under_any_bound(tmp_path):
    params = [np.ones((100, 400), np.float32)]
    Recorder(str(tmp_path / "run.npz"), 1, megabytes=0).start(params).step(params=params, grads=params)
    assert load(str(tmp_path / "run.npz")).get(1, "grad", "0").values.size == 1


def test_large_batches_and_outputs_are_thinned_out(tmp_path):
    model = torch.nn.Flatten(0)
    model.weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    record(model, optimizer, str(tmp_path / "run.npz"), steps=1)
    (model.weight * model(torch.ones(4, 1 << 15))).sum().backward()
    model(torch.ones(1 << 17) > 0)
    optimizer.step()
    run = load(str(tmp_path / "run.npz"))
    kinds = [(1, "input.0.0"), (1, "input.1.0"), (1, "output", "model")]
    assert [run.get(*key).stride for key in kinds] == [4, 4, 4]
    assert run.get(1, "input.1.0").dtype == "bool"


def test_more_backward_passes_than_are_kept_are_counted(tmp_path):
    w = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([w], lr=1.0)
    record(None, optimizer, str(tmp_path / "run.npz"), steps=1)
    for _ in range(11):
        w.sum().backward()
    optimizer.step()
    run = load(str(tmp_path / "run.npz"))
    assert run.steps[0].backwards == 11
    assert run.kinds(1, "sum") == [*(f"sum.{k}" for k in range(8)), "sum"]
    assert run.get(1, "sum", "parameter 0").values == 11


def test_trees_are_named_by_their_paths_and_small_floats_widened(tmp_path):
    params = {"dense": {"kernel": jnp.ones((2, 3), jnp.bfloat16)}, "scales": [jnp.float32(2)]}
    Recorder(str(tmp_path / "run.npz"), 1).start(params).step(params=params, grads=params, loss=0.5)
    run = load(str(tmp_path / "run.npz"))
    assert run.parameters() == ["dense.kernel", "scales.0"]
    assert run.get(0, "param", "dense.kernel").dtype == "bfloat16"
    assert run.get(0, "param", "dense.kernel").values.dtype == np.float32
    assert run.get(1, "loss.0").values.tolist() == [0.5]


def test_bfloat16_parameters_are_kept_exactly(tmp_path):
    w = torch.nn.Parameter(torch.tensor([1.0078125], dtype=torch.bfloat16))
    optimizer = torch.optim.SGD([w], lr=1.0)
    record(None, optimizer, str(tmp_path / "run.npz"), steps=1)
    w.sum().backward()
    optimizer.step()
    kept = load(str(tmp_path / "run.npz")).get(0, "param", "parameter 0")
    assert (kept.dtype, kept.values.tolist()) == ("bfloat16", [1.0078125])


def test_several_optimizers_and_groups_tell_their_own_parameters(tmp_path):
    a, b, c = (torch.nn.Parameter(torch.zeros(1)) for _ in range(3))
    one = torch.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=1.0)
    other = torch.optim.Adam([c], lr=1.0)
    record(None, [one, other], str(tmp_path / "run.npz"), steps=2)
    (a + b + c).sum().backward()
    one.step()
    other.step()
    run = load(str(tmp_path / "run.npz"))
    rates = [{name: options["lr"] for name, options in step.options.items()} for step in run.steps]
    assert rates == [{"parameter 0": 0.5, "parameter 1": 1.0}, {"parameter 2": 1.0}]
    assert run.parameters() == ["parameter 0", "parameter 1", "parameter 2"]
    assert run.get(2, "state.exp_avg", "parameter 2").values == pytest.approx(0.1)


def test_the_recorder_needs_numpy_only():
    tree = ast.parse(Path(recorder.__file__).read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} - sys.stdlib_module_names == {"numpy"}


def test_the_file_is_an_archive_that_numpy_reads_without_pickle(tmp_path):
    small_run(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as arrays:
        assert arrays["1/grad/parameter 0"].tolist() == [2.0]
    with zipfile.ZipFile(tmp_path / "run.npz") as archive:
        index = json.loads(archive.read("run.json"))
    assert (index["format"], index["version"]) == ("funcgrad-run", 1)
