"""Which numbers a new layer holds after a seed, to the last bit, items 164 to 166."""

from semantics.bits import bits

SEED = 20_240_607


def _drawn(torch, make):
    """The bits of every parameter of a new module, and of the draw that follows."""
    torch.manual_seed(SEED)
    module = make()
    return [{name: bits(p) for name, p in module.named_parameters()}, bits(torch.rand(2))]


def item_164_layers(torch):
    """Linear and convolutions draw weight then bias by fan-in, recurrent layers every parameter by hidden size."""
    nn = torch.nn
    layers = {
        "Linear": lambda: nn.Linear(7, 5),
        "Linear without bias": lambda: nn.Linear(7, 5, bias=False),
        "Conv1d": lambda: nn.Conv1d(3, 5, 3),
        "Conv2d": lambda: nn.Conv2d(4, 6, (3, 2), groups=2),
        "Conv3d": lambda: nn.Conv3d(2, 3, 2),
        "ConvTranspose2d": lambda: nn.ConvTranspose2d(4, 6, 3, groups=2),
        "Bilinear": lambda: nn.Bilinear(3, 4, 2),
        "Embedding": lambda: nn.Embedding(9, 4, padding_idx=2),
        "EmbeddingBag": lambda: nn.EmbeddingBag(9, 4),
        "RNN": lambda: nn.RNN(3, 4),
        "LSTM": lambda: nn.LSTM(3, 4, num_layers=2, bidirectional=True),
        "LSTM with projection": lambda: nn.LSTM(3, 4, proj_size=2),
        "GRU": lambda: nn.GRU(3, 4, bias=False),
        "RNNCell": lambda: nn.RNNCell(3, 4),
        "LSTMCell": lambda: nn.LSTMCell(3, 4),
        "GRUCell": lambda: nn.GRUCell(3, 4),
        "float64": lambda: nn.Linear(7, 5, dtype=torch.float64),
    }
    return {name: _drawn(torch, make) for name, make in layers.items()}


def item_165_attention_and_norms(torch):
    """Attention draws its output layer first; an encoder's layers are copies; norms and PReLU draw nothing."""
    nn = torch.nn
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2)
    drawn = {
        "MultiheadAttention": lambda: nn.MultiheadAttention(8, 2),
        "of other sizes": lambda: nn.MultiheadAttention(8, 2, kdim=6, vdim=4, add_bias_kv=True),
        "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(8, 2, 12),
        "TransformerDecoderLayer": lambda: nn.TransformerDecoderLayer(8, 2, 12),
        "BatchNorm": lambda: nn.BatchNorm1d(3),
        "LayerNorm": lambda: nn.LayerNorm(3),
        "PReLU": lambda: nn.PReLU(),
    }
    copies = [[torch.equal(p, q), p is q] for p, q in zip(*(part.parameters() for part in encoder.layers), strict=True)]
    return [{name: _drawn(torch, make) for name, make in drawn.items()}, copies]


def _filled(torch, name, *shape, **options):
    torch.manual_seed(SEED)
    x = getattr(torch.nn.init, name)(torch.zeros(*shape), **options)
    return [bits(x), bits(torch.rand(2))]


def item_166_init(torch):
    """`nn.init` draws by fans and gains; `trunc_normal_` draws all anew until every number fits."""
    gain = torch.nn.init.calculate_gain
    fans = ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")
    relu = {"mode": "fan_out", "nonlinearity": "relu"}
    return {
        "fans": {name: [_filled(torch, name, 5, 7), _filled(torch, name, 4, 3, 2, 2)] for name in fans},
        "gain": [_filled(torch, name, 5, 7, gain=gain("tanh")) for name in fans[:2]],
        "fan_out": [_filled(torch, name, 5, 7, **relu) for name in fans[2:]],
        "gains": [
            gain(name).hex() if isinstance(gain(name), float) else gain(name)
            for name in ("linear", "relu", "tanh", "selu")
        ],
        "plain": [_filled(torch, "uniform_", 5, 7, a=-0.5, b=2.0), _filled(torch, "normal_", 5, 7, mean=1.0, std=0.1)],
        "sparse_": _filled(torch, "sparse_", 5, 7, sparsity=0.4),
        "trunc_normal_": [
            _filled(torch, "trunc_normal_", 5, 7),
            _filled(torch, "trunc_normal_", 5, 7, std=2.0, a=-1.0, b=3.0),
            _filled(torch, "trunc_normal_", 5, 7, a=0.8, b=1.2),
        ],
        "orthogonal_": _orthogonal(torch),
    }


def _orthogonal(torch):
    """Orthogonal matrices to four decimals, since every LAPACK rounds in its own way, and the place in the stream."""
    shown = []
    for shape in ((4, 4), (3, 5), (5, 3)):
        torch.manual_seed(SEED)
        x = torch.nn.init.orthogonal_(torch.zeros(*shape), gain=2.0)
        shown.append([[[round(value, 4) for value in row] for row in x.tolist()], bits(torch.rand(2))])
    return shown
