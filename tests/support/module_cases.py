"""Modules and functions of `nn`, with the input that each is tried on: rows for both PyTorch and the shim.

A row is (name, constructor arguments, call arguments); names of functions begin with "F.". Arrays stand for tensors:
floating-point ones require grad, unless they are in `FIXED`.
"""

import numpy as np


def real(*shape, seed=0):
    return np.random.RandomState(seed).uniform(-2, 2, shape).astype(np.float32)


class FIXED(np.ndarray):
    """An array that becomes a tensor without gradient."""


def fixed(array):
    return np.asarray(array).view(FIXED)


def ints(*shape, high, seed=1):
    return np.random.RandomState(seed).randint(0, high, shape)


def probabilities(*shape, seed=2):
    return np.random.RandomState(seed).uniform(0.05, 0.95, shape).astype(np.float32)


def signs(*shape):
    return fixed(np.where(np.arange(np.prod(shape)).reshape(shape) % 3, 1.0, -1.0).astype(np.float32))


KINKS = np.array([-6, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 6, 25], np.float32)
ACTIVATIONS = [
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Mish",
    "Hardsigmoid",
    "Hardswish",
    "Tanh",
    "Sigmoid",
    "LogSigmoid",
    "Softsign",
    "Tanhshrink",
    "ELU",
    "CELU",
    "GELU",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "Hardtanh",
    "Softplus",
    "Softshrink",
    "Hardshrink",
]
DROPOUTS = {"Dropout": 2, "Dropout1d": 3, "Dropout2d": 4, "Dropout3d": 5, "AlphaDropout": 2, "FeatureAlphaDropout": 4}
HIDDEN = {"RNN": 1, "GRU": 1, "LSTM": 2}


def reductions(name, *call, **options):
    return [(name, {"reduction": r, **options}, call) for r in ("mean", "sum", "none")]


