"""torch.nn.modules.dropout: dropout."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._dropout import AlphaDropout as AlphaDropout
from funcgrad.torch.nn._dropout import Dropout as Dropout
from funcgrad.torch.nn._dropout import Dropout1d as Dropout1d
from funcgrad.torch.nn._dropout import Dropout2d as Dropout2d
from funcgrad.torch.nn._dropout import Dropout3d as Dropout3d
from funcgrad.torch.nn._dropout import FeatureAlphaDropout as FeatureAlphaDropout
from funcgrad.torch.nn._dropout import _DropoutNd as _DropoutNd

__getattr__ = _missing_from(__name__)
