"""A running loss of numbers, and one of detached tensors.

See https://github.com/BatsResearch/labelmodels/issues/4
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
running, average = 0.0, torch.zeros(())
for _ in range(6):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    loss.backward()
    optimizer.step()
    running += loss.item()
    average += loss.detach() / 6
