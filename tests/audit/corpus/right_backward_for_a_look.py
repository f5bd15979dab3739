"""Gradients are looked at once after training, and once before."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x = torch.randn(8, 3)
(model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
print(model.weight.grad.norm())
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
(model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
print(model.weight.grad.norm())
