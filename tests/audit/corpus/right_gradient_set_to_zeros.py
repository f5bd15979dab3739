"""Weight decay alone, with a gradient of zeros put there by hand."""

import torch

w = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.5)
for _ in range(3):
    w.grad = torch.zeros(2)
    optimizer.step()
