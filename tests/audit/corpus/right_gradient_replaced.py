"""Gradients are averaged by hand, by putting new tensors into .grad, as data parallel training without DDP does."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    for _ in range(2):
        x = torch.randn(8, 3)
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    for p in model.parameters():
        p.grad = p.grad / 2
    optimizer.step()
