"""torch.utils: what surrounds training."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._swapping import swap_tensors as swap_tensors
from funcgrad.torch.utils import _foreach_utils as _foreach_utils
from funcgrad.torch.utils import _pytree as _pytree
from funcgrad.torch.utils import benchmark as benchmark
from funcgrad.torch.utils import checkpoint as checkpoint
from funcgrad.torch.utils import cpp_extension as cpp_extension
from funcgrad.torch.utils import data as data
from funcgrad.torch.utils import dlpack as dlpack
from funcgrad.torch.utils import flop_counter as flop_counter
from funcgrad.torch.utils import hooks as hooks
from funcgrad.torch.utils import model_zoo as model_zoo
from funcgrad.torch.utils import tensorboard as tensorboard

__getattr__ = _missing_from(__name__)
