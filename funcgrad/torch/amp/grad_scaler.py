"""torch.amp.GradScaler: scales a loss so that gradients of low precision do not vanish.

The scale and the count of good steps are tensors; only `step` looks at a value, whether a gradient was infinite.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum
from typing import Any

import numpy as np

from funcgrad.errors import warn
from funcgrad.torch._dispatch import apply
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._in_place import assign
from funcgrad.torch._listening import listeners
from funcgrad.torch._ops.inplace import copy_, fill_
from funcgrad.torch._tensor import Tensor, wrap
from funcgrad.torch._types import float16
from funcgrad.torch.amp._scaling import ADJUST, UNSCALE
from funcgrad.torch.optim.optimizer import Optimizer
from funcgrad.trace import constant

NO_CUDA = "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling."
NO_SCALE = (
    "Attempted {} but _scale is None.  This may indicate your script did not use scaler.scale(loss or outputs) earlier "
    "in the iteration."
)
UNSCALED_BEFORE = "unscale_() has already been called on this optimizer since the last update()."
UNSCALED_LATE = "unscale_() is being called after step()."
STEPPED_BEFORE = "step() has already been called since the last update()."
NOT_CHECKED = "No inf checks were recorded for this optimizer."
NOTHING_CHECKED = "No inf checks were recorded prior to update."
CLOSURE = "Closure use is not currently supported if GradScaler is enabled."
EMPTY_STATE = "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
WRONG_SCALE = (
    "new_scale should be a float or a 1-element torch.cuda.FloatTensor or torch.FloatTensor with requires_grad=False."
)
PICKLED_WITHIN = (
    "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after scaler.update()."
)


class OptState(Enum):
    """What has been done with an optimizer's gradients since the last `update`."""

    READY = 0
    UNSCALED = 1
    STEPPED = 2


def _ready() -> dict[str, Any]:
    return {"stage": OptState.READY, "found_inf_per_device": {}}


