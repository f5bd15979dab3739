"""torch.utils.tensorboard: writing what TensorBoard shows."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.utils.tensorboard import summary as summary
from funcgrad.torch.utils.tensorboard import writer as writer
from funcgrad.torch.utils.tensorboard.writer import SummaryWriter as SummaryWriter

__getattr__ = _missing_from(__name__)
