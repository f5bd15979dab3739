"""The host's half: JAX's primitives as NumPy functions, and an operator as a chain of them."""

from funcgrad.trace.host.function import host_function as host_function
from funcgrad.trace.host.function import is_covered as is_covered
from funcgrad.trace.host.lanes import LARGEST as LARGEST
from funcgrad.trace.host.primitives import ELEMENTWISE as ELEMENTWISE
from funcgrad.trace.host.row import UncoveredError as UncoveredError
