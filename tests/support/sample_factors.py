"""Samples of factorizations, histograms and spectra."""

from outcomes import Operand
from sampling import at, call, natural, positive, real

SQUARE = at([[2.0, 1.0, 0.5], [4.0, -3.0, 1.0], [-1.0, 0.5, 3.0]])
TALL = at([[2.0, 1.0], [4.0, -3.0], [-1.0, 0.5]])
PIVOTS = Operand("values", dtype="int32", values=[2, 3, 3])

FACTORS = {
    "lu": [call(SQUARE), call(TALL), call(real(2, 3, 3)), call(SQUARE, get_infos=True), call(real(3))],
    "lu_unpack": [
        call(SQUARE, PIVOTS),
        call(at([[2.0, 1.0, 0.5], [4.0, -3.0, 1.0]]), Operand("values", dtype="int32", values=[2, 2])),
        call(SQUARE, PIVOTS, False),
        call(SQUARE, PIVOTS, True, False),
        call(SQUARE, natural(3)),
    ],
    "geqrf": [call(SQUARE), call(TALL), call(real(2, 3))],
    "orgqr": [
        call(TALL, at([1.5, 0.7])),
        call(real(2, 4, 3), real(2, 3)),
        call(real(4, 3), real(2)),
        call(real(2, 3), real(3)),
        call(real(3, 2), real(3)),
    ],
    "norm_except_dim": [call(real(2, 3, 4), 2, d) for d in (0, 1, 2, -1)] + [call(real(2, 3), 2, 5), call(real(3, 2))],
    "_weight_norm": [
        call(real(2, 3, 4), positive(2, 1, 1)),
        call(real(2, 3, 4), positive(1, 3, 1), 1),
        call(real(2, 3, 4), positive(1, 1, 4), 2),
        call(real(2, 3), positive(), -1),
    ],
    "histogram": [
        call(real(20), 5),
        call(real(4, 5), bins=4, range=(-2.0, 1.5)),
        call(real(9), at([-2.0, 0.0, 0.5, 2.0])),
        call(real(9), 3, weight=positive(9)),
        call(real(9), 3, weight=positive(9), density=True),
        call(at([1.0, 1.0]), 4),
        call(at([0.0, 1.0, 2.0, 3.0]), 3),
        call(natural(4), 3),
        call(real(4), 3, range=(1.0, 0.0)),
        call(real(4), -3),
    ],
    "nextafter": [
        call(real(4), real(2, 4)),
        call(at([1.0, 0.0, -1.0, 2.0]), at([2.0, -1.0, -1.0, float("nan")])),
        call(natural(3), natural(3)),
    ],
    "stft": [
        call(real(30), 8, return_complex=True),
        call(real(2, 30), 8, 3, window=positive(8), return_complex=True),
        call(real(30), 8, 2, 5, positive(5), center=False, return_complex=True),
        call(real(30), 8, 4, normalized=True, onesided=False, pad_mode="constant", return_complex=True),
        call(real(30), 8, 4, 6, return_complex=True),
        call(real(30), 8),
    ],
}
