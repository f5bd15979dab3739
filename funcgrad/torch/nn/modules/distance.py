"""torch.nn.modules.distance: distances of vectors."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._distance import CosineSimilarity as CosineSimilarity
from funcgrad.torch.nn._distance import PairwiseDistance as PairwiseDistance

__getattr__ = _borrowing(__name__, "F Module Tensor")