class GradScaler:
    """Scales losses, unscales gradients, skips steps with infinite gradients, and adjusts the scale.

    Args:
        device: `cpu` or `cuda`; without a GPU a scaler for `cuda` is disabled.
        init_scale: The first scale.
        growth_factor: What the scale is multiplied by after `growth_interval` good steps.
        backoff_factor: What it is multiplied by after a skipped step.
        growth_interval: Good steps in a row before the scale grows.
        enabled: If not, everything passes through unchanged.

    Raises:
        AssertionError: A factor is on the wrong side of 1.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        if device == "cuda" and enabled:
            warn(NO_CUDA)
        self._enabled = enabled and device != "cuda"
        if not self._enabled:
            return
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale = init_scale
        self._scale: Tensor | None = None
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._init_growth_tracker = 0
        self._growth_tracker: Tensor | None = None
        self._per_optimizer_states: dict[int, dict[str, Any]] = defaultdict(_ready)

    def scale(self, outputs: Any) -> Any:
        """The outputs times the scale.

        Args:
            outputs: A tensor, or tensors in lists, tuples and other iterables.

        Raises:
            ValueError: Something else is among them.
        """
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            for listener in listeners:
                listener.scales(self)
            return outputs * self._started_scale()  # pyright: ignore[reportOperatorIssue]
        if not isinstance(outputs, Iterable):
            raise ValueError("outputs must be a Tensor or an iterable of Tensors")
        scaled = map(self.scale, outputs)
        return type(outputs)(scaled) if isinstance(outputs, list | tuple) else scaled

    def unscale_(self, optimizer: Optimizer) -> None:
        """Divide the gradients of an optimizer by the scale, in place, and note whether one is infinite or nan.

        Raises:
            AssertionError: Nothing has been scaled yet.
            RuntimeError: They are unscaled already, or the step is over.
            ValueError: They are of float16.
        """
        if not self._enabled:
            return
        scale = self._checked_scale("unscale_")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.UNSCALED:
            raise RuntimeError(UNSCALED_BEFORE)
        if state["stage"] is OptState.STEPPED:
            raise RuntimeError(UNSCALED_LATE)
        grads = [p._grad for group in optimizer.param_groups for p in group["params"] if p._grad is not None]
        if any(grad.dtype is float16 for grad in grads):
            raise ValueError("Attempting to unscale FP16 gradients.")
        for listener in listeners:
            listener.unscales(self, optimizer)
        if grads:
            with no_grad():
                found, *unscaled = apply(UNSCALE, (), scale, *grads)
                for grad, new in zip(grads, unscaled, strict=True):
                    assign(grad, new)
            state["found_inf_per_device"] = {scale.device: found}
        state["stage"] = OptState.UNSCALED

    def step(self, optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        """Unscale if that has not been done, and step unless a gradient is infinite or nan.

        Returns:
            What the optimizer's `step` returns, or None if it was skipped.

        Raises:
            AssertionError: Nothing has been scaled yet, or no parameter has a gradient.
            RuntimeError: The step has been done already, or there is a closure.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError(CLOSURE)
        self._checked_scale("step")
        state = self._per_optimizer_states[id(optimizer)]
        if state["stage"] is OptState.STEPPED:
            raise RuntimeError(STEPPED_BEFORE)
        if state["stage"] is OptState.READY:
            self.unscale_(optimizer)
        found = state["found_inf_per_device"]
        if not found:
            raise AssertionError(NOT_CHECKED)
        result = None if any(map(float, found.values())) else optimizer.step(*args, **kwargs)
        state["stage"] = OptState.STEPPED
        return result

    def update(self, new_scale: Any = None) -> None:
        """Adjust the scale at the end of an iteration.

        Args:
            new_scale: The scale to set instead, a float or a tensor of one element.

        Raises:
            AssertionError: Nothing has been scaled or checked, or the new scale is no number.
        """
        if not self._enabled:
            return
        scale = self._checked_scale("update")
        with no_grad():
            if new_scale is not None:
                self._set_scale(scale, new_scale)
            else:
                self._adjust(scale)
        self._per_optimizer_states = defaultdict(_ready)

    def get_scale(self) -> float:
        """The scale; 1.0 when disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else float(self._scale)  # pyright: ignore[reportArgumentType]

    def get_growth_factor(self) -> float:
        """What the scale is multiplied by after enough good steps."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after enough good steps."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied by after a skipped step."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale is multiplied by after a skipped step."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """Good steps in a row before the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set how many good steps in a row make the scale grow."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale, its factors and the count of good steps; empty when disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._get_growth_tracker(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave; nothing happens when disabled.

        Raises:
            RuntimeError: It was saved from a disabled scaler.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(EMPTY_STATE)
        self._init_scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._init_growth_tracker = state_dict["_growth_tracker"]
        if self._scale is not None and self._growth_tracker is not None:
            fill_(self._scale, self._init_scale)
            fill_(self._growth_tracker, self._init_growth_tracker)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self._enabled:
            if self._per_optimizer_states:
                raise AssertionError(PICKLED_WITHIN)
            state["_init_scale"], state["_init_growth_tracker"] = self.get_scale(), self._get_growth_tracker()
            state["_scale"] = state["_growth_tracker"] = None
        return state

    def _get_growth_tracker(self) -> int:
        if not self._enabled:
            return 0
        return self._init_growth_tracker if self._growth_tracker is None else int(self._growth_tracker)  # pyright: ignore[reportArgumentType]

    def _started_scale(self) -> Tensor:
        if self._scale is None:
            self._scale = wrap(constant(np.array(self._init_scale, np.float32)))
            self._growth_tracker = wrap(constant(np.array(self._init_growth_tracker, np.int32)))
        return self._scale

    def _checked_scale(self, name: str) -> Tensor:
        if self._scale is None:
            raise AssertionError(NO_SCALE.format(name))
        return self._scale

    def _set_scale(self, scale: Tensor, new_scale: Any) -> None:
        if isinstance(new_scale, float):
            fill_(scale, new_scale)
        elif new_scale._aval.size == 1 and not new_scale.requires_grad:
            copy_(scale, new_scale)
        else:
            raise AssertionError(WRONG_SCALE)

    def _adjust(self, scale: Tensor) -> None:
        found = [x for state in self._per_optimizer_states.values() for x in state["found_inf_per_device"].values()]
        if not found:
            raise AssertionError(NOTHING_CHECKED)
        assert self._growth_tracker is not None
        factors = float(self._growth_factor), float(self._backoff_factor), int(self._growth_interval)
        new_scale, tracker = apply(ADJUST, (), scale, self._growth_tracker, *factors, *found)
        assign(scale, new_scale)
        assign(self._growth_tracker, tracker)
