"""Wrong calls whose error PyTorch words well: each takes a torch module and raises."""

import numpy as np

WRONG_DEVICES = (
    *("gpu", "gpu:0", "my_gpu", "CPU", "", ":0", "2", "cuda1", "cuda:", "cuda:01", "cuda:x", "cuda:-1", "cuda 0"),
    *(("gpu", 0), ("cuda:0", 1), ("cuda", -1), ("cuda", "1"), ("cuda", True), -1, 3),
)


def devices(torch):
    return {
        repr(given): (lambda given=given: torch.device(*given) if isinstance(given, tuple) else torch.device(given))
        for given in WRONG_DEVICES
    }


def _wrong_pairs(torch, name):
    """Index and source that fit neither each other nor a matrix of 3 rows and 4 columns."""
    row = torch.tensor([0])
    return {
        "dim": (2, row, torch.ones(1, 4)),
        "more_indices": (0, torch.tensor([0, 1]), torch.ones(1, 4)),
        "fewer_indices": (0, row, torch.ones(2, 4)),
        "no_indices": (0, row[:0], torch.ones(1, 4)),
        "width": (0, row, torch.ones(1, 3)),
        "width_of_nothing": (0, row[:0], torch.ones(0, 3)),
        "vector": (0, row, torch.ones(4)),
        "vector_beyond": (1, row, torch.ones(3)),
        "cube": (0, row, torch.ones(1, 4, 1)),
        "scalar": (0, row, torch.tensor(1.0)),
        "scalar_for_two": (0, torch.tensor([0, 1]), torch.tensor(1.0)),
        "matrix_of_indices": (0, row[None], torch.ones(1, 4)),
        "float_index": (0, row.float(), torch.ones(1, 4)),
        "mask": (0, row.bool(), torch.ones(1, 4)),
        "bytes": (0, row.byte(), torch.ones(1, 4)),
        "dtype": (0, row, torch.ones(1, 4).double()),
        "number": (0, row, 1.0),
        "list": (0, [0], torch.ones(1, 4)),
        **{
            f"{k}_along_{dim}": (dim, torch.tensor([k]), torch.ones(1, 4) if dim == 0 else torch.ones(3, 1))
            for k in (-1, 4)
            for dim in (0, 1)
        },
        "outside_in_int32": (0, torch.tensor([5]).int(), torch.ones(1, 4)),
    }


def pairs_of_index_and_source(torch):
    x = torch.zeros(3, 4)
    calls = {
        f"{name}_{case}": lambda name=name, given=given: getattr(x, name)(*given)
        for name in ("index_add", "index_copy")
        for case, given in _wrong_pairs(torch, name).items()
    }
    calls |= {
        f"index_reduce_{case}": lambda given=given: x.index_reduce(*given, "prod")
        for case, given in _wrong_pairs(torch, "index_reduce").items()
    }
    last, ones = torch.tensor([7]), torch.ones(3, 1, 2)
    truths, complex_ones = torch.ones(8, dtype=torch.bool), torch.ones(8, dtype=torch.complex64)
    return calls | {
        "index_reduce_by_sum": lambda: x.index_reduce(0, last, ones, "sum"),
        "index_reduce_of_truths": lambda: truths.index_reduce(0, last, truths[:1], "amax"),
        "index_reduce_of_complex": lambda: complex_ones.index_reduce(0, last, complex_ones[:1], "prod"),
        "index_reduce_in_the_middle": lambda: torch.zeros(3, 2, 2).index_reduce(1, last, ones, "mean"),
        "scatter_reduce_by_another": lambda: x.scatter_reduce(0, last[None], x, "most"),
        "scatter_reduce_of_truths": lambda: truths.scatter_reduce(0, last, truths, "mean"),
        "scatter_reduce_of_complex": lambda: complex_ones.scatter_reduce(0, last, complex_ones, "amax"),
        "index_add_in_the_middle": lambda: torch.zeros(3, 2, 2).index_add(1, last, ones),
        "index_add_to_a_vector": lambda: torch.zeros(3).index_add(0, last, torch.ones(1)),
        "index_add_to_a_scalar": lambda: torch.tensor(0.0).index_add(0, last, torch.tensor(1.0)),
        "index_add_vector_to_a_scalar": lambda: torch.tensor(0.0).index_add(0, last * 0, torch.ones(1)),
        "index_copy_of_cubes": lambda: torch.zeros(3, 4, 5).index_copy(1, last, torch.ones(3, 1, 6)),
        "index_copy_in_the_middle": lambda: torch.zeros(3, 2, 2).index_copy(1, last, ones),
        "index_copy_to_a_scalar": lambda: torch.tensor(0.0).index_copy(0, last, torch.ones(1)),
        "index_copy_matrix_to_a_scalar": lambda: torch.tensor(0.0).index_copy(0, last * 0, torch.ones(1, 1)),
        "index_add_": lambda: x.index_add_(0, last, torch.ones(1, 4)),
        "index_copy_": lambda: x.index_copy_(0, last, torch.ones(1, 4)),
    }


