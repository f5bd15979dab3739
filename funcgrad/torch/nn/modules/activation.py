"""torch.nn.modules.activation: activations, softmax and attention."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._activations import CELU as CELU
from funcgrad.torch.nn._activations import ELU as ELU
from funcgrad.torch.nn._activations import GELU as GELU
from funcgrad.torch.nn._activations import GLU as GLU
from funcgrad.torch.nn._activations import SELU as SELU
from funcgrad.torch.nn._activations import Hardshrink as Hardshrink
from funcgrad.torch.nn._activations import Hardsigmoid as Hardsigmoid
from funcgrad.torch.nn._activations import Hardswish as Hardswish
from funcgrad.torch.nn._activations import Hardtanh as Hardtanh
from funcgrad.torch.nn._activations import LeakyReLU as LeakyReLU
from funcgrad.torch.nn._activations import LogSigmoid as LogSigmoid
from funcgrad.torch.nn._activations import Mish as Mish
from funcgrad.torch.nn._activations import PReLU as PReLU
from funcgrad.torch.nn._activations import ReLU as ReLU
from funcgrad.torch.nn._activations import ReLU6 as ReLU6
from funcgrad.torch.nn._activations import RReLU as RReLU
from funcgrad.torch.nn._activations import Sigmoid as Sigmoid
from funcgrad.torch.nn._activations import SiLU as SiLU
from funcgrad.torch.nn._activations import Softplus as Softplus
from funcgrad.torch.nn._activations import Softshrink as Softshrink
from funcgrad.torch.nn._activations import Softsign as Softsign
from funcgrad.torch.nn._activations import Tanh as Tanh
from funcgrad.torch.nn._activations import Tanhshrink as Tanhshrink
from funcgrad.torch.nn._activations import Threshold as Threshold
from funcgrad.torch.nn._attention import MultiheadAttention as MultiheadAttention
from funcgrad.torch.nn._softmax import LogSoftmax as LogSoftmax
from funcgrad.torch.nn._softmax import Softmax as Softmax
from funcgrad.torch.nn._softmax import Softmax2d as Softmax2d
from funcgrad.torch.nn._softmax import Softmin as Softmin

__getattr__ = _borrowing(__name__, "F Module Parameter Tensor constant_ xavier_normal_ xavier_uniform_")
