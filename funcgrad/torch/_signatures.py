"""Signatures: what PyTorch's compiled functions take, and what it says of a call that does not fit.

A signature is a text such as `Tensor input, ints[1]? dim, *, Tensor out=None`: kinds, how many numbers one alone stands
for, whether None is taken, names and defaults. An old form, which errors do not show, begins with `old:`. They are in
`signatures.json`. A call's classes are compared with them before it is made, its objects once it has failed:
`_arguments.py`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from funcgrad.torch._memory_format import memory_format
from funcgrad.torch._tensor import Tensor, layout
from funcgrad.torch._types import Size, device, dtype
from funcgrad.torch._types import type_name as class_name
from funcgrad.torch.random import Generator

SPELLINGS = {"dim": ("axis",), "keepdim": ("keepdims",), "input": ("x", "a", "x1"), "other": ("x2",)}
"""NumPy's names, which stand for PyTorch's in every signature."""

OLD = "old: "

WITH_NUMBERS = frozenset(
    {
        *("add", "add_", "div", "div_", "divide", "divide_", "mul", "mul_", "multiply", "multiply_", "sub", "sub_"),
        *("subtract", "subtract_", "true_divide", "true_divide_", "floor_divide", "floor_divide_", "to", "copy_"),
    }
)
"""Functions that take a number where their signature says Tensor."""

_NUMBERS = (int, float, complex, np.number, np.bool_)


def _is_number(x: Any) -> bool:
    return isinstance(x, _NUMBERS) or _is_scalar(x)


def _is_scalar(x: Any, kinds: str = "biufc") -> bool:
    """Whether it is a tensor that stands for a number."""
    return isinstance(x, Tensor) and x.ndim == 0 and not x.requires_grad and (x._aval.dtype.kind in kinds)


def _is_float(x: Any) -> bool:
    return isinstance(x, (int, float, np.floating, np.integer, np.bool_)) or _is_scalar(x)


def _is_int(x: Any) -> bool:
    return (isinstance(x, (int, np.integer)) and not isinstance(x, bool)) or _is_scalar(x, "iu")


def _is_index(x: Any) -> bool:
    if isinstance(x, Tensor):
        return _is_scalar(x, "iub")
    return _is_int(x) or (hasattr(x, "__index__") and not isinstance(x, (bool, np.bool_)))


def _index(x: Any) -> int:
    return x if type(x) is int else int(x.item()) if isinstance(x, Tensor) else operator.index(x)


def _float(x: Any) -> float:
    return float(x.item()) if isinstance(x, (Tensor, np.bool_)) else x


def _begins_with(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda x: isinstance(x, tuple | list) and (not x or check(x[0]))


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Tensor)


def _kind(*kinds: type) -> Callable[[Any], bool]:
    return lambda x: isinstance(x, kinds)


_INTS = "tuple of ints"
_TENSORS = "tuple of Tensors"
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "Tensor": ("Tensor", _is_tensor),
    "Number": ("Number", _is_number),
    "int": ("int", lambda x: _is_int(x) or (_is_index(x) and not isinstance(x, Tensor))),
    "float": ("float", _is_float),
    "bool": ("bool", _kind(bool, np.bool_)),
    "ints": (_INTS, _begins_with(_is_index)),
    "floats": ("tuple of floats", _begins_with(_is_float)),
    "Numbers": ("tuple of Scalars", _begins_with(_is_number)),
    "Tensors": (_TENSORS, _kind(tuple, list)),
    "indices": (_TENSORS, _kind(tuple, list)),
    "dtype": ("torch.dtype", lambda x: isinstance(x, dtype) or x in (float, int, bool, complex)),
    "layout": ("torch.layout", _kind(layout)),
    "memory_format": ("torch.memory_format", _kind(memory_format)),
    "device": ("torch.device", lambda x: isinstance(x, (device, str)) or _is_int(x)),
    "Generator": ("torch.Generator", _kind(Generator)),
    "str": ("str", _kind(str)),
    "object": ("object", lambda x: True),
}
"""Kinds of arguments: what PyTorch's errors call them, and what is one."""

