"""Registries of transforms onto constrained regions: `biject_to` gives bijections, `transform_to` good enough ones."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

from funcgrad.torch.distributions import constraints, transforms

_Factory = Callable[[Any], transforms.Transform]


class ConstraintRegistry:
    """What leads from unconstrained numbers to a region: a transform by the region's class."""

    def __init__(self) -> None:
        self._registry: dict[type, _Factory] = {}

    def register(self, constraint: Any, factory: _Factory | None = None) -> Any:
        """Say how to make the transform for a class of regions.

        Args:
            constraint: A class of regions, or one of its objects.
            factory: Makes the transform of a region; without it the result is a decorator.

        Raises:
            TypeError: `constraint` is neither.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, constraints.Constraint):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> transforms.Transform:
        """The transform onto a region.

        Raises:
            NotImplementedError: None is registered.
        """
        if type(constraint) not in self._registry:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return self._registry[type(constraint)](constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _for_both(*kinds: Any) -> Callable[[_Factory], _Factory]:
    def register(factory: _Factory) -> _Factory:
        for kind in kinds:
            biject_to.register(kind, factory)
            transform_to.register(kind, factory)
        return factory

    return register


def _independent(registry: ConstraintRegistry) -> _Factory:
    return lambda region: transforms.IndependentTransform(
        registry(region.base_constraint), region.reinterpreted_batch_ndims
    )


def _of_pieces(registry: ConstraintRegistry) -> _Factory:
    return lambda region: transforms.CatTransform([registry(c) for c in region.cseq], region.dim, region.lengths)


def _of_slices(registry: ConstraintRegistry) -> _Factory:
    return lambda region: transforms.StackTransform([registry(c) for c in region.cseq], region.dim)


@_for_both(constraints.greater_than, constraints.greater_than_eq)
def _above(region: Any) -> transforms.Transform:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(region.lower_bound, 1)])


@_for_both(constraints.less_than)
def _below(region: Any) -> transforms.Transform:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(region.upper_bound, -1)])


@_for_both(constraints.interval, constraints.half_open_interval)
def _between(region: Any) -> transforms.Transform:
    lower, upper = region.lower_bound, region.upper_bound
    if all(isinstance(bound, Number) for bound in (lower, upper)) and (lower, upper) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform(
        [transforms.SigmoidTransform(), transforms.AffineTransform(lower, upper - lower)]
    )


_for_both(constraints.real)(lambda region: transforms.identity_transform)
_for_both(constraints.corr_cholesky)(lambda region: transforms.CorrCholeskyTransform())
for _registry in (biject_to, transform_to):
    _registry.register(constraints.independent, _independent(_registry))
    _registry.register(constraints.cat, _of_pieces(_registry))
    _registry.register(constraints.stack, _of_slices(_registry))
biject_to.register(constraints.simplex, lambda region: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda region: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda region: transforms.LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda region: transforms.PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda region: transforms.PositiveDefiniteTransform())
