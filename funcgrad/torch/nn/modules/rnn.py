"""torch.nn.modules.rnn: recurrent layers and cells."""

from funcgrad.torch._borrowed import borrowing as _borrowing
from funcgrad.torch.nn._recurrent import GRU as GRU
from funcgrad.torch.nn._recurrent import LSTM as LSTM
from funcgrad.torch.nn._recurrent import RNN as RNN
from funcgrad.torch.nn._recurrent import RNNBase as RNNBase
from funcgrad.torch.nn._recurrent_cells import GRUCell as GRUCell
from funcgrad.torch.nn._recurrent_cells import LSTMCell as LSTMCell
from funcgrad.torch.nn._recurrent_cells import RNNCell as RNNCell
from funcgrad.torch.nn._recurrent_cells import RNNCellBase as RNNCellBase
from funcgrad.torch.nn.utils.rnn import PackedSequence as PackedSequence

__getattr__ = _borrowing(__name__, "Module Parameter Tensor init")
