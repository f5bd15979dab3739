"""torch._subclasses: tensors that only say what a program would make, which can be imported and not made."""

from funcgrad.torch._subclasses.fake_tensor import FakeTensor as FakeTensor
from funcgrad.torch._subclasses.fake_tensor import FakeTensorMode as FakeTensorMode
