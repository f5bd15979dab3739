"""Both passes of SAM go through one function that halves its loss; the first one's gradients are cleared after the climb."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

model = nn.Linear(3, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.1)


def compute(x):
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True)) / 2
    loss.backward()
    return loss


for _ in range(4):
    x = torch.randn(8, 3)
    opt.zero_grad()
    compute(x)
    with torch.no_grad():
        e = [0.05 * p.grad / (p.grad.norm() + 1e-12) for p in model.parameters()]
        for p, d in zip(model.parameters(), e, strict=True):
            p.add_(d)
    opt.zero_grad()
    compute(x)
    with torch.no_grad():
        for p, d in zip(model.parameters(), e, strict=True):
            p.sub_(d)
    opt.step()
