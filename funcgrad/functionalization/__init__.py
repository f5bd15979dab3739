"""Functionalization: a stateful step as a pure function of its state, with a certificate."""

from funcgrad.functionalization.certificate import Certificate as Certificate
from funcgrad.functionalization.functionalize import functionalize as functionalize
from funcgrad.functionalization.refusal import FunctionalizationError as FunctionalizationError
from funcgrad.functionalization.source.check import check_source as check_source
from funcgrad.functionalization.step import PureStep as PureStep
