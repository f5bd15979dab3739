"""torch.nn.modules: the modules of torch.nn under the paths of PyTorch's own files."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn.modules import batchnorm as batchnorm
from funcgrad.torch.nn.modules import conv as conv
from funcgrad.torch.nn.modules import loss as loss
from funcgrad.torch.nn.modules import module as module
from funcgrad.torch.nn.modules import utils as utils
from funcgrad.torch.nn.modules.module import Module as Module

__getattr__ = _missing_from(__name__)
