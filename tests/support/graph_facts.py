"""What a tensor's place in the graph is, as plain data."""


def node(x):
    """The type of the operator that made a tensor, None for a leaf."""
    return None if x.grad_fn is None else x.grad_fn.name()


def place(x):
    """Whether a tensor requires grad, whether it is a leaf, and the operator that made it."""
    return [x.requires_grad, x.is_leaf, node(x)]
