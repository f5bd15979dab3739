"""A meter of one's own sums tensors."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

model = nn.Linear(3, 1)
opt = torch.optim.Adam(model.parameters(), 0.01)


class AverageMeter:
    def __init__(self):
        self.sum, self.count = 0, 0

    def update(self, val, n=1):
        self.sum += val * n  # FG017
        self.count += n


meter = AverageMeter()
for _ in range(6):
    x = torch.randn(8, 3)
    opt.zero_grad()
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
    loss.backward()
    opt.step()
    meter.update(loss, len(x))
