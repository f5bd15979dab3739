"""The divisor is a tensor, and the loss is scaled too: scale, accumulate, unscale, clip, step, update.

See https://github.com/HorizonRobotics/alf/pull/1780
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
steps = torch.tensor(4.0)
for i in range(8):
    x = torch.randn(8, 3)
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / steps
    scaler.scale(loss).backward()
    if (i + 1) % 4 == 0:
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
