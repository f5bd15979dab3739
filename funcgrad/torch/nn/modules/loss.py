"""torch.nn.modules.loss: losses and their base classes."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._losses import BCELoss as BCELoss
from funcgrad.torch.nn._losses import BCEWithLogitsLoss as BCEWithLogitsLoss
from funcgrad.torch.nn._losses import CrossEntropyLoss as CrossEntropyLoss
from funcgrad.torch.nn._losses import CTCLoss as CTCLoss
from funcgrad.torch.nn._losses import GaussianNLLLoss as GaussianNLLLoss
from funcgrad.torch.nn._losses import HuberLoss as HuberLoss
from funcgrad.torch.nn._losses import KLDivLoss as KLDivLoss
from funcgrad.torch.nn._losses import L1Loss as L1Loss
from funcgrad.torch.nn._losses import MSELoss as MSELoss
from funcgrad.torch.nn._losses import NLLLoss as NLLLoss
from funcgrad.torch.nn._losses import NLLLoss2d as NLLLoss2d
from funcgrad.torch.nn._losses import PoissonNLLLoss as PoissonNLLLoss
from funcgrad.torch.nn._losses import SmoothL1Loss as SmoothL1Loss
from funcgrad.torch.nn._losses import _Loss as _Loss
from funcgrad.torch.nn._losses import _WeightedLoss as _WeightedLoss
from funcgrad.torch.nn._margin_losses import CosineEmbeddingLoss as CosineEmbeddingLoss
from funcgrad.torch.nn._margin_losses import HingeEmbeddingLoss as HingeEmbeddingLoss
from funcgrad.torch.nn._margin_losses import MarginRankingLoss as MarginRankingLoss
from funcgrad.torch.nn._margin_losses import MultiLabelMarginLoss as MultiLabelMarginLoss
from funcgrad.torch.nn._margin_losses import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from funcgrad.torch.nn._margin_losses import MultiMarginLoss as MultiMarginLoss
from funcgrad.torch.nn._margin_losses import SoftMarginLoss as SoftMarginLoss
from funcgrad.torch.nn._margin_losses import TripletMarginLoss as TripletMarginLoss
from funcgrad.torch.nn._margin_losses import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss

__getattr__ = _borrowing(__name__, "F Linear Module PairwiseDistance Tensor")
