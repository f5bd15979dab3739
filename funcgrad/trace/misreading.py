"""Misreading: a fault of XLA on CPU for which each compiled program is looked through.

Where its library YNN computes a product of matrices together with a reduction of it, and the right factor is a
broadcast of fewer numbers, it reads beyond them: `(x @ torch.ones(200, 200)).sum()` is another number each time, or not
one. Seen in JAX 0.10, with `jax.jit` alone. Compiled without YNN the same program is right, and slower.
"""

from __future__ import annotations

import re

from jax.stages import Compiled, Lowered

WITHOUT_YNN: dict[str, str | bool] = {"xla_cpu_experimental_ynn_fusion_type": ""}

_COMPUTATION = re.compile(r"^%(\S+) .*?\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FUSION = re.compile(r"calls=%([^\s,]+).*__ynn_fusion")
_EQUATION = re.compile(r"%(\S+) = \S+ ([a-z-]+)\(([^)]*)\)")
_SAME_MEMORY = frozenset({"bitcast", "convert", "copy", "reshape", "transpose"})


def compiled(lowered: Lowered) -> Compiled:
    """The compiled program, which reads no factor beyond its end."""
    program = lowered.compile()
    return lowered.compile(WITHOUT_YNN) if misreads(program) else program


def misreads(program: Compiled) -> bool:
    """Whether a program has a product that may read beyond its right factor."""
    text = program.as_text() or ""
    fusions = set(_FUSION.findall(text))
    return any(name in fusions and _broadcasts(body) for name, body in _COMPUTATION.findall(text))


def _broadcasts(body: str) -> bool:
    """Whether the right factor of a product is a broadcast."""
    repeated: set[str] = set()
    for name, operation, operands in _EQUATION.findall(body):
        taken = [operand.strip().removeprefix("%") for operand in operands.split(",")]
        if operation == "broadcast" or (operation in _SAME_MEMORY and taken[0] in repeated):
            repeated.add(name)
        elif operation == "dot" and taken[1] in repeated:
            return True
    return False