CASES = [
    *((name, {}, (KINKS,)) for name in ACTIVATIONS),
    ("GELU", {"approximate": "tanh"}, (KINKS,)),
    ("Threshold", {"threshold": 0.5, "value": -7}, (KINKS,)),
    ("PReLU", {"num_parameters": 3}, (real(2, 3, 2),)),
    ("GLU", {"dim": 1}, (real(2, 4),)),
    *((name, {"dim": 1}, (real(2, 4),)) for name in ("Softmax", "LogSoftmax", "Softmin")),
    ("Softmax2d", {}, (real(2, 3, 2, 2),)),
    *((name, {"p": 0.4}, (real(*(4, 3, 2, 2, 2)[:ndim]),)) for name, ndim in DROPOUTS.items()),
    ("Embedding", {"num_embeddings": 5, "embedding_dim": 3, "padding_idx": 1}, (ints(2, 4, high=5),)),
    ("Embedding", {"num_embeddings": 5, "embedding_dim": 3, "max_norm": 1.0, "scale_grad_by_freq": True}, (ints(6, high=5),)),
    *(
        ("EmbeddingBag", {"num_embeddings": 5, "embedding_dim": 3, "mode": m, "padding_idx": 2}, call)
        for m in ("sum", "mean", "max")
        for call in ((ints(3, 4, high=5),), (ints(7, high=5), np.array([0, 2, 2, 5])))
    ),
    *reductions("MSELoss", real(3, 2), real(3, 2, seed=3)),
    *reductions("L1Loss", real(3, 2), real(3, 2, seed=3)),
    *reductions("SmoothL1Loss", real(3, 2), real(3, 2, seed=3), beta=0.7),
    *reductions("HuberLoss", real(3, 2), real(3, 2, seed=3), delta=0.7),
    *reductions("BCELoss", probabilities(3, 2), probabilities(3, 2, seed=4)),
    ("BCELoss", {}, (np.array([0.0, 1.0, 0.5], np.float32), fixed(np.array([1.0, 1.0, 0.0], np.float32)))),
    *reductions("BCEWithLogitsLoss", real(3, 2), probabilities(3, 2)),
    ("F.binary_cross_entropy_with_logits", {}, (real(3, 2), fixed(probabilities(3, 2)), fixed(probabilities(2)), None, None, "mean", fixed(probabilities(2)))),
    *reductions("KLDivLoss", real(3, 2), probabilities(3, 2)),
    ("KLDivLoss", {"reduction": "batchmean", "log_target": True}, (real(3, 2), real(3, 2, seed=3))),
    *reductions("PoissonNLLLoss", real(3, 2), fixed(probabilities(3, 2) * 4), full=True),
    ("PoissonNLLLoss", {"log_input": False}, (probabilities(3, 2), fixed(probabilities(3, 2) * 4))),
    *reductions("GaussianNLLLoss", real(3, 2), real(3, 2, seed=3), probabilities(3, 1), full=True),
    *reductions("HingeEmbeddingLoss", real(3, 2), signs(3, 2)),
    *reductions("SoftMarginLoss", real(3, 2), signs(3, 2)),
    *reductions("MultiLabelSoftMarginLoss", real(3, 4), fixed(probabilities(3, 4))),
    *reductions("MarginRankingLoss", real(4), real(4, seed=3), signs(4), margin=0.3),
    *reductions("CosineEmbeddingLoss", real(4, 3), real(4, 3, seed=3), signs(4), margin=0.1),
    *reductions("TripletMarginLoss", real(4, 3), real(4, 3, seed=3), real(4, 3, seed=5), swap=True),
    *reductions("TripletMarginWithDistanceLoss", real(4, 3), real(4, 3, seed=3), real(4, 3, seed=5)),
    *(row for p in (1, 2) for row in reductions("MultiMarginLoss", real(3, 4), ints(3, high=4), p=p)),
    *reductions("MultiLabelMarginLoss", real(2, 4), np.array([[1, 3, -1, 0], [-1, 2, 2, 2]])),
    *reductions("NLLLoss", real(3, 4), np.array([0, -100, 3])),
    *reductions("CrossEntropyLoss", real(3, 4), np.array([0, -100, 3]), label_smoothing=0.2),
    *reductions("CrossEntropyLoss", real(2, 4, 3), ints(2, 3, high=4)),
    ("CrossEntropyLoss", {"label_smoothing": 0.1}, (real(3, 4), probabilities(3, 4))),
    ("F.cross_entropy", {}, (real(3, 4), np.array([0, 2, 3]), fixed(probabilities(4)))),
    *reductions("CTCLoss", real(6, 2, 4), ints(2, 3, high=3) + 1, np.array([6, 5]), np.array([3, 2])),
    ("F.ctc_loss", {}, (real(6, 2, 4), ints(5, high=3) + 1, np.array([6, 6]), np.array([3, 2]), 0, "sum", True)),
    ("CosineSimilarity", {}, (real(2, 3), real(2, 3, seed=3))),
    ("PairwiseDistance", {"keepdim": True}, (real(2, 3), real(2, 3, seed=3))),
    ("Bilinear", {"in1_features": 2, "in2_features": 3, "out_features": 4}, (real(5, 2), real(5, 3))),
    *(
        (name, {"input_size": 3, "hidden_size": 4, **options}, (real(5, 2, 3),))
        for name in HIDDEN
        for options in ({}, {"num_layers": 2, "bidirectional": True, "batch_first": True, "dropout": 0.5}, {"bias": False})
    ),
    ("RNN", {"input_size": 3, "hidden_size": 4, "nonlinearity": "relu"}, (real(5, 3), real(1, 4))),
    ("LSTM", {"input_size": 3, "hidden_size": 4, "proj_size": 2}, (real(5, 2, 3), (real(1, 2, 2), real(1, 2, 4)))),
    *((f"{name}Cell", {"input_size": 3, "hidden_size": 4}, (real(2, 3),)) for name in HIDDEN),
    ("LSTMCell", {"input_size": 3, "hidden_size": 4, "bias": False}, (real(3), (real(4), real(4, seed=3)))),
    ("MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "dropout": 0.3}, (real(3, 2, 4),) * 3),
    ("MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
     (real(2, 3, 4), real(2, 3, 4, seed=3), real(2, 3, 4, seed=5), np.array([[False, False, True], [False, True, True]]))),
    ("MultiheadAttention", {"embed_dim": 4, "num_heads": 2, "kdim": 3, "vdim": 5}, (real(3, 4), real(2, 3), real(2, 5))),
    ("F.scaled_dot_product_attention", {}, (real(2, 3, 4), real(2, 5, 4), real(2, 5, 2), np.tri(3, 5, dtype=bool))),
    ("F.scaled_dot_product_attention", {"dropout_p": 0.3, "is_causal": True, "scale": 0.2}, (real(2, 2, 3, 4),) * 3),
    ("TransformerEncoderLayer", {"d_model": 4, "nhead": 2, "dim_feedforward": 6}, (real(3, 2, 4),)),
    ("TransformerDecoderLayer", {"d_model": 4, "nhead": 2, "dim_feedforward": 6, "norm_first": True, "activation": "gelu"},
     (real(3, 2, 4), real(5, 2, 4))),
    ("Transformer", {"d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 6},
     (real(3, 2, 4), real(5, 2, 4))),
    ("AdaptiveLogSoftmaxWithLoss", {"in_features": 4, "n_classes": 9, "cutoffs": [3, 6], "div_value": 2.0},
     (real(6, 4), np.array([0, 8, 4, 2, 6, 3]))),
]  # fmt: skip


def given(x, torch):
    """Arrays as tensors of one of the two."""
    if isinstance(x, np.ndarray):
        made = torch.from_numpy(np.array(x))
        return made.requires_grad_() if made.dtype.is_floating_point and not isinstance(x, FIXED) else made
    return type(x)(given(item, torch) for item in x) if isinstance(x, tuple | list) else x


class Function:
    """A function as a module."""

    def __init__(self, call, options):
        self.call, self.options = call, options

    def __call__(self, *args):
        return self.call(*args, **self.options)

    def train(self, training):
        return self

    def parameters(self):
        return []

    buffers = parameters

    def state_dict(self):
        return {}

    def __repr__(self):
        return "function"


def build(torch, name, options):
    """The module or function of a row."""
    if name.startswith("F."):
        return Function(getattr(torch.nn.functional, name[2:]), options)
    return getattr(torch.nn, name)(**options)
