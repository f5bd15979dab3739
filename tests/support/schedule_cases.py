"""Schedules under PyTorch's class names with their options; the base learning rate is 0.1."""

from typing import Any

BASE_LR = 0.1
STEPS = 26
SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "step": ("StepLR", {"step_size": 3, "gamma": 0.5}),
    "step_default": ("StepLR", {"step_size": 7}),
    "milestones": ("MultiStepLR", {"milestones": [2, 5, 5, 11]}),
    "constant": ("ConstantLR", {}),
    "constant_factor": ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
    "linear": ("LinearLR", {}),
    "linear_down": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 12}),
    "exponential": ("ExponentialLR", {"gamma": 0.9}),
    "polynomial": ("PolynomialLR", {}),
    "polynomial_square": ("PolynomialLR", {"total_iters": 20, "power": 2.0}),
    "cosine": ("CosineAnnealingLR", {"T_max": 6}),
    "cosine_floor": ("CosineAnnealingLR", {"T_max": 10, "eta_min": 0.01}),
    "restarts": ("CosineAnnealingWarmRestarts", {"T_0": 4}),
    "restarts_doubling": ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.001}),
    "one_cycle": ("OneCycleLR", {"max_lr": 1.0, "total_steps": 26}),
    "one_cycle_linear": ("OneCycleLR", {"max_lr": 0.5, "total_steps": 26, "anneal_strategy": "linear"}),
    "one_cycle_three": ("OneCycleLR", {"max_lr": 0.5, "total_steps": 26, "pct_start": 0.4, "three_phase": True}),
    "triangular": ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4}),
    "triangular2": ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "triangular2"}),
    "exp_range": (
        "CyclicLR",
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "step_size_down": 5, "mode": "exp_range", "gamma": 0.95},
    ),
}
