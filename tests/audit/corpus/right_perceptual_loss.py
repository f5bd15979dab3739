"""A fixed network judges; it is older and in evaluation mode, but nobody has frozen it."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
judge = torch.nn.Linear(4, 2).eval()
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    judge(model(x)).pow(2).mean().backward()
    optimizer.step()
