"""The state machine of gradients on the shim and on an eager twin in NumPy: values, gradients, versions, errors."""

import eager_twin
from gradient_machine import GradientMachine, bounded

from funcgrad.trace import EAGER, LONGEST, set_longest


class LooksAlways(GradientMachine):
    """Every rule ends with a look at every value: traces are short."""

    reference = eager_twin
    looks = True


class LooksSeldom(GradientMachine):
    """Values are looked at now and then: traces are long, and inputs are donated."""

    reference = eager_twin
    looks = False


class RunsAtOnce(GradientMachine):
    """Each operator is a program of its own, as with `funcgrad run --eager`."""

    reference = eager_twin
    looks = False

    def __init__(self):
        super().__init__()
        set_longest(EAGER)

    def teardown(self):
        super().teardown()
        set_longest(LONGEST)


TestLooksAlways = LooksAlways.TestCase
TestLooksAlways.settings = bounded(examples=20, steps=20)
TestLooksSeldom = LooksSeldom.TestCase
TestLooksSeldom.settings = bounded(examples=40, steps=25)
TestRunsAtOnce = RunsAtOnce.TestCase
TestRunsAtOnce.settings = bounded(examples=20, steps=25)
