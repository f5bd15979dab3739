"""Schedules: hyperparameters as functions of the step, with PyTorch's laws and step convention."""

from funcgrad.optim.schedules._schedule import Schedule as Schedule
from funcgrad.optim.schedules.cosine import cosine_annealing_lr as cosine_annealing_lr
from funcgrad.optim.schedules.cosine import cosine_annealing_warm_restarts as cosine_annealing_warm_restarts
from funcgrad.optim.schedules.cycle import cyclic_lr as cyclic_lr
from funcgrad.optim.schedules.cycle import one_cycle_lr as one_cycle_lr
from funcgrad.optim.schedules.cycle import one_cycle_momentum as one_cycle_momentum
from funcgrad.optim.schedules.decay import constant_lr as constant_lr
from funcgrad.optim.schedules.decay import exponential_lr as exponential_lr
from funcgrad.optim.schedules.decay import lambda_lr as lambda_lr
from funcgrad.optim.schedules.decay import linear_lr as linear_lr
from funcgrad.optim.schedules.decay import multi_step_lr as multi_step_lr
from funcgrad.optim.schedules.decay import polynomial_lr as polynomial_lr
from funcgrad.optim.schedules.decay import step_lr as step_lr
