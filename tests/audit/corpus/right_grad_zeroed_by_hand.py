"""Gradients are written over with zeros, where there are any, in three ways.

See https://github.com/jcjohnson/pytorch-examples/pull/3
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(6):
    for p in model.parameters():
        if p.grad is not None:
            if i % 3 == 0:
                p.grad.zero_()
            elif i % 3 == 1:
                p.grad.data.fill_(0)
            else:
                p.grad = torch.zeros_like(p)
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
