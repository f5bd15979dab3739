"""Unpickler: rebuilds an object from a pickle without running any code that the file chooses.

A pickle is a program for a stack machine. This machine calls only the constructors that it is given, sets state only
on the types that it is given, and imports nothing.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

MARK: Any = type("Mark", (), {"__repr__": lambda self: "MARK"})()

_LONGEST_KEY = 1000  # parts of a dictionary key; nested tuples could else take for ever to hash

_PUSHED = frozenset(
    {
        "INT", "LONG", "LONG1", "LONG4", "BININT", "BININT1", "BININT2", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
        "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
        "BINBYTES8", "BYTEARRAY8",
    }
)  # fmt: skip
"""Opcodes whose argument is the value."""

_DAMAGE = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError, struct.error)


class Names(Protocol):
    """What a file's names stand for."""

    def find(self, module: str, name: str) -> Any:
        """The object of this name, or an `UnpicklingError` that says why there is none."""

    def make(self, target: Any, args: tuple[Any, ...]) -> Any:
        """`target(*args)`, if that is allowed."""

    def new(self, target: Any, args: tuple[Any, ...]) -> Any:
        """An object of the class `target` without its `__init__`, if that is allowed."""

    def set_state(self, target: Any, state: Any) -> None:
        """Restore an object's attributes, if that is allowed."""


def load(file: BinaryIO, names: Names, persistent: Callable[[Any], Any]) -> Any:
    """The object that the next pickle of a file describes.

    Args:
        file: Positioned at the pickle, and after it afterwards.
        names: What classes and functions stand for.
        persistent: From a persistent id to its object.

    Raises:
        pickle.UnpicklingError: The pickle asks for something that is not allowed, or is damaged.
    """
    machine = _Machine(names, persistent)
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name == "STOP":
                return machine.pop()
            machine.run(opcode.name, argument)
    except _DAMAGE as error:
        raise pickle.UnpicklingError(f"the pickled part of the file is damaged: {error}") from error
    raise pickle.UnpicklingError("the pickled part of the file has no end")


class _Machine:
    def __init__(self, names: Names, persistent: Callable[[Any], Any]) -> None:
        self.names = names
        self.persistent = persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self.stack.append(argument)
        elif name in _MAKERS:
            self.stack.append(_MAKERS[name]())
        elif name in _ACTIONS:
            _ACTIONS[name](self, argument)
        elif name not in ("PROTO", "FRAME"):
            raise pickle.UnpicklingError(f"the pickle uses the instruction {name}, which no checkpoint needs")

    def pop(self) -> Any:
        top = self.stack.pop()
        if top is MARK:
            raise IndexError("a mark where a value was expected")
        return top

    def top(self) -> Any:
        return self.stack[-1]

    def since_mark(self) -> list[Any]:
        """Take off everything above the last mark, and the mark."""
        for k in range(len(self.stack) - 1, -1, -1):
            if self.stack[k] is MARK:
                items = self.stack[k + 1 :]
                del self.stack[k:]
                return items
        raise IndexError("a mark is missing")

    def memoize(self, place: int | None) -> None:
        self.memo[len(self.memo) if place is None else place] = self.top()

    def recall(self, place: int) -> None:
        self.stack.append(self.memo[place])

    def gather(self, count: int | None) -> None:
        """A tuple of the last values."""
        items = self.since_mark() if count is None else [self.pop() for _ in range(count)][::-1]
        self.stack.append(tuple(items))

    def append(self, items: list[Any]) -> None:
        _expect(self.top(), list).extend(items)

    def add(self, items: list[Any]) -> None:
        _expect(self.top(), set).update(map(hashable, items))

    def set_items(self, items: list[Any]) -> None:
        target = _expect(self.top(), dict, OrderedDict, Counter, defaultdict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[hashable(key)] = value

    def name(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError("a name that is no text")
        self.stack.append(self.names.find(module, name))

    def call(self, make: Callable[[Any, tuple[Any, ...]], Any]) -> None:
        args = self.pop()
        if type(args) is not tuple:
            raise TypeError("arguments that are no tuple")
        self.stack.append(make(self.pop(), args))

    def build(self) -> None:
        state = self.pop()
        self.names.set_state(self.top(), state)

    def two(self) -> tuple[Any, Any]:
        second, first = self.pop(), self.pop()
        return first, second


def _expect(target: Any, *kinds: type) -> Any:
    if type(target) not in kinds:
        raise pickle.UnpicklingError(f"the pickle fills a {type(target).__name__}, which it may not")
    return target


def hashable(key: Any) -> Any:
    """The key, if hashing it is quick and runs nothing of the file's choice."""
    waiting = [key]
    for _ in range(_LONGEST_KEY):
        if not waiting:
            return key
        part = waiting.pop()
        if isinstance(part, tuple | frozenset):
            waiting += part
    raise pickle.UnpicklingError("the pickle nests a dictionary key or set element too deeply")


_MAKERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
    "MARK": lambda: MARK,
}

_ACTIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.since_mark(),
    "DUP": lambda m, _: m.stack.append(m.top()),
    "MEMOIZE": lambda m, _: m.memoize(None),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Machine.memoize),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Machine.recall),
    "TUPLE": lambda m, _: m.gather(None),
    "TUPLE1": lambda m, _: m.gather(1),
    "TUPLE2": lambda m, _: m.gather(2),
    "TUPLE3": lambda m, _: m.gather(3),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "FROZENSET": lambda m, _: m.stack.append(frozenset(map(hashable, m.since_mark()))),
    "APPEND": lambda m, _: m.append([m.pop()]),
    "APPENDS": lambda m, _: m.append(m.since_mark()),
    "ADDITEMS": lambda m, _: m.add(m.since_mark()),
    "SETITEM": lambda m, _: m.set_items([*m.two()]),
    "SETITEMS": lambda m, _: m.set_items(m.since_mark()),
    "GLOBAL": lambda m, argument: m.name(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.name(*m.two()),
    "REDUCE": lambda m, _: m.call(m.names.make),
    "NEWOBJ": lambda m, _: m.call(m.names.new),
    "BUILD": lambda m, _: m.build(),
    "BINPERSID": lambda m, _: m.stack.append(m.persistent(m.pop())),
}
