"""torch.optim.lr_scheduler: schedulers that set the learning rates of an optimizer, step by step."""

from funcgrad.torch._tensor import Tensor as Tensor
from funcgrad.torch.optim._lr.base import EPOCH_DEPRECATION_WARNING as EPOCH_DEPRECATION_WARNING
from funcgrad.torch.optim._lr.base import LRScheduler as LRScheduler
from funcgrad.torch.optim._lr.base import _enable_get_lr_call as _enable_get_lr_call
from funcgrad.torch.optim._lr.base import _LRScheduler as _LRScheduler
from funcgrad.torch.optim._lr.base import _warn_get_lr_called_within_step as _warn_get_lr_called_within_step
from funcgrad.torch.optim._lr.base import one_for_each_group as _format_param  # noqa: F401 - as it is named there
from funcgrad.torch.optim._lr.base import set_value as _update_param_group_val  # noqa: F401 - as it is named there
from funcgrad.torch.optim._lr.base import values_of as _param_groups_val_list  # noqa: F401 - as it is named there
from funcgrad.torch.optim._lr.composite import ChainedScheduler as ChainedScheduler
from funcgrad.torch.optim._lr.composite import SequentialLR as SequentialLR
from funcgrad.torch.optim._lr.cycles import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from funcgrad.torch.optim._lr.cycles import CyclicLR as CyclicLR
from funcgrad.torch.optim._lr.laws import ConstantLR as ConstantLR
from funcgrad.torch.optim._lr.laws import CosineAnnealingLR as CosineAnnealingLR
from funcgrad.torch.optim._lr.laws import ExponentialLR as ExponentialLR
from funcgrad.torch.optim._lr.laws import LambdaLR as LambdaLR
from funcgrad.torch.optim._lr.laws import LinearLR as LinearLR
from funcgrad.torch.optim._lr.laws import MultiplicativeLR as MultiplicativeLR
from funcgrad.torch.optim._lr.laws import MultiStepLR as MultiStepLR
from funcgrad.torch.optim._lr.laws import PolynomialLR as PolynomialLR
from funcgrad.torch.optim._lr.laws import StepLR as StepLR
from funcgrad.torch.optim._lr.one_cycle import OneCycleLR as OneCycleLR
from funcgrad.torch.optim._lr.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from funcgrad.torch.optim.optimizer import Optimizer as Optimizer
