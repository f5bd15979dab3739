"""torch.nn: layers, containers, losses."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn import functional as functional
from funcgrad.torch.nn import init as init
from funcgrad.torch.nn import utils as utils
from funcgrad.torch.nn._activations import LogSoftmax as LogSoftmax
from funcgrad.torch.nn._activations import ReLU as ReLU
from funcgrad.torch.nn._activations import Sigmoid as Sigmoid
from funcgrad.torch.nn._activations import Softmax as Softmax
from funcgrad.torch.nn._activations import Tanh as Tanh
from funcgrad.torch.nn._containers import ModuleDict as ModuleDict
from funcgrad.torch.nn._containers import ModuleList as ModuleList
from funcgrad.torch.nn._containers import Sequential as Sequential
from funcgrad.torch.nn._linear import Flatten as Flatten
from funcgrad.torch.nn._linear import Identity as Identity
from funcgrad.torch.nn._linear import Linear as Linear
from funcgrad.torch.nn._losses import CrossEntropyLoss as CrossEntropyLoss
from funcgrad.torch.nn._losses import L1Loss as L1Loss
from funcgrad.torch.nn._losses import MSELoss as MSELoss
from funcgrad.torch.nn._losses import NLLLoss as NLLLoss
from funcgrad.torch.nn._module import Module as Module
from funcgrad.torch.nn._parameter_containers import ParameterDict as ParameterDict
from funcgrad.torch.nn._parameter_containers import ParameterList as ParameterList
from funcgrad.torch.nn.parameter import Buffer as Buffer
from funcgrad.torch.nn.parameter import Parameter as Parameter

__getattr__ = _missing_from(__name__)
