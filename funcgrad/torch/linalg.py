"""torch.linalg: linear algebra on batches of matrices."""

from funcgrad.errors import missing_from as _missing_from
from funcgrad.torch._ops.householder import householder_product as householder_product
from funcgrad.torch._ops.linalg import matmul as matmul
from funcgrad.torch._ops.lu import lu as lu
from funcgrad.torch._ops.lu import lu_factor as lu_factor
from funcgrad.torch._ops.matrix import cholesky as cholesky
from funcgrad.torch._ops.matrix import det as det
from funcgrad.torch._ops.matrix import eig as eig
from funcgrad.torch._ops.matrix import eigh as eigh
from funcgrad.torch._ops.matrix import eigvals as eigvals
from funcgrad.torch._ops.matrix import eigvalsh as eigvalsh
from funcgrad.torch._ops.matrix import inv as inv
from funcgrad.torch._ops.matrix import lstsq as lstsq
from funcgrad.torch._ops.matrix import matrix_exp as matrix_exp
from funcgrad.torch._ops.matrix import matrix_power as matrix_power
from funcgrad.torch._ops.matrix import matrix_rank as matrix_rank
from funcgrad.torch._ops.matrix import multi_dot as multi_dot
from funcgrad.torch._ops.matrix import pinv as pinv
from funcgrad.torch._ops.matrix import qr as qr
from funcgrad.torch._ops.matrix import slogdet as slogdet
from funcgrad.torch._ops.matrix import solve as solve
from funcgrad.torch._ops.matrix import solve_triangular as solve_triangular
from funcgrad.torch._ops.matrix import svd as svd
from funcgrad.torch._ops.matrix import svdvals as svdvals
from funcgrad.torch._ops.matrix_norms import cond as cond
from funcgrad.torch._ops.matrix_norms import cross as cross
from funcgrad.torch._ops.matrix_norms import matrix_norm as matrix_norm
from funcgrad.torch._ops.matrix_norms import norm as norm
from funcgrad.torch._ops.matrix_norms import vecdot as vecdot
from funcgrad.torch._ops.matrix_norms import vector_norm as vector_norm
from funcgrad.torch._ops.out import OF_LINALG as _OF_LINALG
from funcgrad.torch._ops.out import functions as _out_functions
from funcgrad.torch._ops.singular import LinAlgError as LinAlgError
from funcgrad.torch._ops.solvers import cholesky_ex as cholesky_ex
from funcgrad.torch._ops.solvers import diagonal as diagonal
from funcgrad.torch._ops.solvers import inv_ex as inv_ex
from funcgrad.torch._ops.solvers import lu_factor_ex as lu_factor_ex
from funcgrad.torch._ops.solvers import lu_solve as lu_solve
from funcgrad.torch._ops.solvers import solve_ex as solve_ex
from funcgrad.torch._ops.solvers import tensorinv as tensorinv
from funcgrad.torch._ops.solvers import tensorsolve as tensorsolve
from funcgrad.torch._ops.solvers import vander as vander

globals().update(_out_functions(globals(), _OF_LINALG, "linalg_"))
__getattr__ = _missing_from(__name__)
