"""Assertions for tests of your own training code; each says what is wrong and what to do.

Hypothesis strategies are in `funcgrad.testing.strategies`, fixtures and markers in `funcgrad.testing.plugin`.
"""

from funcgrad.testing.order import assert_order_equivalent as assert_order_equivalent
from funcgrad.testing.steps import assert_compiles_once as assert_compiles_once
from funcgrad.testing.steps import assert_gradients_are_fresh as assert_gradients_are_fresh
from funcgrad.testing.steps import assert_no_leak as assert_no_leak
from funcgrad.testing.steps import assert_step_is_pure as assert_step_is_pure
from funcgrad.testing.sums import assert_accumulation_invariant as assert_accumulation_invariant
from funcgrad.testing.sums import assert_loss_scale_invariant as assert_loss_scale_invariant
from funcgrad.testing.sums import assert_same_on_devices as assert_same_on_devices
