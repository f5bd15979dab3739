"""Gradients are set to None one by one.

See https://github.com/huggingface/diffusers/pull/1039
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(4):
    for p in model.parameters():
        p.grad = None
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
