"""Hyperparameters out of range: PyTorch's texts, from both halves, for Python numbers only."""

import re

import jax.numpy as jnp
import optax
import pytest
from optimizer_cases import ILLEGAL
from optimizer_trajectory import rule_of, transformation

from funcgrad.optim import sgd

every_illegal_option = pytest.mark.parametrize("name, options, text", ILLEGAL)


@every_illegal_option
def test_the_transformation_raises_pytorchs_text(name, options, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        transformation(name, options)


@every_illegal_option
def test_the_rule_raises_the_same(name, options, text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        rule_of(name).validate(**options)


@every_illegal_option
def test_a_legal_rule_is_silent(name, options, text):
    rule_of(name).validate()


def test_arrays_and_schedules_pass_unchecked():
    sgd(jnp.asarray(-1.0), momentum=jnp.asarray(0.9), nesterov=True)
    sgd(optax.constant_schedule(-1.0))
