"""The scaler skips the first steps, while the scheduler goes on.

See https://github.com/luyug/Condenser/issues/14
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.9)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
for _ in range(4):
    x = 10 * torch.randn(8, 3)
    optimizer.zero_grad()
    scaler.scale((model(x) - x.sum(1, keepdim=True)).pow(2).mean()).backward()
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
