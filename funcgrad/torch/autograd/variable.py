"""torch.autograd.variable: where `Variable` lives."""

from funcgrad.torch._legacy import Variable as Variable
