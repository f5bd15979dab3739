"""torch.nn.modules.dropout: dropout."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._dropout import AlphaDropout as AlphaDropout
from funcgrad.torch.nn._dropout import Dropout as Dropout
from funcgrad.torch.nn._dropout import Dropout1d as Dropout1d
from funcgrad.torch.nn._dropout import Dropout2d as Dropout2d
from funcgrad.torch.nn._dropout import Dropout3d as Dropout3d
from funcgrad.torch.nn._dropout import FeatureAlphaDropout as FeatureAlphaDropout
from funcgrad.torch.nn._dropout import _DropoutNd as _DropoutNd

__getattr__ = _borrowing(__name__, "F Module Tensor")
