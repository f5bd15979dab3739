"""Pure training on pytrees: the state, the step that turns it into the next one, and the loop around it."""

from funcgrad.train.loop import Visit as Visit
from funcgrad.train.loop import fit as fit
from funcgrad.train.loop import print_loss as print_loss
from funcgrad.train.state import TrainState as TrainState
from funcgrad.train.step import StepMetrics as StepMetrics
from funcgrad.train.step import make_train_step as make_train_step
