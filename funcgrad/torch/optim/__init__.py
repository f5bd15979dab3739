"""torch.optim: optimizers that hold parameters and change them in place."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.optim.optimizer import Optimizer as Optimizer
from funcgrad.torch.optim.sgd import SGD as SGD

__getattr__ = _missing_from(__name__)