_INTEGERS = (int, np.integer)
_SEQUENCES = (tuple, list)
_COLLECTIONS = (set, frozenset, dict, range)  # which PyTorch takes nowhere
_CLASSES: dict[str, tuple[type, ...]] = {
    "Tensor": (Tensor,),
    "Number": _NUMBERS,
    "int": _INTEGERS,
    "float": (*_INTEGERS, float, np.floating),  # NumPy's truth values are read as numbers first
    "bool": (bool, np.bool_),
    **dict.fromkeys(("ints", "floats", "Numbers", "Tensors", "indices"), _SEQUENCES),
    "dtype": (dtype, type),
    "layout": (layout,),
    "memory_format": (memory_format,),
    "device": (device, str, *_INTEGERS),
    "Generator": (Generator,),
    "str": (str,),
    "object": (object,),
}
"""Classes of which any object may fit a kind. A tensor that stands for a number is asked for its shape each time."""
_PLAIN: dict[str, Callable[[Any], Any]] = {"int": _index, _INTS: _index, "float": _float, "tuple of floats": _float}
"""Kinds of which operators get Python's numbers, whatever stood for them."""
_FOR_INTEGERS = ("int", "ints", "device")
"""Kinds that take an `int`, but no `bool`."""
_JUDGED = (
    type(None),
    type,
    str,
    *_NUMBERS,
    *_SEQUENCES,
    *_COLLECTIONS,
    Tensor,
    dtype,
    layout,
    memory_format,
    device,
    Generator,
)
"""Other classes may stand for anything: an operator sees what it is given."""

_COMPILED = {
    **{kind: f"torch.{kind.__name__}" for kind in (dtype, device, layout, memory_format, Size)},
    Generator: "torch._C.Generator",
}
_PARAMETER = re.compile(r"(\S+?)(?:\[(\d+)\])?(\?)? (\w+)(?:=(.*))?")


