"""torch.nn.modules: the modules of torch.nn under the paths of PyTorch's own files, and all of them here."""

from typing import Any as _Any

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn.modules import activation as activation
from funcgrad.torch.nn.modules import adaptive as adaptive
from funcgrad.torch.nn.modules import batchnorm as batchnorm
from funcgrad.torch.nn.modules import channelshuffle as channelshuffle
from funcgrad.torch.nn.modules import container as container
from funcgrad.torch.nn.modules import conv as conv
from funcgrad.torch.nn.modules import distance as distance
from funcgrad.torch.nn.modules import dropout as dropout
from funcgrad.torch.nn.modules import flatten as flatten
from funcgrad.torch.nn.modules import fold as fold
from funcgrad.torch.nn.modules import instancenorm as instancenorm
from funcgrad.torch.nn.modules import linear as linear
from funcgrad.torch.nn.modules import loss as loss
from funcgrad.torch.nn.modules import module as module
from funcgrad.torch.nn.modules import normalization as normalization
from funcgrad.torch.nn.modules import padding as padding
from funcgrad.torch.nn.modules import pixelshuffle as pixelshuffle
from funcgrad.torch.nn.modules import pooling as pooling
from funcgrad.torch.nn.modules import rnn as rnn
from funcgrad.torch.nn.modules import sparse as sparse
from funcgrad.torch.nn.modules import transformer as transformer
from funcgrad.torch.nn.modules import upsampling as upsampling
from funcgrad.torch.nn.modules import utils as utils

_ROOMS = (
    *(activation, adaptive, batchnorm, channelshuffle, container, conv, distance, dropout, flatten, fold),
    *(instancenorm, linear, loss, module, normalization, padding, pixelshuffle, pooling, rnn, sparse),
    *(transformer, upsampling),
)
_missing = _missing_from(__name__)


def __getattr__(name: str) -> _Any:
    """A class of one of the rooms."""
    if not name.startswith("_"):
        for room in _ROOMS:
            if name in vars(room):
                return vars(room)[name]
    return _missing(name)
