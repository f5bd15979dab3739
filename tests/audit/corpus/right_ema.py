"""A moving average of the weights is written under no_grad; the network itself is trained.

See https://github.com/lucidrains/ema-pytorch/issues/25
"""

import copy

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
average = copy.deepcopy(model).requires_grad_(False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    ((model(x) - average(x)).pow(2).mean() + (model(x) - x.sum(1, keepdim=True)).pow(2).mean()).backward()
    optimizer.step()
    with torch.no_grad():
        for a, p in zip(average.parameters(), model.parameters(), strict=True):
            a.mul_(0.9).add_(p, alpha=0.1)
