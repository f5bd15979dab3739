"""Distribution: the base of every family.

A family says where its parameters may lie (`arg_constraints`), where its samples lie (`support`), and has the two
shapes: `batch_shape` of independent distributions, `event_shape` of one sample.
"""

from __future__ import annotations

from typing import Any, Self

from funcgrad.errors import warn
from funcgrad.torch._grad_mode import no_grad
from funcgrad.torch._tensor import Tensor
from funcgrad.torch._types import Size
from funcgrad.torch.distributions.constraints import is_dependent
from funcgrad.torch.distributions.utils import lazy_property

_TURN_OFF = (
    "Please {}initialize the distribution with `validate_args=False` to turn off validation."  # the end of two warnings
)


class _Missing:
    """What a family has not said."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        raise NotImplementedError


class Distribution:
    """A family of probability distributions.

    Args:
        batch_shape: Of the parameters.
        event_shape: Of one sample.
        validate_args: Whether parameters and values are checked; None for the class's default, which is yes.

    Raises:
        ValueError: A parameter lies outside its constraint.
    """

    # Each is a value of the class, or a property where it depends on the parameters.
    arg_constraints: Any = _Missing()  # {name of a parameter: where it may lie}
    support: Any = _Missing()  # where samples lie
    has_rsample: Any = False
    has_enumerate_support: Any = False
    _validate_args: bool = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Set whether distributions check their parameters where they are not told."""
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: tuple[int, ...] = (),
        event_shape: tuple[int, ...] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        try:
            constraints = self.arg_constraints
        except NotImplementedError:
            warn(
                f"{type(self)} does not define `arg_constraints`. " + _TURN_OFF.format("set `arg_constraints = {}` or ")
            )
            return
        judged = [
            (name, constraint, getattr(self, name), constraint.check(getattr(self, name)).all())
            for name, constraint in constraints.items()
            if not is_dependent(constraint) and not self._is_derived(name)
        ]  # all recorded before the first is looked at, so that they are one program
        for name, constraint, value, valid in judged:
            if not valid.item():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) "
                    f"of distribution {self!r} to satisfy the constraint {constraint!r}, "
                    f"but found invalid values:\n{value}"
                )

    def _is_derived(self, name: str) -> bool:
        return name not in self.__dict__ and isinstance(getattr(type(self), name, None), lazy_property)

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one sample of one distribution."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expected value."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self)} does not implement mode".replace("funcgrad.", ""))

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Samples of shape (*sample_shape, *batch_shape, *event_shape), without a graph."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Samples that are a differentiable function of the parameters."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Tensor:
        """`n` samples: the deprecated form of `sample((n,))`."""
        warn("sample_n(n) will be deprecated. Use .sample((n,)) instead", FutureWarning)
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at a value; of shape (*sample_shape, *batch_shape)."""
        raise NotImplementedError

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a sample not above the value."""
        raise NotImplementedError

    def icdf(self, value: Tensor) -> Tensor:
        """The value below which a sample lies with this probability."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, along a new first dimension."""
        raise NotImplementedError

    def entropy(self) -> Tensor:
        """The expected -log_prob."""
        raise NotImplementedError

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The distribution with its batch dimensions expanded; no memory is copied.

        A parameter that stands on the instance and in `arg_constraints` is expanded; a family that keeps more than
        these has an `expand` of its own.
        """
        new = self._get_checked_instance(self._family(), _instance)
        new.__dict__.update(self.__dict__)
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__:
                value = self.__dict__[name]
                event = 0 if is_dependent(constraint) else constraint.event_dim
                new.__dict__[name] = value.expand(Size(batch_shape) + value.shape[value.ndim - event :])
        new._batch_shape = Size(batch_shape)
        return new

    @classmethod
    def _family(cls) -> type:
        """The nearest class that PyTorch has, too."""
        # While `funcgrad run` runs a script, classes say that they are from PyTorch's modules.
        return next(c for c in cls.__mro__ if c.__module__.removeprefix("funcgrad.").startswith("torch.distributions"))

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """A new instance for `expand`, which a subclass with an `__init__` of its own must define."""
        if _instance is None and type(self).__init__ is not cls.__init__:
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _check(self, value: Tensor) -> None:
        if self._validate_args:
            self._validate_sample(value)

    def _validate_sample(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        self._validate_shape(value.shape)
        try:
            support = self.support
        except NotImplementedError:
            warn(f"{type(self)} does not define `support` to enable sample validation. " + _TURN_OFF.format(""))
            return
        assert support is not None
        if not support.check(value).all().item():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"to be within the support ({support!r}) of the distribution {self!r}, "
                f"but found invalid values:\n{value}"
            )

    def _validate_shape(self, shape: Size) -> None:
        if shape[len(shape) - len(self._event_shape) :] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {shape} vs {self._event_shape}.")
        expected = self._batch_shape + self._event_shape
        for i, j in zip(reversed(shape), reversed(expected), strict=False):
            if i != j and 1 not in (i, j):
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {expected}.")

    def __repr__(self) -> str:
        shown = [(name, self.__dict__[name]) for name in self.arg_constraints if name in self.__dict__]
        inside = ", ".join(f"{name}: {value if value.numel() == 1 else value.shape}" for name, value in shown)
        return f"{type(self).__name__}({inside})"
