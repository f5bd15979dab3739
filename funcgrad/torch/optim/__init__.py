"""torch.optim: optimizers that hold parameters and change them in place."""

from funcgrad.torch.optim.optimizer import Optimizer as Optimizer
from funcgrad.torch.optim.sgd import SGD as SGD
