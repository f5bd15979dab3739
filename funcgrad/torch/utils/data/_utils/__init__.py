"""torch.utils.data._utils: collating samples, fetching them, and the worker that fetches."""

from funcgrad.torch.utils.data._utils import collate as collate
from funcgrad.torch.utils.data._utils import fetch as fetch
from funcgrad.torch.utils.data._utils import worker as worker
