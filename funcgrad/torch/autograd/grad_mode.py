"""torch.autograd.grad_mode: where the grad modes live."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._grad_mode import enable_grad as enable_grad
from funcgrad.torch._grad_mode import inference_mode as inference_mode
from funcgrad.torch._grad_mode import no_grad as no_grad
from funcgrad.torch._grad_mode import set_grad_enabled as set_grad_enabled

__getattr__ = _missing_from(__name__)
