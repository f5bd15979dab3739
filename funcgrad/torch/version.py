"""torch.version: the PyTorch whose behaviour this is.

It says 2.13.0, so that scripts which ask for a version take the path that was compared with that PyTorch.
"""

__version__ = "2.13.0"
debug = False
cuda = None
hip = None
xpu = None
git_version = ""
