"""A small training in NumPy, float32, whose every rule can be changed, and its recording.

Each rule is written here a second time, apart from `funcgrad.divergence.rules`, in the float32 in which training runs.
"""

from dataclasses import dataclass, field

import numpy as np

from funcgrad.divergence import Recorder

F = np.float32


@dataclass
class Rules:
    """What a run does; the defaults are PyTorch's."""

    steps: int = 6
    seed: int = 0
    gain: float = 1.0
    law: str = "uniform"  # "normal", "seed", "square", "order"
    bias: str = "uniform"
    batch: str = "same"  # "rows", "shifted", "shuffled", "scaled"
    parts: tuple = (12,)  # rows of the parts of a batch
    weighting: str = "mean"  # of parts: "mean of means", "sum", "undivided"
    loss_scale: float = 1.0
    clears: bool = True
    clip: str = "none"  # "norm", "norm without epsilon", "each", "value"
    limit: float = 0.1
    schedule: str = "constant"  # "cosine", "cosine to the last step", "late", "epoch"
    optimizer: str = "SGD"
    epsilon: str = "outside"
    correction: str = "float64"
    decay: str = "coupled"
    amsgrad: str = "no"
    momentum_rule: str = "buffer"
    nesterov: bool = False
    start: float = 0.0  # of averages of squares
    frozen: str = ""
    rounding: float = 0.0  # relative, on the gradients
    running: str = "unbiased"  # "biased", "flax momentum"
    options: dict = field(default_factory=dict)
    tells: tuple = ("raw_grads", "options", "loss", "inputs")


