"""Samples of matrix products and contractions."""

from outcomes import Operand
from sampling import at, call, ints, real

LINALG = {
    "mm": [
        call(real(2, 3), real(3, 2)),
        call(real(2, 3), real(2, 3)),
        call(real(3), real(3, 2)),
        call(real(0, 3), real(3, 2)),
        call(real(2, 3), ints(3, 2)),
        call(ints(2, 3), ints(3, 2)),
    ],
    "matmul": [
        call(real(2, 3), real(3, 4)),
        call(real(3), real(3)),
        call(real(2, 3), real(3)),
        call(real(3), real(3, 2)),
        call(real(2, 2, 3), real(3, 2)),
        call(real(2, 2, 3), real(2, 3, 1)),
        call(real(2, 1, 2, 3), real(3, 3, 2)),
        call(real(2, 2, 3), real(3)),
        call(real(3), real(2, 3, 2)),
        call(real(), real(3)),
        call(real(2, 3), real(2, 3)),
        call(real(2, 3), real(2)),
        call(real(3), real(2)),
    ],
    "dot": [
        call(real(3), real(3)),
        call(real(3), real(2)),
        call(real(2, 3), real(3)),
        call(real(3), ints(3)),
        call(ints(3), ints(3)),
    ],
    "vdot": [call(real(3), real(3))],
    "inner": [call(real(3), real(3)), call(real(2, 3), real(4, 3)), call(real(3), 2.0)],
    "mv": [call(real(2, 3), real(3)), call(real(2, 3), real(2)), call(real(3), real(3))],
    "bmm": [call(real(2, 2, 3), real(2, 3, 2)), call(real(2, 2, 3), real(2, 2, 2)), call(real(2, 3), real(2, 3, 2))],
    "outer": [call(real(3), real(2)), call(real(2, 2), real(2))],
    "ger": [call(real(3), real(2))],
    "addmm": [
        call(real(2, 2), real(2, 3), real(3, 2)),
        call(real(2), real(2, 3), real(3, 2), beta=0.5, alpha=2),
        call(real(2, 2), real(2, 3), real(2, 2)),
    ],
    "addmv": [call(real(2), real(2, 3), real(3)), call(real(2), real(2, 3), real(3), beta=0.5, alpha=2)],
    "addr": [call(real(2, 3), real(2), real(3)), call(real(2, 3), real(2), real(3), beta=0.5, alpha=2)],
    "baddbmm": [
        call(real(2, 2, 2), real(2, 2, 3), real(2, 3, 2)),
        call(real(1, 2), real(2, 2, 3), real(2, 3, 2), beta=0.5, alpha=2),
    ],
    "addbmm": [
        call(real(2, 2), real(2, 2, 3), real(2, 3, 2)),
        call(real(2, 2), real(2, 2, 3), real(2, 3, 2), beta=0.5, alpha=2),
    ],
    "einsum": [
        call("ij,jk->ik", real(2, 3), real(3, 2)),
        call("ij->ji", real(2, 3)),
        call("bij,bjk->bik", [real(2, 2, 3), real(2, 3, 2)]),
        call("...i,i->...", real(2, 3), real(3)),
        call("ii", real(3, 3)),
        call("i,j", real(2), real(3)),
        call("ij,jk", real(2, 3), real(2, 3)),
    ],
    "tensordot": [call(real(2, 3), real(3, 4), 1), call(real(2, 3, 4), real(4, 3), dims=([1, 2], [1, 0]))],
    "kron": [call(real(2, 2), real(1, 3)), call(real(2), real(3))],
    "cross": [call(real(2, 3), real(2, 3)), call(real(3, 2), real(3, 2), dim=0), call(real(2), real(2))],
    "cdist": [
        call(real(2, 3), real(4, 3)),
        call(real(2, 3), real(4, 3), p=1.0),
        call(at([[1.0, 2.0]]), at([[1.0, 2.0]])),
    ],
    "linear": [
        call(real(2, 3), real(4, 3), real(4)),
        call(Operand("probability", (3,)), Operand("probability", (4, 3)), real(4)),
        call(real(2, 2, 3), real(4, 3)),
        call(real(2, 3), real(3, 4)),
    ],
}
