"""The parentheses of the call are missing."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad  # noqa: B018
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()  # FG001
    optimizer.step()
