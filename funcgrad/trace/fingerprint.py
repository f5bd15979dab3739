"""Fingerprint: a name for an operator or a trace that is the same in every process.

It covers whatever decides what is compiled: the equations, the code of their operators, the versions, the device and
JAX's settings. Where that cannot be told for sure, there is none.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import jax
import jaxlib.version
import numpy as np

from funcgrad.trace.equation import Equation, Slots
from funcgrad.trace.op import Op
from funcgrad.trace.value import Aval

if TYPE_CHECKING:
    from funcgrad.trace.record import Step


class UnnamedError(Exception):
    """Something that no other process could recognise."""


class _Meaning:
    """What operators read beside their operands, as the layers above tell."""

    name: Hashable = None


def set_meaning(name: Hashable) -> None:
    """Say on what the operators' functions depend from now on, beside their operands."""
    _Meaning.name = name


def of_trace(
    step: Step, wanted: tuple[int, ...], donated: tuple[int, ...], shared: tuple[Slots, Slots] | None = None
) -> str | None:
    """The name of the program that the trace up to `step` becomes; None if it has none.

    Args:
        step: The end of the trace.
        wanted: Indices of the results to return.
        donated: Positions of the inputs whose memory the results take over.
        shared: For each float and each whole number the position at which it is read, where not at its own.
    """
    try:
        told = [_told(at.admits) if at.equation is None else _told_equation(at.equation) for at in step.path()]
    except UnnamedError:
        return None
    return _digest(f"{of_surroundings()}{wanted}{donated}{shared}{';'.join(told)}")


def of_operator(op: Op, static: tuple[Any, ...], kinds: tuple[Any, ...]) -> str | None:
    """The name of an operator for operands of these shapes and dtypes; None if it has none."""
    try:
        return _digest(f"{_told_op(op)}{_told(static)}{_told(kinds)}")
    except UnnamedError:
        return None


def of_surroundings() -> str:
    """The name of what a program depends on beside its trace."""
    return _digest(f"{_environment()}{_settings()}{_Meaning.name!r}")


def _digest(told: str) -> str:
    return hashlib.sha256(told.encode()).hexdigest()


@functools.cache
def _environment() -> str:
    device = jax.devices()[0]
    versions = (
        sys.version,
        jax.__version__,
        jaxlib.version.__version__,
        np.__version__,
        device.client.platform_version,
    )
    flags = [os.environ.get(name) for name in ("XLA_FLAGS", "LIBTPU_INIT_ARGS")]
    return repr((versions, flags, device.platform, device.device_kind, processor(), _source()))


@functools.cache
def processor() -> str:
    """A name for this kind of processor: programs compiled for one may not run on another that shares the home."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        abilities = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        abilities = platform.processor()
    return f"{platform.machine()}-{_digest(abilities)[:12]}"


def _source() -> str:
    """A digest of the package's own code."""
    found = hashlib.sha256()
    for file in sorted(Path(__file__).parents[1].rglob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()


def _settings() -> str:
    """JAX's settings, those of a `with` block included."""
    known = jax.config.values
    return repr([(name, getattr(jax.config, name, known[name])) for name in sorted(known) if "cache" not in name])


def _told_equation(equation: Equation) -> str:
    operands = ",".join([str(k) if isinstance(k, int) else k.__name__ for k in equation.operands])
    return f"{_told_op(equation.op)}{_told(equation.static)}{operands}"


@functools.cache
def _told_op(op: Op) -> str:
    return _digest(_told((op.name, op.static_names, op.function, op.from_result)))


# Plain data is told by its contents. What stands in a module under its own name is told by that name, as the versions
# and the source tell the rest; a function made inside another is told by its code and what it closes over.

_PLAIN = (type(None), type(...), bool, int, float, complex, str, bytes)
_KNOWN = {"funcgrad", "jax", "jaxlib", "numpy", "ml_dtypes", "builtins", "math", "_operator", "functools", "optax"}


def _told(x: Any, outer: tuple[Any, ...] = ()) -> str:
    """The thing in words; `outer` are those in whose words it occurs."""
    kind = type(x)
    if kind in _PLAIN:
        return repr(x)
    if kind is tuple or kind is list:
        return f"({','.join([_told(part, outer) for part in x])})"
    if kind is Aval:
        return f"{x.dtype.name}{x.shape}"
    if isinstance(x, np.dtype):
        return x.name
    if name := _standing_name(x):
        return name
    if any(x is other for other in outer):  # a function that closes over itself
        return f"^{[*map(id, outer)].index(id(x))}"
    for kinds, parts in _BY_PARTS:
        if isinstance(x, kinds):
            return f"{kind.__name__}{_told(parts(x), (*outer, x))}"
    if is_dataclass(x):
        return f"{_told(kind)}{_told([getattr(x, field.name) for field in fields(x)], (*outer, x))}"
    raise UnnamedError(f"{kind.__name__} {x!r}")


def _standing_name(x: Any) -> str:
    """The name under which a module holds this very object; empty if there is none."""
    module = getattr(x, "__module__", None)
    name = getattr(x, "__qualname__", None) or getattr(x, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str) or module.partition(".")[0] not in _KNOWN:
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return f"{module}.{name}" if found is x else ""


def _parts_of_function(f: FunctionType) -> tuple[Any, ...]:
    if f.__module__.partition(".")[0] not in _KNOWN:
        raise UnnamedError(f"{f.__module__}.{f.__qualname__}")
    return f.__module__, f.__code__, f.__defaults__, f.__kwdefaults__, [x.cell_contents for x in f.__closure__ or ()]


def _parts_of_code(code: CodeType) -> tuple[Any, ...]:
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_consts


_BY_PARTS: list[tuple[Any, Callable[[Any], Any]]] = [
    (FunctionType, _parts_of_function),
    (CodeType, _parts_of_code),
    (Op, _told_op),
    (jax.custom_jvp, lambda f: (f.fun, f.jvp, f.nondiff_argnums)),
    (functools.partial, lambda f: (f.func, f.args, f.keywords)),
    (type(_environment), lambda f: f.__wrapped__),  # a function that remembers its results
    (Enum, lambda x: (type(x), x.name)),
    (tuple, lambda x: (type(x), *x)),
    (dict, lambda x: [*x.items()]),
    (frozenset, lambda x: sorted(map(_told, x))),
    (slice, lambda x: (x.start, x.stop, x.step)),
    ((np.ndarray, np.generic), lambda x: (x.dtype, x.shape, x.tobytes())),
]
