"""Cases of `torch.linalg`, `fft`, `special`, `signal.windows` and complex numbers: a function of the module and of leaves, and what it comes to."""

import numpy as np
from outcomes import direction

RANDOM = np.random.RandomState(7)


def matrix(*shape):
    """Numbers around zero, with a strong diagonal where the matrix is square."""
    values = RANDOM.uniform(-1, 1, shape)
    return values + 2 * np.eye(shape[-1]) if len(shape) > 1 and shape[-1] == shape[-2] else values


def positive(*shape):
    """A positive definite matrix."""
    values = RANDOM.uniform(-1, 1, shape)
    return values @ np.swapaxes(values, -1, -2) + np.eye(shape[-1])


A, B, BATCH, TALL, WIDE, VECTOR, SPD = (
    matrix(3, 3), matrix(3, 2), matrix(2, 3, 3), matrix(4, 2), matrix(2, 4), matrix(3), positive(3, 3),
)  # fmt: skip


def orders(x):
    return [((lambda t, a, p=p: t.linalg.norm(a, p)), x) for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)]


LINALG = {
    "inv": [(lambda t, a: t.linalg.inv(a), x) for x in (A, BATCH, TALL, VECTOR)] + [(lambda t, a: a.inverse(), A)],
    "det": [(lambda t, a: t.linalg.det(a), x) for x in (A, BATCH, TALL)] + [(lambda t, a: t.det(a), A), (lambda t, a: t.det(a.long()), A)],
    "slogdet": [(lambda t, a: t.linalg.slogdet(a), x) for x in (A, BATCH)] + [(lambda t, a: t.slogdet(a), A), (lambda t, a: t.logdet(a), SPD), (lambda t, a: t.logdet(-a), SPD)],
    "solve": [(lambda t, a, b: t.linalg.solve(a, b), A, x) for x in (B, VECTOR, WIDE)] + [(lambda t, a, b: t.linalg.solve(a, b), BATCH, B), (lambda t, a, b: t.linalg.solve(a, b, left=False), A, B.T.copy())],
    "cholesky": [(lambda t, a: t.linalg.cholesky(a), SPD), (lambda t, a: t.linalg.cholesky(a, upper=True), SPD), (lambda t, a: t.linalg.cholesky(a), positive(2, 3, 3)), (lambda t, a, b: t.cholesky_solve(b, t.linalg.cholesky(a)), SPD, B), (lambda t, a: t.cholesky_inverse(t.linalg.cholesky(a)), SPD)],
    "solve_triangular": [(lambda t, a, b, u=u: t.linalg.solve_triangular(a, b, upper=u), A, B) for u in (True, False)] + [(lambda t, a, b: t.linalg.solve_triangular(a, b, upper=True, unitriangular=True), A, B), (lambda t, a, b: t.linalg.solve_triangular(a, b, upper=False, left=False), A, B.T.copy())],
    "eigh": [(lambda t, a: t.linalg.eigh(a)[0], SPD), (lambda t, a: t.linalg.eigh(a)[1].abs(), SPD), (lambda t, a: t.linalg.eigvalsh(a), A), (lambda t, a: t.linalg.eigvalsh(a, UPLO="U"), A), (lambda t, a: t.linalg.eigh(a), TALL)],
    "svd": [(lambda t, a: t.linalg.svdvals(a), x) for x in (A, TALL, WIDE, BATCH)] + [(lambda t, a: [x.abs() for x in t.linalg.svd(a, full_matrices=False)], x) for x in (A, TALL)] + [(lambda t, a: (lambda u, s, v: (u * s) @ v.mT)(*t.svd(a)), TALL), (lambda t, a: t.linalg.svd(a), VECTOR)],
    "qr": [(lambda t, a: t.linalg.qr(a), x) for x in (A, TALL)] + [(lambda t, a: t.linalg.qr(a, mode="r")[1].detach(), TALL), (lambda t, a: t.linalg.qr(a, mode="x"), A)],
    "lstsq": [(lambda t, a, b: list(t.linalg.lstsq(a, b))[:3], TALL, matrix(4, 3)), (lambda t, a, b: t.linalg.lstsq(a, b)[0], WIDE, matrix(2, 1)), (lambda t, a, b: t.linalg.lstsq(a, b)[0], TALL, matrix(4))],
    "pinv": [(lambda t, a: t.linalg.pinv(a), x) for x in (A, TALL, WIDE)] + [(lambda t, a: t.pinverse(a), TALL)],
    "matrix_rank": [(lambda t, a: t.linalg.matrix_rank(a), x) for x in (A, TALL, np.ones((3, 3)), BATCH)] + [(lambda t, a: t.matrix_rank(a), A)],
    "norm": [*orders(A), *orders(TALL), (lambda t, a: t.linalg.norm(a), BATCH), (lambda t, a: t.linalg.norm(a, 3), VECTOR), (lambda t, a: t.linalg.norm(a, dim=1), A), (lambda t, a: t.linalg.norm(a, "fro", dim=(0, 2), keepdim=True), BATCH), (lambda t, a: t.linalg.norm(a, 2), BATCH), (lambda t, a: t.linalg.norm(a, "x"), A), (lambda t, a: t.linalg.norm(a.long()), VECTOR), (lambda t, a: t.linalg.vector_norm(a, 1, dim=0), A), (lambda t, a: t.linalg.matrix_norm(a, 2, dim=(0, 1), keepdim=True), BATCH), (lambda t, a: t.linalg.matrix_norm(a), VECTOR), (lambda t, a: t.linalg.cond(a), A)],
    "products": [(lambda t, a, b: t.linalg.cross(a, b), A, VECTOR), (lambda t, a, b: t.linalg.cross(a, b), TALL, TALL), (lambda t, a, b: t.linalg.vecdot(a, b), A, VECTOR), (lambda t, a, b: t.linalg.vecdot(a, b), VECTOR, matrix(2)), (lambda t, a, b: t.linalg.multi_dot([a, b, b.mT]), A, B), (lambda t, a: t.linalg.multi_dot([a]), A), *((lambda t, a, n=n: t.linalg.matrix_power(a, n), A) for n in (0, 1, 3, -2)), (lambda t, a: t.linalg.matrix_power(a, 2), TALL), (lambda t, a: t.linalg.matrix_exp(a), A), (lambda t, a, b: t.spmm(a, b), A, B)],
    "lu": [(lambda t, a: t.linalg.lu(a), x) for x in (A, TALL, WIDE, BATCH, VECTOR)] + [(lambda t, a: t.linalg.lu_factor(a), A)],
    "householder": [(lambda t, a, b: t.linalg.householder_product(a, b[0]), TALL, B)],
    "with info": [(lambda t, a, n=n: getattr(t.linalg, n)(a), SPD) for n in ("inv_ex", "cholesky_ex", "lu_factor_ex")] + [(lambda t, a, b: t.linalg.solve_ex(a, b), A, B)],
    "lu_solve": [(lambda t, a, b, k=k: t.linalg.lu_solve(*t.linalg.lu_factor(a), b, **k), A, B) for k in ({}, {"adjoint": True})] + [(lambda t, a, b: t.linalg.lu_solve(*t.linalg.lu_factor(a), b, left=False), A, B.T.copy())],
    "tensors": [(lambda t, a: t.linalg.tensorinv(a.reshape(2, 2, 4), ind=2), matrix(4, 4)), (lambda t, a, b: t.linalg.tensorsolve(a.reshape(3, 3, 1), b), A, VECTOR), (lambda t, a: t.linalg.vander(a, N=3), VECTOR), (lambda t, a: t.linalg.diagonal(a, offset=1), BATCH), (lambda t, a: t.linalg.matmul(a, a), A)],
    "tolerances": [(lambda t, a, k=k: t.linalg.pinv(a, **k), TALL) for k in ({"atol": 0.1}, {"rtol": 0.5}, {"atol": 0.1, "rtol": 0.3})] + [(lambda t, a, k=k: t.linalg.matrix_rank(a, **k), A) for k in ({"atol": 2.0}, {"rtol": 0.9}, {"tol": 2.0}, {"hermitian": True})],
    "removed": [(lambda t, a, n=n: getattr(t, n)(a), A) for n in ("eig", "symeig", "matrix_rank")] + [(lambda t, a, b, n=n: getattr(t, n)(a, b), A, B) for n in ("solve", "lstsq")],
}  # fmt: skip

