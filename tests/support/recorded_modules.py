"""The file of recorded modules: for each run its text, the names of its state, its arrays."""

import json
from pathlib import Path

import numpy as np
from module_runs import parts

FILE = Path(__file__).parent / "recorded" / "modules.npz"


def pack(runs):
    """Write runs of PyTorch."""
    arrays, index = {}, []
    for k, run in enumerate(runs):
        assert not run.error, run.error
        index.append({"repr": repr(run.module), "names": list(run.module.state_dict()), "counts": {}})
        for part, (found, _) in parts(run).items():
            index[-1]["counts"][part] = len(found)
            arrays |= {f"{k} {part} {number}": x for number, x in enumerate(found)}
    np.savez_compressed(FILE, index=np.frombuffer(json.dumps(index).encode(), np.uint8), **arrays)


def unpack():
    """Read what `pack` wrote: for each run a dictionary of parts."""
    with np.load(FILE) as file:
        index = json.loads(file["index"].tobytes())
        return [
            entry | {part: [file[f"{k} {part} {n}"] for n in range(count)] for part, count in entry["counts"].items()}
            for k, entry in enumerate(index)
        ]
