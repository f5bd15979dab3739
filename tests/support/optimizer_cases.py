"""Option sets of every optimizer, and the small problem on which they are compared with PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

OPTIONS: dict[str, tuple[dict[str, Any], ...]] = {
    "SGD": (
        {},
        {"lr": 0.01},
        {"lr": 0.1, "weight_decay": 0.5},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.5},
        {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1, "maximize": True},
    ),
    "Adam": (
        {},
        {"lr": 0.01},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 0.01},
        {"lr": 0.1, "betas": (0.0, 0.99)},
        {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ),
    "AdamW": (
        {},
        {"lr": 0.1},
        {"lr": 0.1, "weight_decay": 0},
        {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True},
    ),
    "RMSprop": (
        {},
        {"lr": 0.001},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
        {"weight_decay": 0.1, "centered": True},
        {"weight_decay": 0.1, "momentum": 0.9},
        {"alpha": 0.9, "eps": 0.01, "centered": True, "momentum": 0.1, "maximize": True},
    ),
    "Adagrad": (
        {},
        {"lr": 0.1, "weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
        {"initial_accumulator_value": 0.1, "eps": 0.01},
        {"lr": 0.1, "lr_decay": 0.5, "weight_decay": 0.1},
    ),
    "Adadelta": (
        {},
        {"lr": 0.01},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
        {"rho": 0.95, "eps": 0.001, "weight_decay": 0.9},
    ),
    "Adamax": (
        {},
        {"lr": 0.1},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 0.5},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
    ),
    "NAdam": (
        {},
        {"lr": 0.1, "betas": (0.5, 0.9), "eps": 0.01},
        {"momentum_decay": 0.006},
        {"weight_decay": 0.1, "momentum_decay": 0.006},
        {"weight_decay": 0.1, "momentum_decay": 0.006, "decoupled_weight_decay": True},
        {"weight_decay": 0.1, "maximize": True},
    ),
    "RAdam": (
        {},
        {"lr": 0.1, "eps": 1e-6},
        {"lr": 0.1, "betas": (0.5, 0.9)},
        {"lr": 0.1, "betas": (0.9, 0.5)},
        {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True},
        {"weight_decay": 0.1, "maximize": True},
    ),
    "ASGD": (
        {},
        {"lr": 0.1, "lambd": 0.1},
        {"lr": 0.1, "t0": 5, "alpha": 0.5},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
    ),
    "Rprop": (
        {},
        {"lr": 0.0002},
        {"etas": (0.5, 1.5)},
        {"step_sizes": (0.005, 0.05)},
        {"maximize": True},
    ),
    "Adafactor": (
        {},
        {"lr": 0.3, "weight_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
        {"beta2_decay": -1.0},
        {"d": 1.5, "eps": (0.1, 0.5)},
    ),
    "Muon": (
        {},
        {"lr": 0.1, "weight_decay": 0.2},
        {"lr": 0.1, "momentum": 0.8, "nesterov": False, "ns_steps": 3},
        {"lr": 0.1, "ns_coefficients": (3.4, -4.7, 2.0), "adjust_lr_fn": "match_rms_adamw"},
    ),
}
ILLEGAL: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("SGD", {"lr": -1}, "Invalid learning rate: -1"),
    ("SGD", {"momentum": -0.5}, "Invalid momentum value: -0.5"),
    ("SGD", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ("SGD", {"lr": -1, "momentum": -0.5}, "Invalid learning rate: -1"),
    ("SGD", {"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
    (
        "SGD",
        {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
        "Nesterov momentum requires a momentum and zero dampening",
    ),
    ("Adam", {"lr": -0.1}, "Invalid learning rate: -0.1"),
    ("Adam", {"betas": (1.0, 0.999)}, "Invalid beta parameter at index 0: 1.0"),
    ("Adam", {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
    ("Adam", {"eps": -1}, "Invalid epsilon value: -1"),
    ("Adam", {"eps": -1, "betas": (1.0, 0.999)}, "Invalid epsilon value: -1"),
    ("AdamW", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ("RMSprop", {"momentum": -1}, "Invalid momentum value: -1"),
    ("RMSprop", {"alpha": -1}, "Invalid alpha value: -1"),
    ("Adagrad", {"lr_decay": -0.5}, "Invalid lr_decay value: -0.5"),
    ("Adagrad", {"initial_accumulator_value": -1}, "Invalid initial_accumulator_value value: -1"),
    ("Adadelta", {"rho": 1.1}, "Invalid rho value: 1.1"),
    ("Adamax", {"betas": (0.9, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
    ("NAdam", {"momentum_decay": -0.2}, "Invalid momentum_decay value: -0.2"),
    ("RAdam", {"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ("ASGD", {"weight_decay": -0.5}, "Invalid weight_decay value: -0.5"),
    ("Rprop", {"etas": (1.0, 0.5)}, "Invalid eta values: 1.0, 0.5"),
    ("Adafactor", {"lr": -1}, "Learning rate should be >= 0 but is: -1"),
    ("Adafactor", {"beta2_decay": 0.5}, "beta2_decay should be <= 0 but is: 0.5"),
    ("Adafactor", {"eps": (-1, 1e-3)}, "epsilon1 should be >= 0 but is: -1"),
    ("Adafactor", {"eps": (None, -1)}, "epsilon2 should be >= 0 but is: -1"),
    ("Adafactor", {"d": 0.5}, "Clipping threshold d should be >= 1 but is: 0.5"),
    ("Muon", {"momentum": -1}, "momentum should be >= 0 but is: -1"),
    ("Muon", {"weight_decay": -1}, "weight decay should be >= 0 but is: -1"),
    ("Muon", {"adjust_lr_fn": "rms"}, "Adjust learning rate function rms is not supported"),
)
CASES = [(name, index) for name, sets in OPTIONS.items() for index in range(len(sets))]
RECORDED_STEPS = 12
LONG_RUN, SEEN = 200, slice(19, None, 20)  # steps, and those of them that are recorded
START = {
    "bias": np.array(0.75),
    "weight": np.array([[0.5, -1.25], [2.0, 0.125], [-0.375, 1.0]]),
}


def start_of(name: str) -> dict[str, np.ndarray]:
    """The parameters at the start; Muon takes matrices alone."""
    return {leaf: value for leaf, value in START.items() if name != "Muon" or value.ndim == 2}


def packed(trajectory: dict[str, np.ndarray]) -> np.ndarray:
    """A trajectory and the state at its end as one vector, which is what the recording holds."""
    names = sorted(trajectory, key=lambda name: ("." in name, name))
    return np.concatenate([np.ravel(trajectory[name]) for name in names])


def history_in(vector: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """The trajectory in a recorded vector."""
    history, begin = {}, 0
    for leaf, value in start_of(name).items():
        size = RECORDED_STEPS * value.size
        history[leaf] = vector[begin : begin + size].reshape(RECORDED_STEPS, *value.shape)
        begin += size
    return history


def gradients(name: str, index: int, params: dict[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
    """The gradients at a step: those of a quadratic bowl (a hill to climb), and a wave so that they change sign."""
    sign = -1.0 if OPTIONS[name][index].get("maximize") else 1.0
    return {leaf: sign * 0.5 * value + _wave(START[leaf].shape, step) for leaf, value in params.items()}


def _wave(shape: tuple[int, ...], step: int) -> np.ndarray:
    return np.sin(0.7 * step + np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape))
