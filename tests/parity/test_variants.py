"""Functions of torch that have other parameters than those of torch.nn.functional, beside the real PyTorch."""

import numpy as np
import pytest
import torch as real

import funcgrad.torch as shim

pytestmark = [pytest.mark.usefixtures("eager"), pytest.mark.filterwarnings("ignore:.*deprecated")]

STREAM = np.random.RandomState(3)
X, Y, Z = (STREAM.uniform(-1, 1, (4, 3)) for _ in range(3))
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
TABLE, INDEX = STREAM.uniform(-1, 1, (5, 2)), np.array([[0, 4], [2, 2]])
MATRICES = [STREAM.uniform(-1, 1, shape) for shape in [(4, 3), (4, 2), (8, 3), (8, 2), (8,), (8,)]]
CALLS = {
    "dropout": lambda t, x, y, z, s: t.dropout(x, 0.5, True),
    "dropout while not training": lambda t, x, y, z, s: t.dropout(x, 0.5, False),
    "dropout_": lambda t, x, y, z, s: t.dropout_(x * 1, 0.5, train=True),
    "alpha_dropout": lambda t, x, y, z, s: t.alpha_dropout(x, 0.3, True),
    "feature_dropout": lambda t, x, y, z, s: t.feature_dropout(x, 0.5, True),
    "feature_alpha_dropout": lambda t, x, y, z, s: t.feature_alpha_dropout(x, 0.5, True),
    "kl_div": lambda t, x, y, z, s: t.kl_div(x, y.abs()),
    "kl_div sum": lambda t, x, y, z, s: t.kl_div(x, y, 2, log_target=True),
    "poisson_nll_loss": lambda t, x, y, z, s: t.poisson_nll_loss(x, y.abs(), True, False, 1e-8, 1),
    "bce": lambda t, x, y, z, s: t.binary_cross_entropy_with_logits(x, y.abs(), z.abs().detach(), reduction=1),
    "cosine_embedding_loss": lambda t, x, y, z, s: t.cosine_embedding_loss(x, y, s, 0.1, 2),
    "triplet_margin_loss": lambda t, x, y, z, s: t.triplet_margin_loss(x, y, z, 2.0),
    "hinge_embedding_loss": lambda t, x, y, z, s: t.hinge_embedding_loss(x[:, 0], s, 1.5, 0),
    "margin_ranking_loss": lambda t, x, y, z, s: t.margin_ranking_loss(x[:, 0], y[:, 0], s),
    "frobenius_norm": lambda t, x, y, z, s: t.frobenius_norm(x, 1),
    "nuclear_norm": lambda t, x, y, z, s: t.nuclear_norm(x),
    "conv_tbc": lambda t, x, y, z, s: t.conv_tbc(x.reshape(3, 2, 2), y.reshape(2, 2, 3), z[0], 1),
    "max_pool1d_with_indices": lambda t, x, y, z, s: t.max_pool1d_with_indices(x, 2)[1],
    "max_pool2d_with_indices": lambda t, x, y, z, s: t.nn.functional.max_pool2d_with_indices(x[None], 2, 1)[0],
    "adaptive_max_pool1d_with_indices": lambda t, x, y, z, s: t.nn.functional.adaptive_max_pool1d_with_indices(x, 2)[1],
    "clone in other order": lambda t, x, y, z, s: x.clone().swapaxes_(0, 1) + y.clone().swapdims_(0, 1),
    "heaviside_": lambda t, x, y, z, s: x.detach().clone().heaviside_(y.detach()),
    "conj_physical_": lambda t, x, y, z, s: t.conj_physical_(x * 1),
}


def outcome(torch, name):
    torch.manual_seed(0)
    given = [torch.tensor(x, requires_grad=True) for x in (X, Y, Z)]
    made = CALLS[name](torch, *given, torch.tensor(SIGNS))
    if made.requires_grad:
        made.sum().backward()
    return [made.tolist(), *(None if x.grad is None else x.grad.tolist() for x in given)]


