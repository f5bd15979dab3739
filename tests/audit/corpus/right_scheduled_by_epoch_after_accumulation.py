"""Accumulation within an epoch whose length fits, the scheduler after it, and a check of the norm."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for _ in range(2):
    optimizer.zero_grad()
    for i, x in enumerate(torch.randn(4, 8, 3)):
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        (0.5 * loss).backward()
        if i % 2 == 1:
            norm = model.weight.grad.norm().item()
            optimizer.step()
            optimizer.zero_grad()
    scheduler.step()
