"""Zeros are written by hand between backward and step."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(4):
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    model.weight.grad.zero_()  # FG002
    optimizer.step()
