"""Stateful steps to functionalize: each is built anew, with its owners and a number of batches."""

from typing import Any, NamedTuple

import numpy as np

import funcgrad.torch as torch
from funcgrad.tolerances import tolerance

nn, F = torch.nn, torch.nn.functional


class Case(NamedTuple):
    step: Any
    owners: dict[str, Any]
    batches: tuple[np.ndarray, ...]  # each stacked along the first axis


def digits_mlp(steps, seed=0):
    """Adam, StepLR, clipping and dropout."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.9)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        return loss

    draw = np.random.default_rng(seed)
    batches = draw.integers(0, 17, (steps, 16, 64)).astype(np.float32) / 16, draw.integers(0, 10, (steps, 16))
    return Case(step, {"model": model, "optimizer": optimizer, "scheduler": scheduler}, batches)


def batch_norm_cnn(steps, seed=0):
    """Running statistics, and SGD with momentum."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    draw = np.random.default_rng(seed)
    batches = draw.standard_normal((steps, 8, 1, 8, 8)).astype(np.float32), draw.integers(0, 10, (steps, 8))
    return Case(step, {"model": model, "optimizer": optimizer}, batches)


class LastOutput(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 8, num_layers=2, batch_first=True, dropout=0.1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


def lstm(steps, seed=0):
    """Two layers with dropout between them, and RMSprop."""
    torch.manual_seed(seed)
    model = LastOutput()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    draw = np.random.default_rng(seed)
    batches = draw.standard_normal((steps, 6, 4, 5)).astype(np.float32), draw.integers(0, 3, (steps, 6))
    return Case(step, {"model": model, "optimizer": optimizer}, batches)


class Block(nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(dropout)
        )

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(self.attention_norm(x)).split(width, 2)
        q, k, v = (part.view(batch, length, self.heads, width // self.heads).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.dropout if self.training else 0)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.mlp(self.mlp_norm(x))


class GPT(nn.Module):
    def __init__(self, words=11, length=6, width=8, heads=2, layers=1, dropout=0.1):
        super().__init__()
        self.token, self.position = nn.Embedding(words, width), nn.Embedding(length, width)
        self.blocks = nn.ModuleList([Block(width, heads, dropout) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, words, bias=False)
        self.head.weight = self.token.weight

    def forward(self, tokens):
        x = self.token(tokens) + self.position(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def gpt(steps, seed=0, micro_batches=2):
    """GradScaler with autocasting, accumulation over two micro-batches, clipping and AdamW."""
    torch.manual_seed(seed)
    model = GPT()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=3)

    def step(tokens, targets):
        optimizer.zero_grad()
        total = 0
        for x, y in zip(tokens, targets, strict=True):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten()) / micro_batches
            scaler.scale(loss).backward()
            total = total + loss.detach()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        return total

    draw = np.random.default_rng(seed)
    shape = (steps, micro_batches, 3, 6)
    batches = draw.integers(0, 11, shape), draw.integers(0, 11, shape)
    return Case(step, {"model": model, "optimizer": optimizer, "scaler": scaler}, batches)


PROOFS = {"digits MLP": digits_mlp, "BatchNorm CNN": batch_norm_cnn, "LSTM": lstm, "GPT": gpt}


def stateful_run(case, first=0):
    """The losses of the stateful step on all batches from `first` on."""
    steps = zip(*(batch[first:] for batch in case.batches), strict=True)
    return np.array([case.step(*map(torch.tensor, batch)).item() for batch in steps])


def leaves(owners):
    """Everything that a step may change, by owner and name, read from the stateful objects themselves."""
    found = {"grad": {}}
    for owner_name, owner in owners.items():
        if isinstance(owner, nn.Module):
            named = [*owner.named_parameters(), *owner.named_buffers()]
            found[owner_name] = {n: x.detach().numpy() for n, x in named}
            grads = {n: p.grad.numpy() for n, p in owner.named_parameters() if p.grad is not None}
            found["grad"] |= {f"{owner_name}.{n}": x for n, x in grads.items()}
        elif isinstance(owner, torch.optim.Optimizer):
            rates = {f"groups.{k}.lr": np.float64(group["lr"]) for k, group in enumerate(owner.param_groups)}
            state = owner.state_dict()["state"].items()
            found[owner_name] = rates | {f"{k}.{n}": x.numpy() for k, entries in state for n, x in entries.items()}
        elif isinstance(owner, torch.amp.GradScaler):
            found[owner_name] = {"scale": owner._scale.numpy(), "growth_tracker": owner._growth_tracker.numpy()}
    return found


def assert_same(state, owners, optimizers=("optimizer",)):
    """A pure state is what the stateful objects hold, within the table; random streams are equal."""
    expected = leaves(owners)
    for owner, named in expected.items():
        kind = "gradient" if owner in ("grad", *optimizers) else "update"
        assert set(state[owner]) >= set(named) if owner in optimizers else set(state[owner]) == set(named)
        for name, values in named.items():
            ours = np.asarray(state[owner][name])
            assert ours.dtype == values.dtype, name
            np.testing.assert_allclose(ours, values, **tolerance(values.dtype, kind), err_msg=f"{owner} {name}")
    if "random" in state:
        key, used = torch.random.default_generator.stream.state()
        np.testing.assert_array_equal(state["random"]["key"], key)
        assert state["random"]["used"] == used


def first(case):
    """The first batch of every argument."""
    return [batch[0] for batch in case.batches]
