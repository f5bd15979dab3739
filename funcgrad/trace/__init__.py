"""A recorded computation: record, run, differentiate. Knows no operator of PyTorch and no Tensor."""

from funcgrad.trace.flush import Stats as Stats
from funcgrad.trace.flush import array_of as array_of
from funcgrad.trace.flush import cut as cut
from funcgrad.trace.flush import flush as flush
from funcgrad.trace.flush import stats as stats
from funcgrad.trace.flush import synchronize as synchronize
from funcgrad.trace.op import ALL as ALL
from funcgrad.trace.op import Number as Number
from funcgrad.trace.op import Op as Op
from funcgrad.trace.pullback import Pullback as Pullback
from funcgrad.trace.pullback import is_differentiable as is_differentiable
from funcgrad.trace.pullback import pullback as pullback
from funcgrad.trace.record import NUMBERS as NUMBERS
from funcgrad.trace.record import Equation as Equation
from funcgrad.trace.record import Step as Step
from funcgrad.trace.record import Trace as Trace
from funcgrad.trace.record import current as current
from funcgrad.trace.program import evaluate as evaluate
from funcgrad.trace.record import recording as recording
from funcgrad.trace.value import Aval as Aval
from funcgrad.trace.value import Value as Value
from funcgrad.trace.value import aval_of as aval_of
from funcgrad.trace.value import constant as constant
