"""The file of recorded modules: for each run its text, the names of its state, its arrays."""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).parent / "recorded" / "modules.npz"


def pack(runs):
    """Write runs of PyTorch."""
    arrays, index = {}, []
    for k, run in enumerate(runs):
        assert not run.error, run.error
        parts = {"state": run.module.state_dict().values(), "outputs": run.outputs,
                 "gradients": getattr(run, "gradients", []), "stream": [run.next_draw]}  # fmt: skip
        index.append({"repr": repr(run.module), "names": list(run.module.state_dict()), "counts": {}})
        for part, tensors in parts.items():
            index[-1]["counts"][part] = len(tensors)
            for number, x in enumerate(tensors):
                arrays[f"{k} {part} {number}"] = np.zeros(0) if x is None else x.detach().numpy()
    np.savez_compressed(FILE, index=np.frombuffer(json.dumps(index).encode(), np.uint8), **arrays)


def unpack():
    """Read what `pack` wrote: for each run a dictionary of parts."""
    with np.load(FILE) as file:
        index = json.loads(file["index"].tobytes())
        return [
            entry | {part: [file[f"{k} {part} {n}"] for n in range(count)] for part, count in entry["counts"].items()}
            for k, entry in enumerate(index)
        ]
