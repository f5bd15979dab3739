"""torch.backends: PyTorch's switches for its own libraries, which scripts set; here they change nothing."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.backends import cpu as cpu
from funcgrad.torch.backends import cuda as cuda
from funcgrad.torch.backends import cudnn as cudnn
from funcgrad.torch.backends import mkl as mkl
from funcgrad.torch.backends import mkldnn as mkldnn
from funcgrad.torch.backends import mps as mps
from funcgrad.torch.backends import openmp as openmp

__getattr__ = _missing_from(__name__)
