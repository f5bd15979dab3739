"""Step function: what happens around the losses: clipping, scaling, the update, running statistics, the new state."""

from __future__ import annotations

from typing import Any

import numpy as np

from funcgrad.functionalization.refusal import FunctionalizationError
from funcgrad.functionalization.source.backward import Backward
from funcgrad.functionalization.source.expressions import dtype_name
from funcgrad.functionalization.source.flow import Flow
from funcgrad.functionalization.source.functions import Functions
from funcgrad.functionalization.source.layout import function, listed, quoted
from funcgrad.functionalization.source.losses import Losses
from funcgrad.functionalization.source.masks import Masks, mask_constants, variable
from funcgrad.functionalization.source.roles import Roles
from funcgrad.functionalization.source.scope import Scope, literal
from funcgrad.trace import Value

SMALL = 16
"""Elements of an array that is written down as a literal."""

_NO_SOURCE = "the step cannot be written as source: {}. Use the pure step itself, or write this part."


class StepFunction:
    """The writer of the function `step`."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.program = roles.program
        params = {roles.place(n): roles.given[roles.place(n)] for n in roles.trained}
        self.flow = Flow(roles.program, params, roles.module)
        self._passes = [Backward(self.flow, k, roles.homes) for k in range(len(roles.program.passes))]
        self._find_aux()
        self._settle()
        self.masks = Masks(self.flow, self._passes)
        buffers = {roles.given[roles.place(n)]: ("buffers", n) for n in roles.buffers}
        self.flow.entries |= buffers | {index: ("masks", name) for index, name in self.masks.names.items()}
        self.functions = Functions(self.flow.functions() | {"loss_fn"})
        self._scope = Scope(self.flow, self.functions, self._is_inside, self._outside)
        for name in ("grads", "more", "finite", *roles.arguments):
            self._scope.take(name)
        self.losses = Losses(self.flow, self.functions, self._passes, self.masks, lambda: self._scope, roles.key)
        self._on_trees: set[int] = set()  # equations on all gradients that are written already

    def source(self) -> str:
        """The function."""
        result = self._written(self.program.result)
        buffers = [f"{quoted(n)}: {self._scope.name(self._final(n))}" for n in self._moved()]
        entries = ['"params": params', '"opt_state": opt_state', *self._update()]
        if self.roles.buffers:
            kept = ["**buffers"] if len(buffers) < len(self.roles.buffers) else []
            entries.append(f'"buffers": {{{", ".join([*kept, *buffers])}}}' if buffers else '"buffers": buffers')
        first = ['params = state["params"]']
        if self.roles.buffers:
            first[0] = 'params, buffers = state["params"], state["buffers"]'
        for place, constant in enumerate(mask_constants(self.masks.groups)[1]):
            before = "random" if place else 'state["random"]'
            first.append(f"{variable(place)}, random = dropout_masks({before}, {constant})")
        if self.program.draws:
            entries.append('"random": random')
        head = f"def step({', '.join(['state', *self.roles.arguments])}):"
        last = f"return {{{', '.join(entries)}}}, {result}"
        return "@jax.jit\n" + function(head, [*first, *self._scope.lines, last])

    def _settle(self) -> None:
        """Say what the step wants, and what that is called; then what each pass computes for itself."""
        finals = {n: self._final(n) for n in self._moved()}
        self.flow.names = {index: f"new_{n.rpartition('.')[2]}" for n, index in finals.items() if index >= 0}
        ends = [*finals.values(), *(v.index for v in _values(self.program.result))]
        self.flow.settle(ends, [k for b in self._passes for k in [b.root, *b.aux]])
        for backward in self._passes:
            backward.absorb(self.flow)

    # Which values are whose.

    def _final(self, name: str) -> int:
        return self.program.state[self.roles.module_name][name].index

    def _moved(self) -> list[str]:
        return [n for n in self.roles.buffers if self._final(n) != self.roles.given[self.roles.place(n)]]

    def _is_inside(self, index: int) -> bool:
        number = self.flow.makers.get(index)
        return not (self.flow.is_given(index) or number is None or self.flow.is_after(index)) and not any(
            index in backward.forward for backward in self._passes
        )

    def _outside(self, index: int) -> str:
        if self.flow.is_given(index):
            return self._taken_in(index)
        for backward in self._passes:
            if index in backward.forward:
                self.losses.write_until(backward.number)
                return self._scope.names[index]
        number = self.flow.makers[index]
        operator = self.flow.equation(index).op.name
        if operator == "clip_grad_norm" and index == self.flow.firsts[number]:
            self._write_on_tree(number)
            return self._scope.names[index]
        raise FunctionalizationError(_NO_SOURCE.format(f"'{operator}' works on single gradients"))

    def _taken_in(self, index: int) -> str:
        if index in self.flow.entries:
            dictionary, name = self.flow.entries[index]
            return f"{dictionary}[{quoted(name)}]"
        if index < 0:
            return _array(self.program.constants[~index])
        found = self.roles.expression(index)
        if found is None:
            raise FunctionalizationError(_NO_SOURCE.format(f"it computes with {self.roles.key(index)}"))
        return found

    def _find_aux(self) -> None:
        """What the losses must return besides: forward values that the new state or the result is made of."""
        finals = [self._final(n) for n in self._moved()]
        pending = finals + [v.index for v in _values(self.program.result)]
        seen: set[int] = set()
        while pending:
            index = pending.pop(0)
            if index in seen or self.flow.is_given(index) or self.flow.is_after(index):
                continue
            seen.add(index)
            if not self._add_aux(index):
                pending += self.flow.values(self.flow.makers[index])

    def _add_aux(self, index: int) -> bool:
        """Whether a value is computed with a loss, or can be: then the loss returns it."""
        for backward in self._passes:
            if index in backward.forward:
                if index != backward.root:
                    backward.aux.append(index)
                return True
        parts = [k for k in self.flow.values(self.flow.makers[index]) if self.flow.is_forward(k)]
        homes = [b for b in self._passes if any(k in b.forward for k in parts)]
        if len(homes) != 1 or all(self.flow.size(k) == 1 for k in parts):
            return False
        homes[0].forward |= self.flow.behind([index])
        homes[0].aux.append(index)
        return True

    # The update.

    def _update(self) -> list[str]:
        """Write it, and return the further entries of the new state."""
        grads = self._gradients()
        self._tree(grads)
        lines = self._scope.lines
        lines.append('updates, opt_state = optimizer.update(grads, state["opt_state"], params)')
        chosen = self.flow.equation(self._final(self.roles.trained[0])).op.name == "choose"
        lines.append(f"{'new_params' if chosen else 'params'} = optax.apply_updates(params, updates)")
        if chosen:
            lines.append('params, opt_state = where(finite, (new_params, opt_state), (params, state["opt_state"]))')
        return [*self._scaler(), *self._kept_gradients(grads)]

    def _scaler(self) -> list[str]:
        if self.roles.scaler is None:
            return []
        number = self._only(lambda name: name == "amp_adjust")
        scale, tracker, *numbers = self.flow.operands(number)[:5]
        given = [self._scope.name(k) for k in (scale, tracker) if isinstance(k, int)]
        factors = [literal(x[0]) for x in numbers if isinstance(x, list)]
        self._scope.lines.append(f"scale, good_steps = adjust_scale({', '.join([*given, *factors, 'finite'])})")
        return ['"scale": scale', '"good_steps": good_steps']

    def _kept_gradients(self, grads: dict[str, int]) -> list[str]:
        if not self.losses.adds_to_state:
            return []
        final = {n: self.program.state["grad"].get(f"{self.roles.module_name}.{n}") for n in self.roles.trained}
        if any(value is None or value.index != grads[n] for n, value in final.items()):
            raise FunctionalizationError(_NO_SOURCE.format("gradients that stay are not those of the update"))
        return ['"grads": grads']

    def _only(self, is_it: Any) -> int:
        found = [k for k, equation in enumerate(self.program.equations) if is_it(equation.op.name)]
        if len(found) != 1:
            raise FunctionalizationError(_NO_SOURCE.format(f"it updates {len(found)} times"))
        return found[0]

    def _gradients(self) -> dict[str, int]:
        """The gradient of each parameter in the optimizer's equations, of which there is one for each group."""
        steps = [k for k, equation in enumerate(self.program.equations) if equation.op.name.endswith("_step")]
        found: dict[str, int] = {}
        for step in steps:
            grads = self._gradients_of(step)
            if found.keys() & grads.keys():
                raise FunctionalizationError(_NO_SOURCE.format("it updates a parameter twice"))
            found |= grads
        if set(found) != set(self.roles.trained):
            raise FunctionalizationError(_NO_SOURCE.format("a parameter is not updated"))
        return found

    def _gradients_of(self, number: int) -> dict[str, int]:
        equation = self.program.equations[number]
        static = dict(zip(equation.op.static_names, equation.static, strict=True))
        is_fresh = static["start"] is not None
        fields = 0 if is_fresh else len(static["fields"])
        first = len(static["numbers"]) + (0 if is_fresh else len(static["counters"]))
        operands = self.flow.operands(number)[first:]
        found: dict[str, int] = {}
        count = len(operands) // (2 + fields)
        for grad, param in zip(operands[:count], operands[count :: 1 + fields], strict=True):
            if not isinstance(grad, int) or not isinstance(param, int) or not self.roles.is_parameter(param):
                raise FunctionalizationError(_NO_SOURCE.format("it updates a parameter twice"))
            found[self.roles.parameter(param)] = grad
        return found

    # What works on all gradients at once.

    def _tree(self, wanted: dict[str, int]) -> None:
        """Write what makes `grads` these."""
        for backward in self._passes:
            if all(backward.sums[self.roles.place(n)] == k for n, k in wanted.items()):
                self.losses.write_until(backward.number)
                return
        makers = {self.flow.makers[k] for k in wanted.values()}
        operator = self.program.equations[min(makers)].op.name
        if len(makers) > 1 or operator not in ("clip_grad_norm", "amp_unscale"):
            raise FunctionalizationError(_NO_SOURCE.format(f"'{operator}' works on single gradients"))
        self._write_on_tree(makers.pop())

    def _write_on_tree(self, number: int) -> None:
        """Write an equation whose operands are a number and all gradients; its results are one more and those."""
        if number in self._on_trees:
            return
        self._on_trees.add(number)
        first, (head, *grads) = self.flow.firsts[number], self.flow.operands(number)
        equation = self.program.equations[number]
        by_gradient = self._names_of([k for k in grads if isinstance(k, int)])
        self._tree(by_gradient)
        if equation.op.name == "amp_unscale":
            assert isinstance(head, int)
            self._scope.lines.append(f"grads, finite = unscale(grads, {self._scope.name(head)})")
            return
        if equation.static != (2.0,):
            raise FunctionalizationError(_NO_SOURCE.format("it clips by another norm than the second"))
        norm = self._scope.names[first] = self._scope.fresh("norm") if self.flow.uses(first) else "_"
        largest = literal(head[0]) if isinstance(head, list) else self._scope.name(head)
        self._scope.lines.append(f"grads, {norm} = clip_grad_norm(grads, {largest})")

    def _names_of(self, grads: list[int]) -> dict[str, int]:
        """The parameter of each gradient, found by going back to a backward pass."""
        for backward in self._passes:
            names = {k: place[1] for place, k in backward.sums.items()}
            if set(grads) == {k for k in names if names[k] in self.roles.trained}:
                return {names[k]: k for k in grads}
        makers = {self.flow.makers[k] for k in grads}
        number = makers.pop()
        if makers or self.program.equations[number].op.name not in ("clip_grad_norm", "amp_unscale"):
            raise FunctionalizationError(_NO_SOURCE.format("it clips or unscales some gradients and not others"))
        before = [k for k in self.flow.operands(number)[1:] if isinstance(k, int)]
        places = {k: name for name, k in self._names_of(before).items()}
        first = self.flow.firsts[number] + 1
        return {places[before[k - first]]: k for k in grads}

    # Results and constants.

    def _written(self, result: Any) -> str:
        if isinstance(result, Value):
            return self._scope.name(result.index)
        if isinstance(result, dict):
            return "{" + ", ".join(f"{k!r}: {self._written(x)}" for k, x in result.items()) + "}"
        if isinstance(result, list | tuple):
            items = [self._written(x) for x in result]
            return listed(items) if isinstance(result, tuple) else f"[{', '.join(items)}]"
        return "None"


def _values(result: Any) -> list[Value]:
    if isinstance(result, Value):
        return [result]
    parts = result.values() if isinstance(result, dict) else result if isinstance(result, list | tuple) else ()
    return [value for part in parts for value in _values(part)]


def _array(constant: Any) -> str:
    array = np.asarray(constant)
    if array.size > SMALL:
        raise FunctionalizationError(
            _NO_SOURCE.format(f"it reads an array of shape {list(array.shape)} that is no argument. Pass it as one")
        )
    return f"jnp.array({array.tolist()!r}, {dtype_name(array.dtype)})"