def fills(torch):
    x, row = torch.zeros(3, 4), torch.tensor([0])
    wrong = {
        "dim": (2, row, 1.0),
        "outside": (0, torch.tensor([3]), 1.0),
        "outside_from_the_end": (1, torch.tensor([-5]), 1.0),
        "matrix_of_indices": (0, row[None], 1.0),
        "int32": (0, row.int(), 1.0),
        "mask": (0, row.bool(), 1.0),
        "dtype_before_dim": (4, row.float(), 1.0),
        "vector": (0, row, torch.ones(1)),
        "complex": (0, row, 1j),
        "complex_tensor": (0, row, torch.tensor(1j)),
    }
    calls = {case: lambda given=given: x.index_fill(*given) for case, given in wrong.items()}
    return calls | {"in_place": lambda: x.index_fill_(*wrong["outside"])}


WRONG_OPTIONS = {
    "Adam": [{"betas": (0, 0.9)}, {"betas": (0.9, 0)}, {"betas": (0, 0)}, {"betas": (1, 0.9)}, {"betas": (0.9,)}],
    "AdamW": [{"betas": (0, 0.9)}, {"betas": (0.9, 1.0)}, {"betas": None}, {"eps": None}, {"weight_decay": None}],
    "Adamax": [{"lr": "0.1"}, {"lr": None}, {"betas": ("a", 0.9)}],
    "NAdam": [{"lr": None}, {"eps": None}],
    "RMSprop": [{"lr": None}, {"eps": "1"}],
    "Adafactor": [{"lr": None}, {"weight_decay": None}],
    "Muon": [{"lr": None}, {"ns_steps": 100}, {"ns_coefficients": (1, 2)}],
}


def options(torch):
    """The first step of an optimizer whose options are wrong."""

    def step(name, given):
        p = torch.nn.Parameter(torch.ones(2, 2))
        p.grad = torch.ones(2, 2)
        getattr(torch.optim, name)([p], **given).step()

    return {
        f"{name}_{given}": lambda name=name, given=given: step(name, given)
        for name, wrong in WRONG_OPTIONS.items()
        for given in wrong
    }


def singular_matrices(torch):
    """Factorizations that do not exist, of matrices whose elimination is exact."""
    matrices = [[2.0, 1.0], [1.0, 3.0]], [[1.0, 2.0], [2.0, 4.0]], [[1.0, 0.0], [0.0, -1.0]]
    one, ones, linalg = torch.tensor(matrices[1]), torch.ones(2, 1), torch.linalg
    found = {}
    cases = {"one": matrices[1], "batch": matrices, "nested_batch": [matrices], "zeros": [[0.0] * 3] * 3}
    for case, values in cases.items():
        x = torch.tensor(values)
        b = torch.ones(x.shape[-1], 1)
        found |= {
            f"inv_{case}": lambda x=x: linalg.inv(x),
            f"inverse_{case}": lambda x=x: x.inverse(),
            f"solve_{case}": lambda x=x, b=b: linalg.solve(x, b),
            f"cholesky_{case}": lambda x=x: linalg.cholesky(x),
            f"upper_cholesky_{case}": lambda x=x: linalg.cholesky(x, upper=True),
            f"old_cholesky_{case}": lambda x=x: torch.cholesky(x),
            f"lu_factor_{case}": lambda x=x: linalg.lu_factor(x),
            f"inv_ex_{case}": lambda x=x: linalg.inv_ex(x, check_errors=True),
            f"cholesky_ex_{case}": lambda x=x: linalg.cholesky_ex(x * 1, check_errors=True),
            f"lu_factor_ex_{case}": lambda x=x: linalg.lu_factor_ex(x * 1, check_errors=True),
            f"solve_ex_{case}": lambda x=x, b=b: linalg.solve_ex(x * 1, b, check_errors=True),
        }
    return found | {
        "power": lambda: linalg.matrix_power(one, -1),
        "to_the_left": lambda: linalg.solve(one, ones.T, left=False),
        "nan": lambda: linalg.cholesky(torch.tensor([[float("nan")]])),
    }


