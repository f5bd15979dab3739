"""torch.nn.modules.pooling: pooling."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._pooling import AdaptiveAvgPool1d as AdaptiveAvgPool1d
from funcgrad.torch.nn._pooling import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from funcgrad.torch.nn._pooling import AdaptiveAvgPool3d as AdaptiveAvgPool3d
from funcgrad.torch.nn._pooling import AdaptiveMaxPool1d as AdaptiveMaxPool1d
from funcgrad.torch.nn._pooling import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from funcgrad.torch.nn._pooling import AdaptiveMaxPool3d as AdaptiveMaxPool3d
from funcgrad.torch.nn._pooling import AvgPool1d as AvgPool1d
from funcgrad.torch.nn._pooling import AvgPool2d as AvgPool2d
from funcgrad.torch.nn._pooling import AvgPool3d as AvgPool3d
from funcgrad.torch.nn._pooling import FractionalMaxPool2d as FractionalMaxPool2d
from funcgrad.torch.nn._pooling import FractionalMaxPool3d as FractionalMaxPool3d
from funcgrad.torch.nn._pooling import LPPool1d as LPPool1d
from funcgrad.torch.nn._pooling import LPPool2d as LPPool2d
from funcgrad.torch.nn._pooling import LPPool3d as LPPool3d
from funcgrad.torch.nn._pooling import MaxPool1d as MaxPool1d
from funcgrad.torch.nn._pooling import MaxPool2d as MaxPool2d
from funcgrad.torch.nn._pooling import MaxPool3d as MaxPool3d
from funcgrad.torch.nn._pooling import MaxUnpool1d as MaxUnpool1d
from funcgrad.torch.nn._pooling import MaxUnpool2d as MaxUnpool2d
from funcgrad.torch.nn._pooling import MaxUnpool3d as MaxUnpool3d
from funcgrad.torch.nn._pooling import _AdaptiveAvgPoolNd as _AdaptiveAvgPoolNd
from funcgrad.torch.nn._pooling import _AdaptiveMaxPoolNd as _AdaptiveMaxPoolNd
from funcgrad.torch.nn._pooling import _AvgPoolNd as _AvgPoolNd
from funcgrad.torch.nn._pooling import _LPPoolNd as _LPPoolNd
from funcgrad.torch.nn._pooling import _MaxPoolNd as _MaxPoolNd
from funcgrad.torch.nn._pooling import _MaxUnpoolNd as _MaxUnpoolNd

__getattr__ = _borrowing(__name__, "F Module Tensor")
