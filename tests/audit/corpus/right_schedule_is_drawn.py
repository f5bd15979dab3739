"""A schedule is drawn before training, with an optimizer of its own."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
probe = torch.optim.SGD(model.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(probe, 10)
rates = []
for _ in range(10):
    rates.append(schedule.get_last_lr())
    schedule.step()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
