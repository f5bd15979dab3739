"""torch.nn.modules.sparse: embeddings."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.nn._sparse import Embedding as Embedding
from funcgrad.torch.nn._sparse import EmbeddingBag as EmbeddingBag

__getattr__ = _missing_from(__name__)