@pytest.mark.parametrize("name", CALLS)
def test_a_function_and_its_gradients(name):
    for theirs, ours in zip(outcome(real, name), outcome(shim, name), strict=True):
        assert (theirs is None) == (ours is None)
        if theirs is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def test_cells_and_tables():
    for name, states, rows in [
        ("rnn_tanh_cell", 1, 2),
        ("rnn_relu_cell", 1, 2),
        ("gru_cell", 1, 6),
        ("lstm_cell", 2, 8),
    ]:
        found = []
        for torch in (real, shim):
            x, h, w, v, b, c = (torch.tensor(m) for m in MATRICES)
            hidden = (h, h * 2) if states == 2 else h
            made = getattr(torch, name)(x, hidden, w[:rows], v[:rows], b[:rows], c[:rows])
            without = getattr(torch, name)(x, hidden, w[:rows], v[:rows])
            both = (*made, *without) if states == 2 else (made, without)
            found.append([y.tolist() for y in both])
        np.testing.assert_allclose(found[1], found[0], rtol=1e-12)
    for torch in (real, shim):
        table = torch.tensor(TABLE, requires_grad=True)
        torch.embedding(table, torch.tensor(INDEX), 2).sum().backward()
        assert table.grad[:, 0].tolist() == [1, 0, 0, 0, 1]
        table.grad = None
        torch.embedding(table, torch.tensor(INDEX)).sum().backward()
        assert table.grad[:, 0].tolist() == [1, 0, 2, 0, 1]


def facts(torch):
    """What small names give."""
    x = torch.ones(2, 3)
    yield [torch.sym_max(1, 2.0), torch.sym_min(3, 2), torch.sym_int(-2.5), torch.sym_float(2), torch.sym_not(True)]
    yield [torch.sym_ite(True, 1, 2), torch.sym_sqrt(4), torch.sym_sum([1, 2]), isinstance(3, torch.SymInt)]
    yield [x.name, x.is_nested, x.is_mkldnn, x.is_sparse_csr, x.is_xla]
    yield [str(torch.get_autocast_cpu_dtype()), str(torch.get_autocast_gpu_dtype())]
    yield [torch.is_autocast_cpu_enabled(), torch.is_autocast_cache_enabled(), torch.clear_autocast_cache()]
    with torch.autocast("cpu"):
        yield [torch.is_autocast_cpu_enabled()]
    pack = torch.nn.utils.rnn.pack_sequence([torch.ones(2), torch.ones(1)])
    yield [str(getattr(pack, kind)().data.dtype) for kind in ("double", "float", "half", "long", "int")]
    yield [pack.is_pinned(), pack.is_cuda]


def test_small_names():
    assert list(facts(shim)) == list(facts(real))


def containers(torch):
    nn = torch.nn

    def made():
        return nn.Sequential(nn.Linear(1, 1), nn.ReLU(), nn.Tanh())

    def shown(change):
        net = made()
        try:
            return repr((change(net), net))
        except (IndexError, ValueError, TypeError, AssertionError) as error:
            return type(error).__name__, str(error).replace("funcgrad.", "").replace(
                "nn._containers", "nn.modules.container"
            )

    yield from map(
        shown,
        [
            lambda net: net.__delitem__(0),
            lambda net: net.__delitem__(slice(0, 2)),
            lambda net: net.__delitem__(-1),
            lambda net: net.__delitem__(9),
            lambda net: net.pop(1),
            lambda net: net.insert(1, nn.Sigmoid()),
            lambda net: net.insert(-1, nn.Sigmoid()),
            lambda net: net.insert(4, nn.Sigmoid()),
            lambda net: net + nn.Sequential(nn.Sigmoid()),
            lambda net: net.__iadd__(nn.Sequential(nn.Sigmoid())),
            lambda net: net.__iadd__([nn.Sigmoid()]),
            lambda net: net * 2,
            lambda net: 2 * net,
            lambda net: net.__imul__(2),
        ],
    )
    held = nn.ParameterDict({"a": torch.ones(1)})
    yield repr(held | nn.ParameterDict({"b": torch.ones(1)})), list(reversed(held))
    yield repr(held.setdefault("c", torch.zeros(1))), held.popitem()[0], repr(held.copy()), list(held.fromkeys("xy", 3))
    held.clear()
    yield len(held)


def test_containers():
    assert list(containers(shim)) == list(containers(real))
