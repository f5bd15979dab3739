"""A state goes from one window to the next without its graph.

See https://github.com/benedekrozemberczki/pytorch_geometric_temporal/issues/305
"""

import torch

torch.manual_seed(0)
cell, head = torch.nn.RNNCell(3, 4), torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD([*cell.parameters(), *head.parameters()], lr=0.1)
h = torch.zeros(8, 4)
for _ in range(3):
    loss = 0
    h = h.detach()
    for _ in range(2):
        x = torch.randn(8, 3)
        h = cell(x, h)
        loss = loss + (head(h) - x.sum(1, keepdim=True)).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
