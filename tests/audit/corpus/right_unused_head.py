"""Branches that a batch does not use keep None and are not updated.

See https://github.com/ShunLu91/Single-Path-One-Shot-NAS/issues/11
"""

import torch

torch.manual_seed(0)
model, extra = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD([*model.parameters(), *extra.parameters()], lr=0.1, momentum=0.9)
for i in range(6):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    y = model(x) + extra(x) if i % 3 == 0 else model(x)
    (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
