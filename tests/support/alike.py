"""Results of both packages, compared: trees of tensors, numbers and texts."""

import numpy as np

from funcgrad.tolerances import tolerance


def plain(tree):
    """Trees of lists with NumPy arrays in place of tensors; dicts as lists of pairs, since their order counts."""
    if isinstance(tree, dict):
        return [[key, plain(x)] for key, x in tree.items()]
    if isinstance(tree, list | tuple):
        return [plain(x) for x in tree]
    return tree.detach().numpy() if hasattr(tree, "detach") else tree


def assert_alike(ours, theirs, path=""):
    """Equal structure, shapes and dtypes; arrays within the tolerance of gradients, the rest equal."""
    if isinstance(theirs, np.ndarray):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), path
        np.testing.assert_allclose(ours, theirs, **tolerance(theirs.dtype, "gradient"), err_msg=path)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(a, b, f"{path}[{k}]")
    else:
        assert ours == theirs, path
