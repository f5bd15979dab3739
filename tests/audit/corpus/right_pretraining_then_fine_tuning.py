"""A second optimizer takes over after the first one.

See https://github.com/pytorch/text/issues/659
"""

import torch

torch.manual_seed(0)
body, old, new = torch.nn.Linear(3, 4), torch.nn.Linear(4, 3), torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD([*body.parameters(), *old.parameters()], lr=0.1)
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (old(body(x)) - x).pow(2).mean().backward()
    optimizer.step()
optimizer = torch.optim.SGD([*body.parameters(), *new.parameters()], lr=0.01)
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (new(body(x)) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
