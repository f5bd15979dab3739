"""The four charts of the report, made from the runs."""

from __future__ import annotations

import numpy as np

from funcgrad.compare.difference import TOLERANCE
from funcgrad.compare.digits import TEST_SIZE
from funcgrad.compare.experiment import uses_head
from funcgrad.compare.measure import Run
from funcgrad.compare.report.chart import Band, Chart, Gap, Line, Panel
from funcgrad.compare.report.scale import Linear, linear_scale, log_scale, power_of_ten
from funcgrad.compare.report.style import RUN_STYLES
from funcgrad.compare.trajectory import norms
from funcgrad.compare.verdict import Verdict, percent

SMOOTH = 15  # batches over which the loss is averaged
BROAD = {"width": 6.0, "opacity": 0.4}  # for a curve on which another one may lie


def make_charts(runs: dict[str, Run], verdict: Verdict) -> tuple[Chart, ...]:
    """Return the charts in the order in which they are read."""
    return _learning(runs, verdict), _gradients(runs), _distance(runs, verdict), _head(runs, verdict)


def _learning(runs: dict[str, Run], verdict: Verdict) -> Chart:
    steps = len(runs["b"].loss)
    means = {run: _running_mean(runs[run].loss) for run in "bacd"}
    loss = Panel(
        "Loss",
        f"on each batch, mean of {SMOOTH} batches",
        log_scale(*means.values()),
        tuple(_line(run, _counting(steps), mean, below="b") for run, mean in means.items()),
    )
    accuracy = Panel(
        "Test digits recognised",
        f"of {TEST_SIZE}; guessing gets one in ten",
        Linear(0.0, 1.0, percent=True),
        tuple(_line(run, runs[run].accuracy_steps, runs[run].accuracy, below="b") for run in "bacd"),
    )
    last = {run: percent(runs[run].accuracy[-1]) for run in "bcd"}
    same = "does the same" if verdict.agrees else "should do the same"
    return Chart(
        "learning",
        f"{last['b']} of unseen digits with zero_grad, {last['c']} without",
        "One model, the same first weights and the same batches: only the place of zero_grad differs. Before backward "
        f"(b) is its place, and the functional step (a), which needs none, {same}. Between backward and step (d) it "
        "throws away each gradient before it is used.",
        steps,
        (loss, accuracy),
    )


def _gradients(runs: dict[str, Run]) -> Chart:
    steps = len(runs["b"].loss)
    used = {run: _running_mean(runs[run].used_norm) for run in "bcd"}
    fresh = {run: _running_mean(runs[run].fresh_norm) for run in "bcd"}
    scale = log_scale(*used.values(), *fresh.values())
    panels = tuple(
        Panel(
            f"{run}  {RUN_STYLES[run].title}",
            _in_gradient(runs[run].batches_in_grad),
            scale,
            (
                Line(run, "used", _counting(steps), used[run], **BROAD),
                Line("ink", "fresh", _counting(steps), fresh[run], 1.5),
            ),
            gaps=(Gap(run, "left over", _counting(steps), fresh[run], used[run]),) if _piled_up(runs[run]) else (),
            caption_ink=run,
        )
        for run in "bcd"
    )
    return Chart(
        "gradients",
        f"Without zero_grad, a step uses up to {np.nanmax(runs['c'].batches_in_grad):.0f} gradients at once"
        if _piled_up(runs["c"])
        else "In the first step, nothing has piled up yet",
        "Size of the gradient that the optimizer used, beside the fresh gradient of the same batch (2-norms, means of "
        f"{SMOOTH} batches). PyTorch's backward adds to .grad, and only zero_grad starts the sum anew. A functional "
        "gradient is a return value: there is nothing to clear.",
        steps,
        panels,
    )


def _distance(runs: dict[str, Run], verdict: Verdict) -> Chart:
    steps = len(runs["b"].loss)
    paths = {run: verdict.differences[run].by_step[1:] for run in "acde"}
    return Chart(
        "distance",
        _who_stays(verdict),
        "Largest difference from b in any parameter, relative to the size of that parameter. Below the dashed line it "
        "is a matter of rounding; on the lowest row the runs are equal bit for bit.",
        steps,
        (
            Panel(
                "Distance from b",
                "relative to each parameter",
                log_scale(*paths.values(), np.array([TOLERANCE])),
                tuple(_line(run, _counting(steps), path, below="a") for run, path in paths.items()),
                limits=((TOLERANCE, f"tolerance {power_of_ten(TOLERANCE)}"),),
            ),
        ),
    )


def _head(runs: dict[str, Run], verdict: Verdict) -> Chart:
    steps = len(runs["f none"].loss)
    first = verdict.differences["f zeros"].first_step
    paths = {run: norms(_second_head(runs[run])) for run in ("f none", "f zeros")}
    return Chart(
        "none-or-zeros",
        f"From step {first}, None and zeros train two models" if first else "None and zeros agree",
        "Two heads, one of which is not used by every batch, under momentum and weight decay. Cleared to None, its "
        "parameters rest while nothing asks for them. Cleared to zeros, the optimizer takes a step of gradient zero: "
        "momentum goes on and weight decay pulls.",
        steps,
        (
            Panel(
                "Size of the second head's parameters",
                "2-norm; shaded steps use this head",
                linear_scale(*paths.values()),
                tuple(Line(run, RUN_STYLES[run].name, np.arange(steps + 1), path, 2.5) for run, path in paths.items()),
                bands=_bands(uses_head(steps)),
            ),
        ),
    )


def _line(run: str, steps: np.ndarray, values: np.ndarray, below: str) -> Line:
    style = RUN_STYLES[run]
    return Line(run, f"{style.letter}  {style.name}", steps, values, **(BROAD if run == below else {}))


def _counting(steps: int) -> np.ndarray:
    return np.arange(1, steps + 1)


def _running_mean(values: np.ndarray) -> np.ndarray:
    sums = np.cumsum(values, dtype=np.float64)
    before = np.concatenate([np.zeros(min(SMOOTH, len(sums))), sums[:-SMOOTH]])
    return (sums - before) / np.minimum(np.arange(1, len(sums) + 1), SMOOTH)


def _in_gradient(counts: np.ndarray) -> str:
    low, high = (f"{bound:.0f}" for bound in (np.nanmin(counts), np.nanmax(counts)))
    return f"batches in the gradient: {low}" + (f" to {high}" if high != low else "")


def _piled_up(run: Run) -> bool:
    return bool(np.nanmax(run.batches_in_grad) > 1)


def _who_stays(verdict: Verdict) -> str:
    first = {run: verdict.differences[run].first_step for run in "aecd"}
    staying = " and ".join(run for run in "ae" if first[run] is None)
    leaving = [f"{run} leaves at step {step}" for run, step in first.items() if step is not None]
    stay = [f"{staying} {'stay' if 'and' in staying else 'stays'} with b"] if staying else []
    return "; ".join(stay + leaving)


def _second_head(run: Run) -> dict[str, np.ndarray]:
    return {name: path for name, path in run.params.items() if name.startswith("parity.")}


def _bands(used: np.ndarray) -> tuple[Band, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(int)))
    return tuple(Band(first, last, "in use") for first, last in edges.reshape(-1, 2))
