"""Records PyTorch's random draws: `python tests/support/record/random_streams.py`, with the real torch."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import torch

SUPPORT = Path(__file__).resolve().parents[1]
sys.path[:1] = [
    str(SUPPORT),
    str(SUPPORT.parents[1]),
]  # this folder holds files named like the packages that they record

from random_cases import RECORDED, SEED, words_for_every_uniform  # noqa: E402
from torch_random import HandedWords, raw, torch_draw  # noqa: E402


def draws(item):
    generator = torch.Generator().manual_seed(SEED)
    for call in RECORDED[item]:
        yield raw(torch_draw(generator, call.name, **call.arguments))
    yield raw(torch.rand(4, generator=generator))  # the place in the stream where the calls leave it


def states():
    """After so many words: none, one, a block, and one more; and with a kept normal."""
    for words in (0, 1, 624, 625):
        generator = torch.Generator().manual_seed(-SEED)
        torch.empty(words, dtype=torch.int32).random_(generator=generator)
        yield generator.get_state().numpy()
    torch.randn(3, generator=generator)
    yield generator.get_state().numpy()


def digest_of_every_uniform():
    reference, digest = HandedWords(), hashlib.sha256()
    for words in words_for_every_uniform():
        for row in words:
            digest.update(reference.normals(row).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


if __name__ == "__main__":
    np.savez_compressed(
        SUPPORT / "recorded" / "random_streams.npz",
        states=np.array(list(states())),
        every_uniform=digest_of_every_uniform(),
        **{item: np.concatenate(list(draws(item))) for item in RECORDED},
    )
