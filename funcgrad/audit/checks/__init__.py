"""The checks, a file each, by their codes."""

from __future__ import annotations

from funcgrad.audit.check import Check
from funcgrad.audit.checks.accumulation_not_divided import AccumulationNotDivided
from funcgrad.audit.checks.cleared_before_step import ClearedBeforeStep
from funcgrad.audit.checks.cleared_within_window import ClearedWithinWindow
from funcgrad.audit.checks.clip_before_backward import ClipBeforeBackward
from funcgrad.audit.checks.clip_while_scaled import ClipWhileScaled
from funcgrad.audit.checks.evaluation_gradient import EvaluationGradient
from funcgrad.audit.checks.inspect_while_scaled import InspectWhileScaled
from funcgrad.audit.checks.kept_graph import KeptGraph
from funcgrad.audit.checks.lost_window import LostWindow
from funcgrad.audit.checks.missing_zero_grad import MissingZeroGrad
from funcgrad.audit.checks.other_loss_gradient import OtherLossGradient
from funcgrad.audit.checks.parameter_in_no_optimizer import ParameterInNoOptimizer
from funcgrad.audit.checks.replaced_parameters import ReplacedParameters
from funcgrad.audit.checks.saved_value_changed import SavedValueChanged
from funcgrad.audit.checks.scaled_step import ScaledStep
from funcgrad.audit.checks.scaler_misuse import ScalerMisuse
from funcgrad.audit.checks.scheduler_first import SchedulerFirst
from funcgrad.audit.checks.step_without_backward import StepWithoutBackward
from funcgrad.audit.checks.unequal_weights import UnequalWeights
from funcgrad.audit.checks.unreached_parameter import UnreachedParameter
from funcgrad.audit.checks.update_in_graph import UpdateInGraph
from funcgrad.audit.checks.zeros_for_none import ZerosForNone

CHECKS: tuple[type[Check], ...] = (
    MissingZeroGrad,
    ClearedBeforeStep,
    StepWithoutBackward,
    EvaluationGradient,
    OtherLossGradient,
    AccumulationNotDivided,
    LostWindow,
    ClipBeforeBackward,
    ClipWhileScaled,
    ScaledStep,
    ScalerMisuse,
    ParameterInNoOptimizer,
    ReplacedParameters,
    UnreachedParameter,
    ZerosForNone,
    UpdateInGraph,
    KeptGraph,
    SchedulerFirst,
    InspectWhileScaled,
    UnequalWeights,
    SavedValueChanged,
    ClearedWithinWindow,
)
BY_CODE = {check.code: check for check in CHECKS}
