"""Gradients are clipped by hand, and their norm is logged."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
norms = []
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    norm = torch.sqrt(sum(p.grad.pow(2).sum() for p in model.parameters()))
    for p in model.parameters():
        p.grad.mul_(min(1.0, 1.0 / (norm.item() + 1e-6)))
    norms.append(norm.item())
    optimizer.step()
