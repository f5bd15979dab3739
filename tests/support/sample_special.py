"""Samples of copies of views, special functions, windows, statistics and of writing at positions."""

from outcomes import Operand
from sampling import INF, NAN, at, call, ints, mask, natural, positions, positive, real

COPIES = {
    "alias_copy": [call(real(2, 3))],
    "as_strided_copy": [call(real(6), (2, 2), (1, 2), 1)],
    "diagonal_copy": [call(real(3, 3)), call(real(2, 3, 4), 1, 0, 2)],
    "expand_copy": [call(real(3), (2, 3))],
    "narrow_copy": [call(real(4, 2), 0, 1, 2)],
    "permute_copy": [call(real(2, 3, 4), (2, 0, 1))],
    "select_copy": [call(real(3, 2), 0, 1)],
    "slice_copy": [call(real(5, 2), 0, 1, 4, 2), call(real(3)), call(real(2, 5), -1, -3)],
    "split_copy": [call(real(5), 2)],
    "split_with_sizes_copy": [call(real(5), (2, 3))],
    "squeeze_copy": [call(real(2, 1, 3)), call(real(2, 1, 3), 1)],
    "t_copy": [call(real(2, 3))],
    "transpose_copy": [call(real(2, 3), 0, 1)],
    "unbind_copy": [call(real(2, 3)), call(real(2, 3), 1)],
    "unfold_copy": [call(real(5), 0, 3, 2)],
    "unsqueeze_copy": [call(real(2), 0)],
    "view_copy": [call(real(2, 3), (3, 2))],
    "unsafe_chunk": [call(real(5, 2), 2), call(real(2, 5), 3, 1)],
    "unsafe_split": [call(real(5, 2), 2), call(real(2, 5), 2, 1)],
    "unsafe_split_with_sizes": [call(real(5), (2, 3))],
    "as_strided_scatter": [call(real(6), real(2, 2), (2, 2), (1, 2), 1)],
    "diagonal_scatter": [call(real(3, 3), real(3)), call(real(3, 4), real(2), 2)],
    "select_scatter": [call(real(3, 2), real(2), 0, 1), call(real(3, 2), real(3), -1, -1)],
    "slice_scatter": [call(real(5, 2), real(2, 2), 0, 1, 4, 2), call(real(2, 5), real(2, 3), 1, -3)],
    "dsplit": [call(real(2, 2, 4), 2), call(real(2, 2, 4), (1, 3))],
}
PARTS = {
    "signbit": [call(at([-1.0, 0.0, -0.0, 2.0, -INF])), call(ints(4)), call(mask(3))],
    "isreal": [call(real(3)), call(at([1 + 1j, 2.0], "complex64")), call(ints(2))],
    "frexp": [call(real(2, 3)), call(at([0.0, 8.0, -0.75, INF])), call(ints(2))],
    "ldexp": [call(real(3), ints(3)), call(real(2, 1), real(3))],
    "gcd": [call(ints(5), natural(5)), call(positions([12, 0, -9]), positions([18, 5, 6])), call(real(2), real(2))],
    "lcm": [
        call(ints(5), natural(5)),
        call(positions([4, 0, -9]), positions([6, 5, 6])),
        call(natural(2, 1), natural(3)),
    ],
}
LEFT_OF_ZERO = at([-0.3, -1.5, -2.25, 0.4])
SPECIAL = {
    "polygamma": [call(n, positive(5)) for n in range(4)]
    + [call(n, LEFT_OF_ZERO) for n in range(3)]
    + [call(-1, real(2))],
    "polygamma_": [call(positive(3), 1)],
    "mvlgamma": [call(Operand("above one", (4,)), p) for p in (1, 2)] + [call(at([5.5, 3.25]), p=3)],
    "igamma": [call(positions([1, 2, 4]), positive(3)), call(at([0.5, 2.0, 3.5]), positive(3))],
    "igammac": [call(positions([1, 2, 4]), positive(3)), call(at([0.5, 2.0, 3.5]), positive(3))],
}
WINDOWS = {
    f"{name}_window": [call(n) for n in (0, 1, 2, 5)]
    + [call(5, False), call(4, periodic=True, dtype="float64"), call(-1)]
    for name in ("bartlett", "blackman", "hann", "hamming", "kaiser")
}
WINDOWS["hamming_window"] += [call(5, True, 0.5, 0.4)]
WINDOWS["kaiser_window"] += [call(5, False, 3.0), call(6, True, 8.0)]
STATISTICS = {
    "cov": [
        *(call(real(*shape)) for shape in ((4,), (3, 4), (1, 3))),
        call(real(3, 4), correction=0),
        call(real(2, 3), fweights=natural(3)),
        call(real(2, 3), aweights=positive(3)),
        call(real(2, 3), fweights=natural(3), aweights=positive(3), correction=2),
        call(ints(2, 3)),
    ],
    "corrcoef": [call(real(4)), call(real(3, 4))],
    "pdist": [call(real(4, 3)), *(call(real(3, 2), p) for p in (1.0, 3.0, INF))],
    "gradient": [
        call(real(5)),
        call(real(3, 4)),
        call(real(4, 5), spacing=2.0, edge_order=2),
        call(real(4, 5), dim=1),
        call(real(3, 3), dim=(0, -1), spacing=[0.5, 2.0]),
        call(real(4), spacing=[at([0.0, 0.5, 2.0, 2.5])], edge_order=2),
    ],
}
PLACING = {
    "put": [
        call(real(2, 3), positions([5, 0]), real(2)),
        call(real(2, 3), positions([[1], [4]]), real(2, 1), accumulate=True),
        call(real(3), positions([0, 0]), real(2), True),
    ],
    "index_reduce": [
        call(real(3, 2), 0, positions([0, 2, 0]), real(3, 2), reduce, include_self=include)
        for reduce in ("mean", "prod", "amax", "amin")
        for include in (True, False)
    ],
    "renorm": [call(real(3, 4), 2, 0, 1.0), call(real(2, 3, 2), 1, 1, 3.0), call(real(2, 2), INF, -1, 0.5)],
    "unravel_index": [
        call(positions([5, 0, 3]), (2, 3)),
        call(positions(7), (2, 2, 2)),
        call(positions([[1], [2]]), 4),
    ],
    "fill": [call(real(2, 3), 2.5), call(ints(3), 4), call(mask(2), True)],
    "scalar_tensor": [call(3), call(2.5), call(1, dtype="int64")],
    "empty_permuted": [],  # memory as it is: shapes and dtypes are compared with PyTorch's database
    "empty_strided": [],
    "new_empty_strided": [],
    "nonzero_static": [call(ints(2, 3), size=4), call(mask(5), size=7, fill_value=-2), call(real(), size=2)],
    "sum_to_size": [call(real(2, 3), 3), call(real(2, 3), (2, 1)), call(real(2, 3), 2, 3), call(real(2, 3), 2)],
    "lu_solve": [call(real(3, 2), at([[3.0, 1, 2], [0.5, 4, 1], [0.2, 0.5, 5]]), at([2, 3, 3], "int32"))],
    "nanquantile": [call(NAN, 0.5), call(real(3, 4), at([0.2, 0.7]), dim=1), call(real(2, 3), 0.3, 0, True)],
    "trapz": [call(real(4)), call(real(2, 4), real(4)), call(real(3, 2), dx=0.5, dim=0)],
    "cumulative_trapezoid": [call(real(4)), call(real(2, 4), real(4)), call(real(3, 2), dx=0.5, dim=0)],
    "cfloat": [call(ints(2))],
    "cdouble": [call(ints(2))],
    "__rdiv__": [call(real(3), 2.0), call(natural(3), natural(3))],
    **{
        name: [call(real(1, 2, 3, 4), real(1, 2, 2, 2), mode, padding, corners) for mode, padding, corners in modes]
        for name, modes in {
            "grid_sampler": ((0, 0, False), (1, 1, True)),
            "grid_sampler_2d": ((0, 1, False), (1, 2, True)),
        }.items()
    },
    "grid_sampler_3d": [call(real(1, 2, 2, 3, 3), real(1, 2, 2, 1, 3), 0, 0, False)],
}
