"""Rules: the first choice of each field is PyTorch's rule, as `funcgrad.optim` defines it."""

import jax
import numpy as np
import optax
import pytest

import funcgrad.optim as ours
from funcgrad.divergence.rules import RULES

OPTIONS = {
    "SGD": ({"lr": 0.1, "momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1}, ours.sgd),
    "Adam": ({"lr": 0.1, "betas.0": 0.9, "betas.1": 0.99, "eps": 1e-3, "weight_decay": 0.1}, ours.adam),
    "RMSprop": ({"lr": 0.1, "alpha": 0.9, "eps": 1e-3, "momentum": 0.5, "weight_decay": 0.1}, ours.rmsprop),
    "Adagrad": ({"lr": 0.1, "lr_decay": 0.1, "eps": 1e-3, "weight_decay": 0.1}, ours.adagrad),
}


def by_rule(name, options, grads, param):
    rule = RULES[name]
    choices = {field: next(iter(each.choices)) for field, each in rule.fields.items()}
    slots = {slot: np.zeros_like(param) for slot in rule.slots}
    for number, grad in enumerate(grads, 1):
        param, new = rule.step(grad, param, slots, np.full(param.shape, float(number)), options, choices)
        slots |= new
    return param


def by_optim(make, options, grads, param):
    betas = {"betas": (options.pop("betas.0"), options.pop("betas.1"))} if "betas.0" in options else {}
    optimizer = make(options.pop("lr"), **options, **betas)
    state = optimizer.init(param)
    for grad in grads:
        updates, state = optimizer.update(grad, state, param)
        param = optax.apply_updates(param, updates)
    return np.asarray(param)


@pytest.mark.parametrize("name", OPTIONS)
def test_the_first_choices_are_pytorchs(name):
    options, make = OPTIONS[name]
    rng = np.random.default_rng(0)
    grads, param = rng.normal(size=(5, 8)), rng.normal(size=8)
    with jax.enable_x64(True):
        expected = by_optim(make, dict(options), grads, param)
    np.testing.assert_allclose(by_rule(name, options, grads, param), expected, rtol=1e-6)


@pytest.mark.parametrize("name", RULES)
def test_every_choice_makes_a_difference(name):
    options = {**OPTIONS[name][0], "amsgrad": True}
    rng = np.random.default_rng(1)
    grads, param = rng.normal(size=(5, 8)) * [[3], [1], [1], [1], [1]], rng.normal(size=8)
    rule = RULES[name]
    ends = []
    for choices in rule.variants(options):
        slots, end = {slot: np.zeros_like(param) for slot in rule.slots}, param
        for number, grad in enumerate(grads, 1):
            rate = {**options, "lr": options["lr"] / number}
            end, new = rule.step(grad, end, slots, np.full(param.shape, float(number)), rate, choices)
            slots |= new
        ends.append(tuple(end))
    used = [choices for choices in rule.variants(options) if "none" not in choices.values()]
    assert len(set(ends)) >= len(used)


def test_fields_that_cannot_matter_are_left_at_pytorchs_choice():
    variants = list(RULES["Adam"].variants({"lr": 0.1, "eps": 0.0, "weight_decay": 0.0, "amsgrad": False}))
    assert {tuple(v[f] for f in ("epsilon", "decay", "amsgrad")) for v in variants} == {("outside", "coupled", "no")}
