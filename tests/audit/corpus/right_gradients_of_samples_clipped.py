"""Gradients of single samples are clipped and averaged by hand."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

model = nn.Linear(3, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    xs = torch.randn(4, 3)
    total = [torch.zeros_like(p) for p in model.parameters()]
    for x in xs:
        opt.zero_grad()
        F.mse_loss(model(x), x.sum(0, keepdim=True)).backward()
        norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in model.parameters()))
        for t, p in zip(total, model.parameters(), strict=True):
            t += p.grad * min(1.0, 1.0 / (norm.item() + 1e-6))
    for t, p in zip(total, model.parameters(), strict=True):
        p.grad = t / len(xs)
    opt.step()
