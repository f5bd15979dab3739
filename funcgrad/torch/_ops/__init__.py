"""What PyTorch's operators mean: a row each, a file a family. How operators are recorded: `_dispatch.py`."""

from funcgrad.torch._ops import (
    activation,
    conversion,
    creation,
    elementwise,
    gradient,
    indexing,
    inplace,
    linalg,
    operators,
    random,
    reduction,
    shape,
)

FAMILIES = (
    elementwise,
    reduction,
    shape,
    indexing,
    linalg,
    activation,
    creation,
    random,
    inplace,
    conversion,
    operators,
    gradient,
)
ROWS = tuple(row for family in FAMILIES for row in family.ROWS)
