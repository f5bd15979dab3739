"""torch.return_types: the classes of results with named fields."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops import histogram as _histogram
from funcgrad.torch._ops import householder as _householder
from funcgrad.torch._ops import lu as _lu
from funcgrad.torch._ops import matrix as _matrix
from funcgrad.torch._ops import matrix_twins as _twins
from funcgrad.torch._ops import results as _results

_CLASSES = (
    *(_histogram.HISTOGRAM, _householder.GEQRF, _lu.LINALG_LU, _lu.LINALG_LU_FACTOR, _lu.LU_UNPACK),
    *(_matrix.LINALG_EIG, _matrix.LINALG_EIGH, _matrix.LINALG_LSTSQ, _matrix.LINALG_QR, _matrix.LINALG_SLOGDET),
    *(_matrix.LINALG_SVD, _twins.TRIANGULAR_SOLVE, _results.AMINMAX),
    *_twins.RESULTS.values(),
    *_results.VALUES_AND_INDICES.values(),
)
globals().update({made.__name__: made for made in _CLASSES})

__getattr__ = _missing_from(__name__)
