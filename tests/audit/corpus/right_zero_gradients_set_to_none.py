"""Zeros that a batch has left are set to None, so that weight decay spares what it did not use.

See https://github.com/changlin31/DS-Net/issues/7
"""

import torch

torch.manual_seed(0)
model, extra = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD([*model.parameters(), *extra.parameters()], lr=0.1, momentum=0.9, weight_decay=0.1)
for i in range(6):
    x = torch.randn(8, 3)
    optimizer.zero_grad(set_to_none=False)
    y = model(x) + extra(x) if i % 3 == 0 else model(x)
    (y - x.sum(1, keepdim=True)).pow(2).mean().backward()
    for group in optimizer.param_groups:
        for p in group["params"]:
            if p.grad is not None and torch.sum(torch.abs(p.grad.data)) == 0.0:
                p.grad = None
    optimizer.step()
