"""The command `funcgrad orders`: its options, and what it prints."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence

from funcgrad.orders.machine import EVENTS
from funcgrad.orders.sweep import OPTIMIZERS, STEPS, Order, OrderClass, explore

WIDTH = 80
SHOWN = 4  # orders of a class
USUAL = ("zero_grad", "forward", "backward", "step")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    text = f"the calls of one iteration in your order (default: {' '.join(USUAL)}), some of {', '.join(EVENTS)}"
    parser.add_argument("events", nargs="*", metavar="EVENT", help=f"{text}; or a script whose loop is taken")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="momentum", help="of the network that is trained")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N", help=f"iterations (default: {STEPS})")
    parser.add_argument("--all", action="store_true", help="print every order")


def main(given: argparse.Namespace) -> int:
    """Sweep all orders of the calls, and print the classes.

    Raises:
        ValueError: The calls are not those of a loop.
    """
    order = tuple(given.events) or USUAL
    if given.steps < 2:
        raise ValueError(f"--steps {given.steps} given; expected at least 2, since one iteration leaves nothing behind")
    classes = explore(order, given.optimizer, given.steps)
    print(to_text(classes, order, SHOWN if not given.all else None))
    return 0


def to_text(classes: Sequence[OrderClass], order: Order, shown: int | None = SHOWN) -> str:
    """The classes, the given order's first."""
    count = sum(len(each.orders) for each in classes)
    head = f"{count} orders of {', '.join(order)} are {len(classes)} classes:"
    blocks = [_block(number, each, classes[0], order, shown) for number, each in enumerate(classes, 1)]
    return "\n".join([*textwrap.wrap(head, WIDTH), "", *blocks])


def _block(number: int, each: OrderClass, first: OrderClass, order: Order, shown: int | None) -> str:
    count = f"{len(each.orders)} order{'s' if len(each.orders) > 1 else ''}"
    yours = ", yours among them" if order in each.orders else ""
    lines = textwrap.wrap(f"{number}. {count}{yours}: {_told(each, first)}", WIDTH, subsequent_indent="   ")
    for listed in each.orders[:shown]:
        lines += textwrap.wrap(", ".join(listed), WIDTH, initial_indent="   ", subsequent_indent="     ")
    more = len(each.orders) - len(each.orders[:shown])
    return "\n".join([*lines, *([f"   and {more} more"] if more else []), ""])


def _told(each: OrderClass, first: OrderClass) -> str:
    if each.error:
        return f"the loop stops, because {each.error}"
    if each.is_still:
        return "nothing is learned"
    if each is not first and not first.error and each.is_late(first):
        return "the updates of class 1, each an iteration later"
    return f"loss {each.losses[0]:.3g}, then {each.losses[-1]:.3g} in iteration {len(each.losses)}"
