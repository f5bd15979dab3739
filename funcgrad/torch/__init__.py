"""PyTorch's face on JAX: `import funcgrad.torch as torch`. A name here without an underscore is a PyTorch name."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch import _ops
from funcgrad.torch import amp as amp
from funcgrad.torch import autograd as autograd
from funcgrad.torch import cpu as cpu
from funcgrad.torch import cuda as cuda
from funcgrad.torch import nn as nn
from funcgrad.torch import optim as optim
from funcgrad.torch import random as random
from funcgrad.torch import serialization as serialization
from funcgrad.torch import utils as utils
from funcgrad.torch._anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from funcgrad.torch._anomaly import is_anomaly_enabled as is_anomaly_enabled
from funcgrad.torch._grad_mode import enable_grad as enable_grad
from funcgrad.torch._grad_mode import inference_mode as inference_mode
from funcgrad.torch._grad_mode import is_grad_enabled as is_grad_enabled
from funcgrad.torch._grad_mode import is_inference_mode_enabled as is_inference_mode_enabled
from funcgrad.torch._grad_mode import no_grad as no_grad
from funcgrad.torch._grad_mode import set_grad_enabled as set_grad_enabled
from funcgrad.torch._ops.gradient import install_properties as _install_properties
from funcgrad.torch._ops.rows import install as _install
from funcgrad.torch._tensor import Tensor as Tensor
from funcgrad.torch._tensor import strided as strided
from funcgrad.torch._types import Size as Size
from funcgrad.torch._types import bfloat16 as bfloat16
from funcgrad.torch._types import bool_ as bool
from funcgrad.torch._types import complex64 as complex64
from funcgrad.torch._types import complex128 as complex128
from funcgrad.torch._types import device as device
from funcgrad.torch._types import dtype as dtype
from funcgrad.torch._types import float16 as float16
from funcgrad.torch._types import float32 as float
from funcgrad.torch._types import float32 as float32
from funcgrad.torch._types import float64 as double
from funcgrad.torch._types import float64 as float64
from funcgrad.torch._types import get_default_dtype as get_default_dtype
from funcgrad.torch._types import half as half
from funcgrad.torch._types import int8 as int8
from funcgrad.torch._types import int16 as int16
from funcgrad.torch._types import int32 as int
from funcgrad.torch._types import int32 as int32
from funcgrad.torch._types import int64 as int64
from funcgrad.torch._types import int64 as long
from funcgrad.torch._types import set_default_dtype as set_default_dtype
from funcgrad.torch._types import short as short
from funcgrad.torch._types import uint8 as uint8
from funcgrad.torch.amp.autocast_mode import autocast as autocast
from funcgrad.torch.amp.autocast_mode import get_autocast_dtype as get_autocast_dtype
from funcgrad.torch.amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from funcgrad.torch.random import Generator as Generator
from funcgrad.torch.random import default_generator as default_generator
from funcgrad.torch.random import get_rng_state as get_rng_state
from funcgrad.torch.random import initial_seed as initial_seed
from funcgrad.torch.random import manual_seed as manual_seed
from funcgrad.torch.random import seed as seed
from funcgrad.torch.random import set_rng_state as set_rng_state
from funcgrad.torch.serialization import load as load
from funcgrad.torch.serialization import save as save

_install(_ops.ROWS, globals())
_install_properties()

__getattr__ = _missing_from(__name__)
