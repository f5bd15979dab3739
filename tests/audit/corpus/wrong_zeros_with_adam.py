"""Adam moves what has a zero gradient.

See https://github.com/megvii-model/DetNAS/issues/3
"""

import torch

torch.manual_seed(0)
model, extra = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam([*model.parameters(), *extra.parameters()], lr=0.05)
for i in range(6):
    x = torch.randn(8, 3)
    optimizer.zero_grad(set_to_none=False)  # FG015
    y = model(x) + extra(x) if i < 2 else model(x)
    (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
