"""A wrapper that is no initialised optimizer lets the inner one step at the end of each window only."""

from contextlib import contextmanager

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class Accelerator:
    def __init__(self, n):
        self.n, self.i, self.sync_gradients = n, 0, True

    @contextmanager
    def accumulate(self, model):
        self.i += 1
        self.sync_gradients = self.i % self.n == 0
        yield

    def prepare(self, opt):
        acc = self

        class AcceleratedOptimizer(torch.optim.Optimizer):
            def __init__(self):
                self.optimizer = opt

            @property
            def param_groups(self):
                return opt.param_groups

            @property
            def state(self):
                return opt.state

            def zero_grad(self, set_to_none=True):
                if acc.sync_gradients:
                    opt.zero_grad(set_to_none)

            def step(self, closure=None):
                if acc.sync_gradients:
                    opt.step(closure)

        return AcceleratedOptimizer()

    def backward(self, loss):
        (loss / self.n).backward()

    def clip_grad_norm_(self, params, n):
        return nn.utils.clip_grad_norm_(params, n) if self.sync_gradients else None


acc = Accelerator(2)
model = nn.Linear(3, 2)
opt = acc.prepare(torch.optim.AdamW(model.parameters(), lr=1e-2))
for _ in range(8):
    x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
    with acc.accumulate(model):
        loss = F.cross_entropy(model(x), y)
        acc.backward(loss)
        acc.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad()
