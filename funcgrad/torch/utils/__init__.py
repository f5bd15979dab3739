"""torch.utils: what surrounds training."""

from funcgrad.torch.utils import data as data
