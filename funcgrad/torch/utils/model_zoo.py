"""torch.utils.model_zoo: weights from the internet, under their old name."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch.hub import load_state_dict_from_url as load_url

__all__ = ["load_url"]

__getattr__ = _missing_from(__name__)
