"""Each task has its own head; the tasks' mean losses are summed over a shared trunk."""

import torch

torch.manual_seed(0)
trunk = torch.nn.Linear(3, 4)
heads = torch.nn.ModuleList([torch.nn.Linear(4, 1) for _ in range(3)])
optimizer = torch.optim.SGD([*trunk.parameters(), *heads.parameters()], lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    for head in heads:
        x = torch.randn(8, 3)
        (head(trunk(x)) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
