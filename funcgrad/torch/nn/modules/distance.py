"""torch.nn.modules.distance: distances of vectors."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._distance import CosineSimilarity as CosineSimilarity
from funcgrad.torch.nn._distance import PairwiseDistance as PairwiseDistance

__getattr__ = _missing_from(__name__)