def places(torch):
    """Positions, counts and sorters that reach outside."""
    F, x, wrong = torch.nn.functional, torch.ones(2, 3), torch.tensor([[0, 5]])
    sequence, value, counts = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0]), torch.tensor([1, 2])
    table = torch.ones(3, 2)

    def search(*sorter, **how):
        return torch.searchsorted(sequence, value, sorter=torch.tensor(sorter) if sorter else None, **how)

    return {
        "multilabel_margin": lambda: F.multilabel_margin_loss(x, torch.tensor([[0, 5, -1], [0, 1, 2]])),
        "max_unpool1d": lambda: F.max_unpool1d(x[None], torch.tensor([[[0, 1, 50]] * 2]), 2),
        "max_unpool2d": lambda: F.max_unpool2d(x[None], torch.tensor([[[0, 1, -2]] * 2]), 2),
        "max_unpool3d": lambda: F.max_unpool3d(x[None, None], torch.tensor([[[[0, 1, -2]] * 2]]), 2),
        "bag": lambda: F.embedding_bag(wrong, table),
        "bag_of_maxima": lambda: F.embedding_bag(wrong, table, mode="max"),
        "bag_in_double": lambda: F.embedding_bag(wrong, table.double()),
        "renormed_bag": lambda: F.embedding_bag(wrong, table, max_norm=1.0),
        "repeats": lambda: x.repeat_interleave(counts - 2, dim=0),
        "repeats_of_all": lambda: x.repeat_interleave(-1, dim=0),
        "repeats_in_float": lambda: x.repeat_interleave(counts.float(), dim=0),
        "repeats_for_more": lambda: x.repeat_interleave(torch.tensor([1, 2, 3]), dim=0),
        "repeats_in_rows": lambda: x.repeat_interleave(counts[None], dim=0),
        "repeats_of_places": lambda: torch.repeat_interleave(torch.tensor([1, -2])),
        "repeats_to_another_size": lambda: x.repeat_interleave(counts, dim=0, output_size=4),
        "sorter": lambda: search(0, 1, 3),
        "sorter_before": lambda: search(0, -1, 2),
        "short_sorter": lambda: search(0, 1),
        "side": lambda: search(side="up"),
        "both_sides": lambda: search(side="left", right=True),
        "rows_of_boundaries": lambda: torch.searchsorted(x, torch.ones(3, 3)),
        "no_boundaries": lambda: torch.searchsorted(torch.tensor(1.0), value),
        "mask": lambda: x.masked_select(torch.tensor([True, False])),
    }


def ranges(torch):
    """Ends, sizes and counts that give no tensor."""
    inf, x = torch.inf, torch.tensor([1.0, 2.0])
    found = {
        "histc_of_inf": lambda: torch.histc(torch.tensor([1.0, inf])),
        "histc_to_inf": lambda: torch.histc(x, min=0, max=inf),
        "histc_backwards": lambda: torch.histc(x, min=3, max=2),
        "histc_without_bins": lambda: torch.histc(x, bins=0),
        "histogram_of_inf": lambda: torch.histogram(torch.tensor([1.0, inf]), 5),
        "histogram_to_inf": lambda: torch.histogram(x, 5, range=(0.0, inf)),
        "combinations": lambda: torch.combinations(x, -1),
        "combinations_of_rows": lambda: torch.combinations(x[None], 2),
        "arange_to_inf": lambda: torch.arange(0, inf),
        "arange_backwards": lambda: torch.arange(0, -0.5),
        "arange_without_step": lambda: torch.arange(0, 3, 0.5, dtype=torch.int64),
        "eye": lambda: torch.eye(2, -3),
        "linspace": lambda: torch.linspace(0, 1, -1),
        "logspace": lambda: torch.logspace(0, 1, -1),
        "logspace_of_vectors": lambda: torch.logspace(x, 1, 2),
    }
    for name in ("triu_indices", "tril_indices"):
        call = getattr(torch, name)
        found[name] = lambda call=call: call(-1, 2)
        found[f"{name}_of_columns"] = lambda call=call: call(1, -2)
        found[f"{name}_in_float"] = lambda call=call: call(1, 2, dtype=torch.float32)
    for mode, ndim in (("nearest", 3), ("linear", 3), ("bilinear", 4), ("trilinear", 5)):
        image = torch.ones((1, 1, 2, 2, 2)[:ndim])
        found[mode] = lambda image=image, mode=mode: torch.nn.functional.interpolate(image, size=0, mode=mode)
    return found