DEFAULTS = {
    "SGD": {"lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0},
    "Adam": {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False},
    "RMSprop": {"lr": 0.01, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0},
    "Adagrad": {"lr": 0.01, "lr_decay": 0.0, "eps": 1e-10, "weight_decay": 0.0},
}


def train(path, **changes):
    """Train and record; the path comes back."""
    rules = Rules(**changes)
    options = {**DEFAULTS[rules.optimizer], **rules.options}
    params = first_params(rules)
    buffers = {"norm.running_mean": np.zeros(4, F), "norm.running_var": np.ones(4, F)}
    recorder = Recorder(str(path), rules.steps).start(params, buffers)
    state, left = {name: {} for name in params}, None
    for step in range(1, rules.steps + 1):
        x, y = batch_of(rules, step)
        loss, raw = gradients(rules, params, x, y)
        buffers = moved(rules, buffers, x)
        if not rules.clears and left is not None:
            raw = {name: raw[name] + left[name] for name in raw}
        grads = left = clipped(rules, raw)
        rate = F(rate_of(rules, options["lr"], step))
        for name in params:
            if name != rules.frozen:
                params[name] = updated(rules, {**options, "lr": rate}, step, params[name], grads[name], state[name])
        told = {
            "raw_grads": raw,
            "options": {**options, "lr": float(rate)},
            "loss": loss,
            "inputs": (x, y),
        }
        recorder.step(
            params=params, grads=grads, buffers=buffers, optimizer=rules.optimizer,
            **{name: told[name] for name in rules.tells},
        )  # fmt: skip
    return str(path)


def first_params(rules):
    rng = np.random.default_rng(5 + (rules.law == "seed"))
    shapes = {"first": (16, 4), "second": (16, 16), "last": (3, 16)}
    params = {}
    for name, (outs, ins) in shapes.items():
        bound = ins**-0.5
        weight = rng.uniform(-bound, bound, (outs, ins)) if rules.law != "normal" else rng.normal(0, bound, (outs, ins))
        bias = rng.uniform(-bound, bound, outs) if rules.bias == "uniform" else np.zeros(outs)
        params[f"{name}.weight"], params[f"{name}.bias"] = (F(rules.gain) * weight.astype(F)), bias.astype(F)
    if rules.law == "square":
        params["second.weight"] = params["second.weight"].T.copy()
    if rules.law == "order":
        params["first.weight"] = params["first.weight"].ravel()[::-1].reshape(16, 4).copy()
    return params


def batch_of(rules, step):
    rng = np.random.default_rng(1)
    data, labels = rng.normal(size=(120, 4)).astype(F), rng.integers(0, 3, 120)
    order = np.random.default_rng(2).permutation(120) if rules.batch == "shuffled" else np.arange(120)
    at = step + (rules.batch == "shifted")
    rows = order[12 * (at - 1) : 12 * at]
    if rules.batch == "rows":
        rows = rows[::-1]
    return data[rows] * F(0.5 if rules.batch == "scaled" else 1.0), labels[rows]


def gradients(rules, params, x, y):
    """Of a batch cut into parts; each part's loss is a mean."""
    ends = np.cumsum(rules.parts)
    loss, total = F(0), {name: np.zeros_like(p) for name, p in params.items()}
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        weight = {
            "mean": (end - start) / ends[-1],
            "mean of means": 1 / len(rules.parts),
            "sum": end - start,
            "undivided": 1.0,
        }[rules.weighting] * rules.loss_scale
        part, grads = backward(params, x[start:end], y[start:end])
        loss += F(weight) * part
        total = {name: total[name] + F(weight) * grads[name] for name in total}
    rng = np.random.default_rng(9)
    noise = {
        name: F(rules.rounding) * np.abs(g).max() * rng.normal(size=g.shape).astype(F) for name, g in total.items()
    }
    return loss, {name: total[name] + noise[name] for name in total}


def backward(p, x, y):
    """Loss and gradients of a network with two hidden layers of tanh."""
    h = np.tanh(x @ p["first.weight"].T + p["first.bias"])
    k = np.tanh(h @ p["second.weight"].T + p["second.bias"])
    z = k @ p["last.weight"].T + p["last.bias"]
    z = z - z.max(1, keepdims=True)
    log = z - np.log(np.exp(z).sum(1, keepdims=True))
    d = (np.exp(log) - np.eye(3, dtype=F)[y]) / F(len(x))
    dk = d @ p["last.weight"] * (1 - k * k)
    dh = dk @ p["second.weight"] * (1 - h * h)
    grads = {
        "first.weight": dh.T @ x, "first.bias": dh.sum(0),
        "second.weight": dk.T @ h, "second.bias": dk.sum(0),
        "last.weight": d.T @ k, "last.bias": d.sum(0),
    }  # fmt: skip
    return -log[np.arange(len(x)), y].mean(), grads


def moved(rules, buffers, x):
    share = F(0.9 if rules.running == "flax momentum" else 0.1)
    variance = x.var(0, ddof=0 if rules.running == "biased" else 1)
    new = {"norm.running_mean": x.mean(0), "norm.running_var": variance}
    return {name: (1 - share) * buffers[name] + share * new[name] for name in buffers}


def clipped(rules, grads):
    norms = {name: np.sqrt((g.astype(F) ** 2).sum(dtype=F)) for name, g in grads.items()}
    norm = np.sqrt(sum(F(n) ** 2 for n in norms.values()))
    factors = {
        "none": lambda name: F(1),
        "norm": lambda name: min(F(1), F(rules.limit) / (norm + F(1e-6))),
        "norm without epsilon": lambda name: min(F(1), F(rules.limit) / norm),
        "each": lambda name: min(F(1), F(rules.limit) / (norms[name] + F(1e-6))),
    }
    if rules.clip == "value":
        return {name: np.clip(g, -F(rules.limit), F(rules.limit)) for name, g in grads.items()}
    return {name: g * factors[rules.clip](name) for name, g in grads.items()}


def rate_of(rules, rate, step):
    done = step - 1
    if rules.schedule == "constant":
        return rate
    if rules.schedule == "late":
        done = max(done - 1, 0)
    if rules.schedule == "epoch":
        done = done // 2
    length = 19 if rules.schedule == "cosine to the last step" else 20
    return float(rate * (1 + np.cos(np.pi * done / length)) / 2)


def updated(rules, o, step, p, g, state):
    o = {name: F(value) if isinstance(value, float) else value for name, value in o.items()}
    if rules.decay == "coupled":
        g = g + o["weight_decay"] * p
    elif rules.decay == "decoupled":
        p = p * (1 - o["lr"] * o["weight_decay"])
    elif rules.decay == "without rate":
        p = p * (1 - o["weight_decay"])
    return p - UPDATES[rules.optimizer](rules, o, step, g, state)


def _sgd(rules, o, step, g, state):
    if not o["momentum"]:
        return o["lr"] * g
    m = o["momentum"]
    if rules.momentum_rule == "rate in buffer":
        state["b"] = m * state.get("b", F(0)) + o["lr"] * g
        return state["b"]
    share = 1 - m if rules.momentum_rule == "average" else F(1)
    state["b"] = m * state.get("b", F(0)) + share * g
    return o["lr"] * (g + m * state["b"] if rules.nesterov else state["b"])


def _adam(rules, o, step, g, state):
    b1, b2 = o["betas"]
    state["m"] = state.get("m", F(0)) + F(1 - b1) * (g - state.get("m", F(0)))
    state["v"] = F(b2) * state.get("v", F(0)) + F(1 - b2) * g * g
    c1, c2 = {
        "float64": (F(1 - b1**step), F(1 - b2**step)),
        "float32": (1 - F(b1) ** F(step), 1 - F(b2) ** F(step)),
        "none": (F(1), F(1)),
    }[rules.correction]
    v = state["v"] / c2
    if rules.amsgrad == "raw":
        state["top"] = np.maximum(state.get("top", F(0)), state["v"])
        v = state["top"] / c2
    elif rules.amsgrad == "corrected":
        v = state["top"] = np.maximum(state.get("top", F(0)), v)
    root = {
        "outside": lambda: np.sqrt(v) + o["eps"],
        "inside": lambda: np.sqrt(v + o["eps"]),
        "uncorrected": lambda: (np.sqrt(v * c2) + o["eps"]) / np.sqrt(c2),
    }[rules.epsilon]()
    return o["lr"] / c1 * state["m"] / root


def _rmsprop(rules, o, step, g, state):
    a = o["alpha"]
    state["v"] = a * state.get("v", F(rules.start)) + (1 - a) * g * g
    update = g / (np.sqrt(state["v"] + o["eps"]) if rules.epsilon == "inside" else np.sqrt(state["v"]) + o["eps"])
    state["b"] = o["momentum"] * state.get("b", F(0)) + update
    return o["lr"] * state["b"]


def _adagrad(rules, o, step, g, state):
    state["s"] = state.get("s", F(rules.start)) + g * g
    root = np.sqrt(state["s"] + o["eps"]) if rules.epsilon == "inside" else np.sqrt(state["s"]) + o["eps"]
    return o["lr"] / (1 + (step - 1) * o["lr_decay"]) * g / root


UPDATES = {"SGD": _sgd, "Adam": _adam, "RMSprop": _rmsprop, "Adagrad": _adagrad}
