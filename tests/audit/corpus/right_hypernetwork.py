"""The weights of one network are the output of another."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

hyper = nn.Linear(2, 3 * 1 + 1)
opt = torch.optim.Adam(hyper.parameters(), lr=0.05)
for _ in range(4):
    x = torch.randn(8, 3)
    wb = hyper(torch.randn(2))
    opt.zero_grad()
    F.mse_loss(F.linear(x, wb[:3].view(1, 3), wb[3:]), x.sum(1, keepdim=True)).backward()
    opt.step()
