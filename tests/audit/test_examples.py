"""The examples that follow five posts: the mistakes that they show are found at their lines, and nothing else."""

from functools import partial
from pathlib import Path

import pytest

from funcgrad.audit import audit
from funcgrad.launch import run_parts

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = {"autograd_by_hand": 100}  # the first loss that it shows
MISTAKES = {
    "why_zero_grad": {("FG002", "optimizer.zero_grad()"), ("FG001", "loss.backward()")},
    "autograd_by_hand": {("FG001", "loss.backward()")},
    "sgd_options": set(),
    "gradient_descent": set(),
    "unscaled_gradients": set(),
}


@pytest.mark.parametrize("example", MISTAKES)
def test_the_mistakes_of_a_post_are_found(example):
    path = EXAMPLES / example / "stateful.py"
    source = path.read_text().replace("    main()\n", f"    main(steps={STEPS.get(example, 5)})\n")
    made = audit(partial(run_parts, [source], str(path)))
    assert made.errors == ()
    assert {(each.finding.code, code_of(each.finding.place.source)) for each in made.judged} == MISTAKES[example]
    assert not any(each.is_harmless for each in made.judged)


def code_of(line):
    return line.partition("#")[0].strip()
