"""Wrong calls whose error PyTorch words well: each takes a torch module and raises."""

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
    last, ones = torch.tensor([7]), torch.ones(3, 1, 2)
    return calls | {
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


TABLES = (devices, pairs_of_index_and_source, fills, options, singular_matrices)
