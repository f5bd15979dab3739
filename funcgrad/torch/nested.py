"""torch.nested: tensors of ragged shape, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(__name__, "Pad with torch.nn.utils.rnn.pad_sequence and mask.")