class Parameter(NamedTuple):
    """One parameter of a signature."""

    kind: str
    size: int  # one number stands for so many; 0 where none does
    name: str
    default: str | None
    takes_none: bool
    only_keyword: bool

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it has as a keyword."""
        return self.name, *SPELLINGS.get(self.name, ())

    @property
    def shown(self) -> str:
        """Its kind, as errors call it."""
        return _KINDS[self.kind][0]

    def may_fit(self, kind: type, with_numbers: bool) -> bool:
        """Whether some object of a class may stand here."""
        if kind is type(None):
            return self.takes_none or self.kind == "object"
        if not issubclass(kind, _JUDGED):
            return self.shown not in _PLAIN or not hasattr(kind, "__index__")
        if self.kind == "Tensor" and with_numbers and issubclass(kind, _NUMBERS):
            return True
        if self.kind in _FOR_INTEGERS and issubclass(kind, bool):
            return False
        return issubclass(kind, _CLASSES[self.kind]) or (self.size > 0 and issubclass(kind, _INTEGERS))

    def fits(self, x: Any, with_numbers: bool) -> bool:
        """Whether an object may stand here."""
        if x is None:
            return self.takes_none or self.kind == "object"
        if self.kind == "Tensor" and with_numbers and isinstance(x, _NUMBERS):
            return True
        return _KINDS[self.kind][1](x) or (self.size > 0 and self.shown == _INTS and _is_index(x))

    def plain(self, x: Any) -> Any:
        """The Python numbers that an object which fits stands for."""
        if x is None or self.shown not in _PLAIN:
            return x
        number = _PLAIN[self.shown]
        if not isinstance(x, _SEQUENCES):
            return number(x)
        numbers = [number(y) for y in x]
        return x if all(map(operator.is_, x, numbers)) else numbers

    def __str__(self) -> str:
        return f"{self.shown} {self.name}" + ("" if self.default is None else f" = {self.default}")


class Signature(NamedTuple):
    """One form of a function's arguments."""

    parameters: tuple[Parameter, ...]
    is_hidden: bool  # an old form, which errors do not show

    @classmethod
    def parse(cls, text: str) -> Signature:
        """The signature that a text describes.

        Raises:
            ValueError: It has a kind of argument that is not known here.
        """
        inside = text.removeprefix(OLD)
        parameters: list[Parameter] = []
        only_keyword = False
        for part in filter(None, inside.split(", ")):
            if part == "*":
                only_keyword = True
                continue
            found = _PARAMETER.fullmatch(part)
            if found is None or found[1] not in _KINDS:
                raise ValueError(f"not a parameter of a known kind: {part!r}")
            kind, size, none, name, default = found.groups()
            takes_none = bool(none) or default == "None"
            parameters.append(Parameter(kind, int(size or 0), name, default, takes_none, only_keyword))
        return cls(tuple(parameters), text.startswith(OLD))

    @property
    def most_positional(self) -> int:
        """How many arguments may stand without a name."""
        return sum(not p.only_keyword for p in self.parameters)

    @property
    def least(self) -> int:
        """How many arguments there must be."""
        return sum(p.default is None for p in self.parameters)

    def __str__(self) -> str:
        shown = [str(p) for p in self.parameters]
        if self.most_positional < len(shown):
            shown.insert(self.most_positional, "*")
        return ", ".join(shown)

    @property
    def takes_sequence(self) -> bool:
        """Whether its first argument may be written without brackets: `view(2, 3)`."""
        return self.most_positional == 1 and self.parameters[0].shown == _INTS

    def may_begin(self, kinds: Sequence[type], with_numbers: bool) -> bool:
        """Whether objects of these classes may stand in the first places."""
        if self.takes_sequence and kinds and issubclass(kinds[0], _INTEGERS) and not issubclass(kinds[0], bool):
            return True
        places = self.parameters[: self.most_positional]
        fit = (place.may_fit(kind, with_numbers) for place, kind in zip(places, kinds, strict=False))
        return len(kinds) <= len(places) and all(fit)

    def may_have(self, keyword: str, kind: type, with_numbers: bool) -> bool:
        """Whether an object of a class may have this name."""
        return any(keyword in p.names and p.may_fit(kind, with_numbers) for p in self.parameters)

    def check(self, name: str, args: Sequence[Any], keywords: Mapping[str, Any]) -> None:
        """Compare a call with the signature.

        Args:
            name: The function's, for errors.
            args: The positional arguments.
            keywords: The others.

        Raises:
            TypeError: It does not fit, in PyTorch's words.
        """
        count, with_numbers = len(args), name in WITH_NUMBERS
        is_open = self.takes_sequence and count > 0 and _is_index(args[0])
        if count > self.most_positional and not is_open:
            raise TypeError(self._too_many(name, count))
        known = 0
        for place, parameter in enumerate(self.parameters):
            if place == 0 and is_open:
                _check_elements(name, parameter, args)
                count = 1
                continue
            if place < count:
                self._check(name, parameter, args[place], place, with_numbers)
                continue
            given = next((key for key in parameter.names if key in keywords), None)
            if given is not None:
                known += 1
                self._check(name, parameter, keywords[given], None, with_numbers)
            elif parameter.default is None:
                raise TypeError(self._missing(name, place))
        if known < len(keywords):
            raise TypeError(self._unexpected(name, keywords, count))

    def plain(self, args: Sequence[Any], keywords: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """A call that fits, with Python's numbers for what stands for them, and the signature's keywords."""
        own = {name: p for p in self.parameters for name in p.names}
        if self.takes_sequence and args and _is_index(args[0]):
            placed = [_index(x) for x in args]
        else:
            placed = [p.plain(x) for p, x in zip(self.parameters, args, strict=False)]
        return placed, {own[key].name: own[key].plain(x) for key, x in keywords.items()}

    def _check(self, name: str, parameter: Parameter, x: Any, place: int | None, with_numbers: bool) -> None:
        where = "" if place is None else f" (position {place + 1})"
        if not parameter.fits(x, with_numbers):
            got = f"not {type_name(x)}"
            if isinstance(x, tuple | list) and parameter.shown == _INTS:
                got = f"but found element of type {type_name(x[0])} at pos 0"
            raise TypeError(f"{name}(): argument '{parameter.name}'{where} must be {parameter.shown}, {got}")
        if isinstance(x, tuple | list):
            _check_elements(name, parameter, x)

    def _too_many(self, name: str, count: int) -> str:
        most, least = self.most_positional, self.least
        wanted = f"from {least} to {most} positional arguments" if least != most else None
        wanted = wanted or f"{most} positional argument{'' if most == 1 else 's'}"
        return f"{name}() takes {wanted} but {count} {'was' if count == 1 else 'were'} given"

    def _missing(self, name: str, place: int) -> str:
        names = [f'"{p.name}"' for p in self.parameters[place:] if p.default is None]
        return (
            f"{name}() missing {len(names)} required positional argument{'s' if len(names) == 1 else ''}: "
            f"{', '.join(names)}"
        )

    def _unexpected(self, name: str, keywords: Mapping[str, Any], count: int) -> str:
        own = [p.name for p in self.parameters]
        key = next((key for key in keywords if key not in own), None)  # NumPy's names too, once something is wrong
        if key is not None:
            return f"{name}() got an unexpected keyword argument '{key}'"
        key = next(key for key in keywords if key in own[:count])
        return f"{name}() got multiple values for argument '{key}'"


def _check_elements(name: str, parameter: Parameter, given: Sequence[Any]) -> None:
    if parameter.shown == _INTS:
        for k, x in enumerate(given):
            if not _is_index(x):
                raise TypeError(
                    f"{name}(): argument '{parameter.name}' failed to unpack the object at pos {k + 1} with error "
                    f'"type must be {_INTS},but got {type_name(x)}"'
                )
    elif parameter.kind == "Tensors":
        for k, x in enumerate(given):
            if not isinstance(x, Tensor):
                raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type_name(x)}")


