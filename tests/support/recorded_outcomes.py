"""The file of recorded outcomes: an index in JSON, and all arrays as one run of bytes."""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "recorded" / "ops.npz"


def pack(outcomes, file=FILE):
    """Write `{row: [outcome, ...]}`."""
    data = bytearray()

    def place(x):
        if not isinstance(x, np.ndarray):
            return x
        data.extend(x.tobytes())
        return {"shape": x.shape, "dtype": str(x.dtype)}

    index = json.dumps(_mapped(outcomes, place))
    np.savez_compressed(file, index=np.frombuffer(index.encode(), np.uint8), data=np.frombuffer(bytes(data), np.uint8))


def unpack(file=FILE):
    """Read what `pack` wrote."""
    with np.load(file) as read:
        index, data = json.loads(read["index"].tobytes()), read["data"].tobytes()
    used = 0

    def array(x):
        nonlocal used
        if not (isinstance(x, dict) and "shape" in x):
            return x
        count = int(np.prod(x["shape"]))
        found = np.frombuffer(data, x["dtype"], count, used).reshape(x["shape"])
        used += found.nbytes
        return found

    return _mapped(index, array)


def _mapped(tree, function):
    if isinstance(tree, dict) and "shape" not in tree:
        return {key: _mapped(item, function) for key, item in tree.items()}
    return [_mapped(item, function) for item in tree] if isinstance(tree, list | tuple) else function(tree)
