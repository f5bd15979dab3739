"""Modules and functions of `nn` against what was recorded from PyTorch: text, state, draws, outputs, gradients."""

import pytest
from module_cases import CASES, build, given
from module_runs import Run, differentiate, unlike
from recorded_modules import unpack

import funcgrad.torch as torch

RECORDED = unpack()
NAMES = list(dict.fromkeys(name for name, _, _ in CASES))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_modules_are_pytorchs(name):
    rows = [(k, case) for k, case in enumerate(CASES) if case[0] == name]
    found = [(k + start, run(case, start == 0)) for start in (0, len(CASES)) for k, case in rows]
    differentiate(torch, [made for _, made in found])
    wrong = [f"{k} {text}" for k, made in found for text in ([made.error] if made.error else unlike(made, RECORDED[k]))]
    assert not wrong, "\n".join(wrong)


def run(case, training):
    name, options, call = case
    return Run(torch, lambda: build(torch, name, options), given(call, torch), {}, training)