def fitting(name: str, forms: Sequence[Signature], args: Sequence[Any], keywords: dict[str, Any]) -> Signature:
    """The first of a function's signatures that a call fits.

    Raises:
        TypeError: None fits, in PyTorch's words.
    """
    if len(forms) == 1:
        return _fitted(forms[0], name, args, keywords)
    for form in forms:
        try:
            return _fitted(form, name, args, keywords)
        except TypeError as error:
            if "failed to unpack" in str(error):
                raise
    count = len(args) + len(keywords)
    plausible = [f for f in forms if f.least <= count <= len(f.parameters) and not f.is_hidden]
    if len(plausible) == 1:
        return _fitted(plausible[0], name, args, keywords)
    raise TypeError(_none_fits(name, [str(f) for f in forms if not f.is_hidden], args, keywords))


def _fitted(form: Signature, name: str, args: Sequence[Any], keywords: dict[str, Any]) -> Signature:
    form.check(name, args, keywords)
    return form


def _none_fits(name: str, forms: Sequence[str], args: Sequence[Any], keywords: dict[str, Any]) -> str:
    start = f"{name}() received an invalid combination of arguments - got "
    given = dict(reversed(keywords.items()))  # PyTorch's order is that of a hash table; mostly this one
    if len(forms) == 1:
        pieces = forms[0].split(", ")
        if wrong := _unmatched(pieces, given):
            return f"{start}unrecognized keyword arguments: {', '.join(wrong)}"
        got = _compared(pieces, args, given) if _counts_agree(pieces, args, given) else _listed(args, given)
        return f"{start}{got}, but expected ({forms[0]})"
    lines = [f"{start}{_listed(args, given)}, but expected one of:"]
    for form in forms:
        lines.append(f" * ({form})")
        pieces = form.split(", ")
        if not _counts_agree(pieces, args, given):
            continue
        if wrong := _unmatched(pieces, given):
            lines.append(f"      didn't match because some of the keywords were incorrect: {', '.join(wrong)}")
        else:
            compared = _compared(pieces, args, given)
            lines.append(f"      didn't match because some of the arguments have invalid types: {compared}")
    return "\n".join([*lines, ""])


def _listed(args: Sequence[Any], given: Mapping[str, Any]) -> str:
    shown = [type_name(x) for x in args] + [f"{key}={type_name(x)}" for key, x in given.items()]
    return f"({', '.join(shown)}{'' if args or not given else ', '})"


def _piece(text: str) -> tuple[str, str]:
    """Kind and name in a piece of a signature's text, which PyTorch cuts at the last blank, defaults or not."""
    kind, _, name = text.rpartition(" ")
    return kind, name


def _unmatched(pieces: Sequence[str], given: Mapping[str, Any]) -> list[str]:
    """Keywords that do not name one of as many last pieces."""
    names = [_piece(piece)[1] for piece in pieces[max(len(pieces) - len(given), 0) :]]
    return [key for key in given if key not in names]


def _counts_agree(pieces: Sequence[str], args: Sequence[Any], given: Mapping[str, Any]) -> bool:
    return len(pieces) == len(args) + len(given)


def _compared(pieces: Sequence[str], args: Sequence[Any], given: Mapping[str, Any]) -> str:
    """The kinds of what was given, those that do not fit between exclamation marks."""
    found: list[str] = []
    for k, piece in enumerate(pieces):
        kind, name = _piece(piece)
        x = args[k] if k < len(args) else given[name]
        text = ("" if k < len(args) else f"{name}=") + _with_elements(x)
        found.append(text if _is_of(kind, x) else f"!{text}!")
    return f"({', '.join(found)}{'' if args or not given else ', '})"


def _with_elements(x: Any) -> str:
    if type(x) is tuple:
        return f"tuple of ({', '.join(type_name(y) for y in x)}{',' if len(x) == 1 else ''})"
    if type(x) is list:
        return f"list of [{', '.join(type_name(y) for y in x)}]"
    return type_name(x)


def _is_of(kind: str, x: Any) -> bool:
    wanted = {"float": ("float", "int"), "int": ("int",)}.get(kind, (kind,))
    return type_name(x) in wanted and not isinstance(x, tuple | list)


def type_name(x: Any) -> str:
    """What errors call an object's class: PyTorch's compiled classes have their module before them."""
    return _COMPILED.get(type(x)) or class_name(x)
