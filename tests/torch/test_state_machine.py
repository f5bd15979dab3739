"""The state machine of gradients on the shim and on an eager twin in NumPy: values, gradients, versions, errors."""

import eager_twin
from gradient_machine import GradientMachine, bounded


class LooksAlways(GradientMachine):
    """Every rule ends with a look at every value: traces are short."""

    reference = eager_twin
    looks = True


class LooksSeldom(GradientMachine):
    """Values are looked at now and then: traces are long, and inputs are donated."""

    reference = eager_twin
    looks = False


TestLooksAlways = LooksAlways.TestCase
TestLooksAlways.settings = bounded(examples=20, steps=20)
TestLooksSeldom = LooksSeldom.TestCase
TestLooksSeldom.settings = bounded(examples=40, steps=25)
