"""A small training as a function of the torch module, whose parts can be changed, and its recording.

The real PyTorch and the shim run it alike.
"""

import numpy as np

from funcgrad.divergence.recorder import record

ROWS = np.random.default_rng(3)
DATA = ROWS.normal(size=(48, 4)).astype(np.float32)
LABELS = np.concatenate([ROWS.integers(0, 3, 45), [0, 1, 2]])


def train(
    torch,
    path,
    *,
    steps=4,
    parts=(12,),
    weighting="mean",
    norm="biased",
    activation="tanh",
    slope=0.01,
    epsilon=1e-5,
    dropout_seed=None,
    clears="none",
    head=False,
    clip=None,
    optimizer=("SGD", {"lr": 0.1, "momentum": 0.9}),
    schedule=False,
    scale=None,
    unscales=True,
):
    """Train for some steps; returns the path of the recording."""
    torch.manual_seed(0)
    nn, F = torch.nn, torch.nn.functional
    norms = {"biased": lambda: [nn.BatchNorm1d(8, eps=epsilon)], "unbiased": lambda: [_unbiased_norm(torch)(8)]}
    middle = [nn.Dropout(0.5)] if dropout_seed is not None else []
    act = nn.Tanh() if activation == "tanh" else nn.LeakyReLU(slope)
    model = nn.Sequential(nn.Linear(4, 8), *norms.get(norm, list)(), act, *middle, nn.Linear(8, 3))
    spare = nn.Linear(3, 3)
    groups = [*model.parameters(), *(spare.parameters() if head else ())]
    name, options = optimizer
    optimizer = getattr(torch.optim, name)(groups, **options)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10) if schedule else None
    scaler = torch.amp.GradScaler("cpu", init_scale=scale or 1.0, enabled=scale is not None)
    recorder = record(model, optimizer, str(path), steps=steps)
    if dropout_seed is not None:
        torch.manual_seed(dropout_seed)
    for step in range(steps):
        if clears != "never":
            optimizer.zero_grad(set_to_none=clears != "zeros")
        start = 12 * step
        for rows in parts:
            x, y = (torch.from_numpy(a[start : start + rows]) for a in (DATA, LABELS))
            start += rows
            out = model(x)
            if head and step % 2 == 0:
                out = spare(out)
            weight = {"mean": rows / sum(parts), "mean of means": 1 / len(parts), "undivided": 1.0}[weighting]
            loss = F.cross_entropy(out, y) * weight
            recorder.loss(loss)
            scaler.scale(loss).backward()
        if unscales:
            scaler.unscale_(optimizer)
        if clip is not None:
            nn.utils.clip_grad_norm_(groups, clip)
        scaler.step(optimizer)
        scaler.update()
        if scheduler is not None:
            scheduler.step()
    recorder.close()
    return str(path)


def _unbiased_norm(torch):
    class UnbiasedNorm(torch.nn.Module):
        """Normalises with the variance over n - 1."""

        def __init__(self, size):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(size))
            self.bias = torch.nn.Parameter(torch.zeros(size))
            self.register_buffer("running_mean", torch.zeros(size))
            self.register_buffer("running_var", torch.ones(size))
            self.register_buffer("num_batches_tracked", torch.tensor(0))

        def forward(self, x):
            mean, variance = x.mean(0), x.var(0)
            with torch.no_grad():
                self.running_mean.lerp_(mean, 0.1)
                self.running_var.lerp_(variance, 0.1)
                self.num_batches_tracked += 1
            return (x - mean) / torch.sqrt(variance + 1e-5) * self.weight + self.bias

    return UnbiasedNorm


THIRDS = {"parts": (5, 4, 3)}

CAUSES = {
    "mean of means": (THIRDS, {**THIRDS, "weighting": "mean of means"}),
    "division by the number of parts": (
        {"parts": (4, 4, 4), "weighting": "mean of means"}, {"parts": (4, 4, 4), "weighting": "undivided"},
    ),
    "setting of a module": ({}, {"epsilon": 1e-3}),
    "dropout mask": ({"dropout_seed": 1}, {"dropout_seed": 2}),
    "BatchNorm variance": ({}, {"norm": "unbiased"}),
    "gradients that were not cleared": ({}, {"clears": "never"}),
    "None for zero": ({"head": True}, {"head": True, "clears": "zeros"}),
    "clipping": ({}, {"clip": 0.1}),
    "clipping of scaled gradients": ({"clip": 0.1, "scale": 1024.0}, {"clip": 0.1, "scale": 1024.0, "unscales": False}),
}  # fmt: skip
"""Two trainings that differ by just the cause."""

TRAININGS = {
    "sgd": {},
    "adamw": {"optimizer": ("AdamW", {"lr": 0.01}), "clip": 0.5, "schedule": True},
    "rmsprop": {"optimizer": ("RMSprop", {"lr": 0.01}), "parts": (4, 4, 4)},
}
"""Trainings of which the real PyTorch and the shim make the same."""
