"""A sum of losses that were never detached.

See https://github.com/samuelyu2002/ImVisible/issues/2
"""

import torch


def evaluate(model, x, total):
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    return total + loss


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
running = torch.zeros(())
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    loss.backward()
    optimizer.step()
    running = running + loss  # FG017
