"""Masks: what a written step drops, by the name of the layer that does; a dictionary for each pass over the model."""

from __future__ import annotations

from collections import Counter
from typing import Any

from funcgrad.functionalization.draws import DRAWN
from funcgrad.functionalization.laws import Draw
from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.backward import Backward
from funcgrad.functionalization.source.flow import Flow

_NO_SOURCE = "the step cannot be written as source: {}. Draw outside, and pass the numbers as arguments."


class Masks:
    """The draws of a step, each in the pass that uses it first.

    Attributes:
        names: What a mask is called in its pass, by the index of the value.
        groups: For each pass that draws, what it draws, by name, in the order of drawing.
    """

    def __init__(self, flow: Flow, passes: list[Backward]) -> None:
        self.names: dict[int, str] = {}
        self.groups: list[dict[str, Draw]] = []
        self._homes: dict[int, int] = {}  # place of the group, by the index of the value
        self._flow, self._passes = flow, passes
        self._group_of_pass: dict[int, int] = {}
        for index, draw in zip(_values(flow), flow.program.draws, strict=True):
            self._add(index, draw)

    def _add(self, index: int, draw: Draw) -> None:
        home = self._home(index)
        if home not in self._group_of_pass:
            self._group_of_pass[home] = len(self.groups)
            self.groups.append({})
        place = self._group_of_pass[home]
        if place != len(self.groups) - 1:
            raise FunctionalizationError(
                _NO_SOURCE.format("it draws random numbers in another order than it uses them")
            )
        base = self._flow.dropper_of(index)
        count = Counter(name.rpartition("__")[0] or name for name in self.groups[place])[base]
        name = f"{base}__{count + 1}" if count else base
        self.groups[place][name] = draw
        self.names[index], self._homes[index] = name, place

    def _home(self, index: int) -> int:
        """The first pass that uses a mask; the one before where none does."""
        users = self._flow.users(index)
        homes = [b.number for b in self._passes if any(self._flow.firsts[u] in b.forward for u in users)]
        return homes[0] if homes else max(self._group_of_pass, default=0)

    def variable(self, backward: Backward) -> str:
        """What the step calls the masks of a pass."""
        places = {self._homes[k] for u in backward.numbers(self._flow) for k in self._flow.values(u) if k in self.names}
        if len(places) > 1:
            raise FunctionalizationError(_NO_SOURCE.format("a loss uses masks that another one has drawn"))
        return variable(places.pop()) if places else "masks"


def variable(place: int) -> str:
    """What the step calls the masks of a group."""
    return f"masks_{place + 1}" if place else "masks"


def _values(flow: Flow) -> list[int]:
    """The index of each draw's value."""
    found: dict[int, int] = {}
    for number, equation in enumerate(flow.program.equations):
        if equation.op is DRAWN:
            found[equation.static[0]] = flow.firsts[number]
    found |= {c: ~k for k, c in enumerate(flow.program.constants) if isinstance(c, int)}
    return [found[k] for k in range(len(flow.program.draws))]


def mask_constants(groups: list[dict[str, Draw]]) -> tuple[list[str], list[str]]:
    """The lines that say what each group draws, and the name of each group's line; equal groups share one."""
    lines: list[str] = []
    names: list[str] = []
    written: dict[str, str] = {}
    for group in groups:
        text = f"{{{', '.join(f'{_quoted(name)}: {_spec(draw)}' for name, draw in group.items())}}}"
        if text not in written:
            written[text] = f"MASKS_{len(written) + 1}" if written else "MASKS"
            lines.append(f"{written[text]} = {text}")
        names.append(written[text])
    return lines, names


def _quoted(text: str) -> str:
    return f'"{text}"'


def _spec(draw: Draw) -> Any:
    is_plain = draw.axes == tuple(range(len(draw.axes)))
    parts = (draw.options["p"], draw.shape) if is_plain else (draw.options["p"], draw.shape, draw.axes)
    return repr(parts)
