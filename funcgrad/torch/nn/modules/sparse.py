"""torch.nn.modules.sparse: embeddings."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._sparse import Embedding as Embedding
from funcgrad.torch.nn._sparse import EmbeddingBag as EmbeddingBag

__getattr__ = _borrowing(__name__, "F Module Parameter Tensor init")