SIGNAL, IMAGE, PAIRS = matrix(6), matrix(3, 4), matrix(3, 4, 2)


def one_dimension(name):
    calls = [
        lambda t, a: t.fft.fft(a),
        lambda t, a: t.fft.fft(a, 4),
        lambda t, a: t.fft.fft(a, 8, norm="ortho"),
        lambda t, a: t.fft.fft(a, norm="forward"),
    ]
    return [((lambda t, a, c=c: c(_Renamed(t, name), _input(t, name, a))), SIGNAL) for c in calls]


class _Renamed:
    """A module whose `fft.fft` is another transform."""

    def __init__(self, torch, name):
        self.fft = type("fft", (), {"fft": staticmethod(getattr(torch.fft, name))})


def _input(t, name, a):
    return t.complex(a, a.flip(0)) if name in ("ifft", "irfft", "hfft") else a


def pairs(call):
    return [(lambda t, a: call(t, t.view_as_complex(a)), PAIRS)]


FFT = {
    **{name: one_dimension(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    "several": [(lambda t, a: t.fft.fft2(a), IMAGE), (lambda t, a: t.fft.fftn(a, dim=0), IMAGE), (lambda t, a: t.fft.fft2(a, s=(2, 6)), IMAGE), (lambda t, a: t.fft.rfft2(a, norm="ortho"), IMAGE), *pairs(lambda t, z: t.fft.ifft2(z)), *pairs(lambda t, z: t.fft.irfft2(z)), *pairs(lambda t, z: t.fft.ifftn(z))],
    "hermitian": [(lambda t, a, n=n: getattr(t.fft, n)(a), IMAGE) for n in ("ihfft2", "ihfftn")] + [(lambda t, a, n=n: getattr(t.fft, n)(t.complex(a, a)), IMAGE) for n in ("hfft2", "hfftn")] + [(lambda t, a: t.fft.hfftn(t.complex(a, a), norm="ortho"), IMAGE), (lambda t, a: t.fft.ihfft2(a, s=(2, 3), norm="forward"), IMAGE)],
    "shift": [(lambda t, a: t.fft.fftshift(a), IMAGE), (lambda t, a: t.fft.ifftshift(a, dim=1), IMAGE), (lambda t, a: t.fft.fftfreq(5, 0.5), SIGNAL), (lambda t, a: t.fft.rfftfreq(6), SIGNAL)],
    "errors": [(lambda t, a: t.fft.fft(a, n=0), SIGNAL), (lambda t, a: t.fft.fft(a[0]), SIGNAL), (lambda t, a: t.fft.fft(a, norm="x"), SIGNAL), (lambda t, a: t.fft.rfft(t.complex(a, a)), SIGNAL), (lambda t, a: t.fft.fft(a.half()), SIGNAL)],
    "parts": [*pairs(lambda t, z: t.real(z)), *pairs(lambda t, z: z.imag), *pairs(lambda t, z: t.conj(z).resolve_conj()), *pairs(lambda t, z: t.angle(z)), *pairs(lambda t, z: z.abs()), *pairs(lambda t, z: z * z.conj()), *pairs(lambda t, z: t.view_as_real(z)), *pairs(lambda t, z: z.H.resolve_conj()), *pairs(lambda t, z: t.exp(z)), *pairs(lambda t, z: z / (z + 2))],
    "made": [(lambda t, a, b: t.complex(a, b), SIGNAL, SIGNAL), (lambda t, a, b: t.polar(a.abs(), b), SIGNAL, SIGNAL), (lambda t, a: t.polar(a.abs(), a.double()), SIGNAL), (lambda t, a: t.complex(a.long(), a), SIGNAL), (lambda t, a: t.angle(a), SIGNAL), (lambda t, a: t.view_as_complex(a), SIGNAL), (lambda t, a: t.view_as_complex(a.long()), SIGNAL), (lambda t, a: t.view_as_real(a), SIGNAL), (lambda t, a: t.imag(a), SIGNAL), (lambda t, a: a.H, SIGNAL)],
}  # fmt: skip

NUMBERS, POSITIVE = matrix(2, 3), np.abs(matrix(6)) + 0.2
OF_NUMBERS = ("entr", "erfcx", "i0", "i0e", "i1", "i1e", "log_ndtr", "ndtr", "expit", "sinc", "psi", "gammaln")
OF_POSITIVE = ("modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1")
SPECIAL = {
    **{name: [((lambda t, a, n=name: getattr(t.special, n)(a)), x) for x in (NUMBERS, np.zeros(2))] for name in OF_NUMBERS},
    **{name: [((lambda t, a, n=name: getattr(t.special, n)(a).detach()), POSITIVE)] for name in OF_POSITIVE},
    "erfcx far": [(lambda t, a: t.special.erfcx(a).detach(), np.array([-5.0, 20.0, 45.0, 60.0, 1e4]))],
    "ndtri": [(lambda t, a: t.special.ndtri(a), np.array([0.1, 0.5, 0.99]))],
    "two": [(lambda t, a, b: t.special.xlog1py(a, b), np.array([0.0, 2.0, 0.5]), np.array([-1.0, 0.5, 3.0])), (lambda t, a, b: t.special.zeta(a, b).detach(), POSITIVE + 1.5, POSITIVE), (lambda t, a, b: t.special.gammainc(a.detach(), b), POSITIVE, POSITIVE)],
    "orders": [((lambda t, a, n=n: t.special.polygamma(n, a)), POSITIVE) for n in range(4)] + [(lambda t, a: t.special.multigammaln(a + 2, 3), POSITIVE)],
}  # fmt: skip
WINDOWS = {
    name: [((lambda t, a, n=name, k=k: getattr(t.signal.windows, n)(**k, dtype=a.dtype)), SIGNAL) for k in cases]
    for name, cases in {
        **{name: [{"M": 5}, {"M": 6, "sym": False}, {"M": 1}, {"M": 0}] for name in ("bartlett", "blackman", "cosine", "hann", "hamming", "nuttall", "general_hamming")},
        "exponential": [{"M": 5, "tau": 2.0}, {"M": 5, "sym": False, "center": 1.0}, {"M": 5, "center": 1.0}, {"M": 5, "tau": -1.0}],
        "gaussian": [{"M": 5, "std": 0.9}, {"M": 4, "sym": False}, {"M": 4, "std": 0.0}, {"M": -1}],
        "general_cosine": [{"M": 6, "a": (0.4, 0.3, 0.2)}, {"M": 6, "a": (0.5, 0.5), "sym": False}],
        "kaiser": [{"M": 6}, {"M": 5, "beta": 4.0, "sym": False}],
    }.items()
}  # fmt: skip
CASES = {f"linalg {name}": cases for name, cases in LINALG.items()} | {
    f"fft {name}": cases for name, cases in FFT.items()
}
CASES |= {f"special {name}": cases for name, cases in SPECIAL.items()}
CASES |= {f"windows {name}": cases for name, cases in WINDOWS.items()}


def outcomes(torch, cases, dtype="float32"):
    """Values and gradients of cases, or the first line of the error; all are started before the first is looked at."""
    return [_finished(*started) for started in [_started(torch, case, dtype) for case in cases]]


def _started(torch, case, dtype):
    call, *arrays = case
    leaves = [torch.from_numpy(x.astype(dtype)).requires_grad_() for x in arrays]
    try:
        made = call(torch, *leaves)
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}".splitlines()[0], [], []
    results = list(made) if isinstance(made, tuple | list) else [made]
    ends = [(x, k) for k, x in enumerate(results) if x.requires_grad]
    weights = [torch.from_numpy(direction(np.empty(tuple(x.shape)), k)).to(x.dtype) for x, k in ends]
    found = torch.autograd.grad([x for x, _ in ends], leaves, weights, allow_unused=True) if ends else []
    return "", results, found


def _finished(error, results, found):
    if error:
        return {"error": error}
    arrays = [[None if x is None else x.detach().resolve_conj().numpy() for x in xs] for xs in (results, found)]
    return {"values": arrays[0], "gradients": arrays[1]}


def check(ours, theirs, case, rtol=2e-5, atol=2e-5):
    """Fail unless two outcomes agree; decompositions amplify rounding by the condition of a matrix, here below ten."""
    assert ours.get("error") == theirs.get("error"), case
    for part in ("values", "gradients") if "values" in theirs else ():
        assert len(ours[part]) == len(theirs[part]), case
        for a, b in zip(ours[part], theirs[part], strict=True):
            assert (a is None) == (b is None), f"{case}, {part}"
            if a is not None:
                assert (a.shape, a.dtype) == (b.shape, b.dtype), f"{case}, {part}"
                np.testing.assert_allclose(a, b, rtol, atol, err_msg=f"{case}, {part}")