def matrices_without_numbers(torch):
    """Decompositions of matrices with nan, small and large, known and pending; with infinities for `eig`."""
    found = {}
    for n in (2, 300):
        for batch in ((), (2,)):
            x = torch.ones(*batch, n, n)
            x[..., 0, 1] = torch.nan
            linalg = torch.linalg
            calls = (
                *(linalg.svd, linalg.svdvals, linalg.pinv, linalg.matrix_rank, linalg.cond, torch.svd, torch.pinverse),
                *(lambda a: torch.linalg.matrix_norm(a, "nuc"), lambda a: torch.linalg.eig(a * torch.inf)),
            )
            found |= {f"{k}_{n}_{batch}": lambda x=x, call=call: call(x * 1) for k, call in enumerate(calls)}
        found[f"factor_{n}"] = lambda n=n: torch.cholesky_inverse(torch.eye(n).index_fill(0, torch.tensor([n - 1]), 0))
    return found


WRONG_ARGUMENTS = """
torch.sum(x, axes=0); torch.sum(x, 0, 1, 2, 3); torch.sum(x, "a"); torch.sum(); torch.sum(x, (1.5,), keepdim=True)
torch.sum(x, [0, 1.0]); torch.sum(x, 0, dtype=1); torch.sum(x, x=1); torch.sum(input=x, dim=0, x=1); torch.sum([1, 2])
torch.add(x); torch.add(x, "a"); torch.add(x, x, 1, 1); torch.add(x, x, alpha=x); x.add(); x.add(1, 2, 3)
x.view("a"); x.view(1.5); x.view(2, "a"); x.view(); x.reshape("a", 2); x.squeeze("a"); x.squeeze((1.5,))
torch.zeros("a"); torch.zeros(2, dtype="float"); torch.ones(2, device=1.5); torch.full((2,), "a"); torch.arange()
torch.median(x, axes=1); torch.median(x, 1.0); torch.median(x, 0, dim=1); torch.relu(); torch.relu(x, 1)
torch.relu(x, input=1); torch.relu(x, y=1); torch.cat(x); torch.cat([x, 1]); torch.cat([x, x], "a"); torch.cat()
torch.mm(x); torch.mm(x, 1); torch.mm(x, x, torch.float, 1, 1); torch.where(x > 0, 1, [1]); torch.where(1, x, x)
torch.where(x > 0, self=1, other="a"); torch.clamp(x, 1, "a"); torch.tensor_split(x, "a", 1); torch.pow(2, 3)
torch.std(x, "a"); torch.gather(x, index=x); torch.transpose(x, 0); x.transpose(0, "a"); x.permute(0, "a")
x.item(1); x.exp(out=x); x.exp(1); x.numpy(1); x.size("a"); x.fill_("a"); x.masked_fill(x > 0, "a"); x.sum(out=x)
x.sum(0, out=x); x.max(0, out=(x, x)); x.sort(out=(x, x)); x.clamp(0, out=x); x.all(out=x); x.index_fill(0, "a", 1)
torch.linalg.norm(1); torch.linalg.inv(1); torch.linalg.det(); torch.linalg.vector_norm(x, ord="a")
torch.fft.fft(x, "a"); torch.fft.fft(x, axes=0); torch.special.expit("a"); torch.linalg.diagonal(x, axis1=0)
torch.nn.functional.linear(x, 1); torch.nn.functional.conv2d(x, 1); torch.nn.functional.conv2d(1, x, None, 1, 1, 1, 1)
np.sum(x); np.mean(x, axis=0); np.max(x); np.any(x)
"""


