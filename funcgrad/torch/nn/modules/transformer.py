"""torch.nn.modules.transformer: the Transformer and its layers."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._transformer import Transformer as Transformer
from funcgrad.torch.nn._transformer import TransformerDecoder as TransformerDecoder
from funcgrad.torch.nn._transformer import TransformerEncoder as TransformerEncoder
from funcgrad.torch.nn._transformer import _generate_square_subsequent_mask as _generate_square_subsequent_mask
from funcgrad.torch.nn._transformer import _get_clones as _get_clones
from funcgrad.torch.nn._transformer_layers import TransformerDecoderLayer as TransformerDecoderLayer
from funcgrad.torch.nn._transformer_layers import TransformerEncoderLayer as TransformerEncoderLayer
from funcgrad.torch.nn._transformer_layers import _get_activation_fn as _get_activation_fn

__getattr__ = _borrowing(
    __name__, "Dropout F LayerNorm Linear Module ModuleList MultiheadAttention Tensor xavier_uniform_"
)
