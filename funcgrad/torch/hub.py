"""torch.hub: models from the internet, which is not there."""

from funcgrad.torch._absent import absent as _absent

__getattr__ = _absent(
    __name__,
    "Download the weights yourself, build the model in the script, and call load_state_dict(torch.load(path)).",
)