def arguments(torch):
    names = {"torch": torch, "np": np, "x": torch.ones(3, 4)}
    calls = [call.strip() for call in WRONG_ARGUMENTS.replace("\n", ";").split(";")]
    return {call: lambda call=call: eval(call, names) for call in calls if call}


def kinds_of_operands(torch):
    """Operators that take no complex numbers, no integers or no booleans."""
    z, x, whole = torch.ones(2, dtype=torch.complex64), torch.ones(2), torch.tensor([1, 2])
    truth = torch.tensor([True, False])
    orders = "lt le gt ge maximum minimum fmax fmin floor_divide remainder fmod atan2 hypot copysign xlogy"
    bits = "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift"
    found = {name: lambda name=name: getattr(torch, name)(z, z) for name in (orders + " " + bits).split()}
    found |= {f"{name}_of_both": lambda name=name: getattr(torch, name)(x, z) for name in orders.split()}
    shifts = {name: lambda name=name: getattr(torch, name)(truth, truth) for name in bits.split()[3:]}
    return (
        found
        | {f"{name}_of_truth": call for name, call in shifts.items()}
        | {
            "bitwise_not": lambda: torch.bitwise_not(z),
            "hypot_of_integers": lambda: torch.hypot(whole, whole),
            "heaviside_of_both": lambda: torch.heaviside(x, whole),
            "heaviside_of_complex": lambda: torch.heaviside(z, z),
            "less": lambda: z < 1,
            "and_in_place": lambda: truth.clone().bitwise_and_(x),
            "remainder_in_place": lambda: whole.clone().remainder_(z),
            "less_in_place": lambda: x.clone().bitwise_left_shift_(1j),
            "less_than_complex": lambda: x < 1j,
        }
    )


def factors(torch):
    """Sums and differences that a factor or a mask does not fit, and powers in place of a narrow tensor."""
    operands = {
        "truth": torch.tensor([True, False]),
        "whole": torch.tensor([1, 2]),
        "x": torch.ones(2),
        "z": torch.ones(2, dtype=torch.complex64),
        "number": True,
    }
    found = {
        f"{name}_{a}_{b}": lambda name=name, a=a, b=b, alpha=alpha: getattr(torch, name)(
            operands[a], operands[b], alpha=alpha
        )
        for name in ("sub", "rsub")
        for a, b, alpha in (
            *(
                ("truth", "truth", 2),
                ("truth", "x", 0.5),
                ("x", "truth", 1j),
                ("whole", "truth", 2),
                ("z", "number", 2),
            ),
            *(("x", "x", True), ("whole", "x", True), ("whole", "whole", 1j), ("x", "whole", 1j)),
        )
    }
    sums = (("x", "truth", True), ("x", "x", 1j), ("whole", "whole", 0.5), ("z", "x", True))
    added = {f"add_{a}_{b}": lambda a=a, b=b, c=c: torch.add(operands[a], operands[b], alpha=c) for a, b, c in sums}
    powers = {f"power_of_{name}": lambda x=x: x.clone().float_power_(2) for name, x in [*operands.items()][:4]}
    exponents = {"ldexp": lambda: torch.ldexp(operands["x"], operands["truth"])}
    wide = {"power": lambda: torch.ones(2, dtype=torch.float64).float_power_(2j)}
    return found | added | powers | exponents | wide


def transforms_of_nothing(torch):
    fft, sizes = torch.fft, ((2, 1), (3, 0))
    one = {
        f"{name}_{n}_{length}": lambda name=name, n=n, length=length: getattr(fft, name)(torch.ones(2, n), length)
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
        for n, length in ((1, 0), (0, None), *(((1, None),) if name in ("irfft", "hfft") else ()))
    }
    many = {
        f"{name}_{size}": lambda name=name, size=size: getattr(fft, name)(torch.ones(size))
        for name in ("fft2", "ifftn", "rfftn", "irfft2", "irfftn", "hfft2", "ihfftn")
        for size in (sizes if name[0] == "h" or name[:2] == "ir" else sizes[1:])
    }
    return one | many | {"s": lambda: fft.fftn(torch.ones(2, 3), (2, 0))}


TABLES = (
    transforms_of_nothing,
    arguments,
    factors,
    kinds_of_operands,
    devices,
    pairs_of_index_and_source,
    fills,
    places,
    ranges,
    options,
    singular_matrices,
    matrices_without_numbers,
)
